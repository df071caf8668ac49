"""The project's own promises: every file is in the README's tree, files stay small, licences name what is shipped."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST_FILE = 320


def tracked() -> list[str]:
    """Return the project's files: what git tracks, or, without git, what is there but for what was made since."""
    if shutil.which("git") and (ROOT / ".git").exists():
        return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    made = {".venv", ".git", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"}
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(path) for path in paths if not made & set(path.parts[:1]) and "__pycache__" not in path.parts]


def test_every_python_file_has_its_line_in_the_tree() -> None:
    tree = (ROOT / "README.md").read_text("utf-8").split("```text")[1].split("```")[0]
    named = {
        line.split()[0].rstrip("/")
        for line in tree.replace("│", " ").replace("├──", " ").replace("└──", " ").splitlines()
        if line.split()
    }
    for path in tracked():
        name = Path(path).name
        if path.endswith(".py") and name != "__init__.py" and not path.startswith("tests/"):
            assert name in named, path


def test_modules_open_with_a_line_and_stay_short() -> None:
    for path in tracked():
        if path.endswith(".py") and Path(path).name != "__init__.py":
            text = (ROOT / path).read_text("utf-8")
            assert text.startswith('"""'), path
            assert text.count("\n") <= LONGEST_FILE, path


def test_packages_do_nothing_when_imported() -> None:
    for path in tracked():
        if path.endswith("__init__.py"):
            assert not (ROOT / path).read_text("utf-8").strip(), path


def test_every_resource_has_a_licence() -> None:
    text = (ROOT / "resources" / "LICENSES.md").read_text("utf-8")
    for folder in {path.split("/")[1] for path in tracked() if path.startswith("resources/") and path.count("/") > 1}:
        assert f"{folder}/" in text, folder


def test_the_heads_and_weights_are_small() -> None:
    size = sum((ROOT / p).stat().st_size for p in tracked() if p.startswith("resources/heads/"))
    assert size < 4e6
    assert (ROOT / "resources/models/duet.safetensors").stat().st_size < 12e6
