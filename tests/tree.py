"""The tree in the README, made from each file's own first line: `python -m tests.tree` writes it anew."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
README: Final = ROOT / "README.md"
_MADE: Final = {".venv", ".git", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"}
_COLUMN, _LONGEST = 28, 130
# What has no docstring of its own to say it.
_ABOUT: Final = {
    "run": "sets up what is missing, then starts the program",
    "test": "sets up what is missing, then runs every check",
    "setup.sh": "the set-up that both share",
    "app": "the program, in floors: commands, window, session, conversation, timeline",
    "app/bench": "the measurements of ./run bench",
    "app/commands": "one file a command",
    "app/conversation": "turns, dialogue, agents, ears, speech",
    "app/session": "a live session without a window",
    "app/timeline": "what is true of a conversation, by sample; its stored form",
    "app/window": "all of Qt",
    "audio_io": "sound: time, devices, voices, files",
    "avatar": "the head: rig, life, FLAME, drawing, exporters; build/ makes the bundled heads",
    "inference": "the motion models: Duet and DualTalk, recognition, data, measures, training",
    "resources": "heads, weights, personas, sample conversation, shaders; LICENSES.md says whose they are",
    "tests": "real devices, a real GL context, real recordings",
    "docs": "architecture.md is the map of the program",
}


def tracked() -> list[str]:
    """Return the project's files: what git tracks, or, without git, what is there but for what was made since."""
    if shutil.which("git") and (ROOT / ".git").exists():
        return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(path) for path in paths if not _MADE & set(path.parts[:1]) and "__pycache__" not in path.parts]


def _line(path: str, about: str) -> str:
    name = "  " * path.count("/") + Path(path).name
    if about == "" or ("." not in Path(path).name and path not in ("run", "test")):
        name += "/"
    return f"{name:<{_COLUMN}}{about}".rstrip()


def _first_sentence(path: str) -> str:
    """Return a module's first line up to its first full stop, cut at a comma where it is long."""
    line = (ROOT / path).read_text("utf-8").split("\n", 1)[0].strip('"')
    sentence = re.split(r"\.(?=\s|$)", line)[0]
    room = _LONGEST - _COLUMN
    while len(sentence) > room and re.search(r"[,:;]", sentence):
        sentence = re.split(r"[,:;](?=[^,:;]*$)", sentence)[0]
    return sentence


def tree() -> str:
    """Return the tree: one line a folder, one a file of the program."""
    files = [path for path in tracked() if path.endswith(".py") and not path.endswith("__init__.py")]
    lines = [
        _line("main.py", _first_sentence("main.py")),
        *(_line(name, _ABOUT[name]) for name in ("run", "test", "setup.sh")),
    ]
    for top in ("app", "avatar", "audio_io", "inference", "resources"):
        lines += _folder(top, [path for path in files if path.startswith(f"{top}/")])
    return "\n".join([*lines, _line("tests", _ABOUT["tests"]), _line("docs", _ABOUT["docs"])])


def _folder(folder: str, files: list[str]) -> list[str]:
    here = sorted(path for path in files if path.rsplit("/", 1)[0] == folder)
    below = sorted({"/".join(path.split("/")[: folder.count("/") + 2]) for path in files} - set(here))
    lines = [_line(folder, _ABOUT.get(folder, ""))] + [_line(path, _first_sentence(path)) for path in here]
    for each in below:
        lines += _folder(each, [path for path in files if path.startswith(f"{each}/")])
    return lines


def parts() -> tuple[str, str, str]:
    """Return the README before its tree, the tree, and what follows."""
    before, rest = README.read_text("utf-8").split("```text\n", 1)
    inside, after = rest.split("\n```", 1)
    return before + "```text\n", inside, "\n```" + after


if __name__ == "__main__":
    start, _, end = parts()
    README.write_text(start + tree() + end, "utf-8")
