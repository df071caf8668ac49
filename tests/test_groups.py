"""Groups of packages: every command, import and file of the system that is needed comes with one."""

import importlib.metadata
import json
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from app.groups import GROUPS, group_of, missing, to_come

ROOT = Path(__file__).resolve().parents[1]
SPEECH = str(ROOT / "tests" / "data" / "speech" / "LJ001-0002.flac")
LOCKS = {path.stem.removeprefix("requirements").removeprefix("-"): path for path in ROOT.glob("requirements*.lock")}


def versions(lock: Path) -> dict[str, set[str]]:
    """Return the versions that a lock names, by package; some differ by system."""
    found: dict[str, set[str]] = {}
    for line in lock.read_text("utf-8").splitlines():
        if not line.startswith(("#", " ")):
            name, version = line.removesuffix("\\").split(";")[0].strip().split("==")
            found.setdefault(re.sub("[-_.]+", "-", name).lower(), set()).add(version)
    return found


@pytest.fixture(scope="module")
def first_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what the first ./run installs, and no group."""
    folder = tmp_path_factory.mktemp("first")
    venv.create(folder, symlinks=True)
    theirs = next(folder.glob("lib/python*/site-packages"))
    ours = Path(sysconfig.get_path("purelib"))
    for name in (*versions(LOCKS[""]), "torch"):
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (theirs / top).exists():
                (theirs / top).symlink_to(ours / top)
    return folder / "bin" / "python"


def run(python: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([python, ROOT / "main.py", *words], capture_output=True, text=True, check=False)


def needs(*words: str, home: Path) -> tuple[list[str], list[str]]:
    """Return the system groups and the packages' groups that ./run sets up for a command."""
    script = '. ./setup.sh; needs "$@"; printf "%s\\n" "$system" "$packages"'
    command = ["bash", "-c", script, "run", *words]
    told = subprocess.run(
        command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", "HOME": str(home)}, capture_output=True, text=True, check=True
    )
    system, packages = told.stdout.splitlines()
    return system.split(), packages.split()


def test_the_locks_agree_and_each_has_a_group() -> None:
    assert set(LOCKS) == {"", *GROUPS}
    everywhere: dict[str, set[str]] = {}
    for lock in LOCKS.values():
        for name, found in versions(lock).items():
            assert everywhere.setdefault(name, found) == found, f"{name} in {lock.name}"
    assert not set(versions(LOCKS[""])) & {"numba", "transformers", "scikit-learn", "scipy", "tensorboard", "av"}


def test_what_is_installed_is_told_with_its_reason() -> None:
    told = set(re.findall(r"[\w.-]+", (ROOT / "docs" / "size.md").read_text("utf-8").lower()))
    told = {re.sub("[-_.]+", "-", name) for name in told}
    for lock in LOCKS.values():
        elsewhere = {
            line.split("==")[0] for line in lock.read_text("utf-8").splitlines() if re.search("win32|darwin", line)
        }
        lacking = set(versions(lock)) - {re.sub("[-_.]+", "-", name).lower() for name in elsewhere} - told
        assert not lacking, f"docs/size.md does not tell why {lock.name} brings {lacking}"


def test_every_group_is_known_by_what_its_lock_brings() -> None:
    packages = importlib.metadata.packages_distributions()
    for name, group in GROUPS.items():
        brought = versions(LOCKS[name])
        for module in group.modules:
            assert {re.sub("[-_.]+", "-", each).lower() for each in packages[module]} <= set(brought)
            assert group_of(module) == name
        assert missing(name) == ""
    assert group_of("av.container") == "video"
    assert group_of("numpy") is None
    assert to_come() == []  # ./test has brought all


def test_what_is_needed_is_there_without_any_group(first_python: Path) -> None:
    told = json.loads(run(first_python, "doctor", "--json").stdout)
    assert told["ok"], told
    later = next(part for part in told["parts"] if part["name"] == "later")
    assert all(group.command in later["detail"] for group in GROUPS.values())


@pytest.mark.parametrize(
    ("command", "brings"),
    [
        (["render", SPEECH, SPEECH, "-o", "c.mp4"], "./run render"),
        (["import-dualtalk", "DualTalk.pth"], "./run import-dualtalk"),
        (["import-whisper", "base", "--yes"], "./run import-whisper"),
        (["train", "duet"], "./run train"),
    ],
)
def test_a_command_without_its_group_says_what_brings_it(first_python: Path, command: list[str], brings: str) -> None:
    done = run(first_python, *command)
    assert done.returncode == 2
    assert f"{brings} brings them" in done.stderr
    assert "Traceback" not in done.stderr


def test_each_command_brings_what_it_needs(tmp_path: Path) -> None:
    assert needs(home=tmp_path) == (["window", "sound"], [])
    assert needs("doctor", home=tmp_path) == (["window", "sound"], [])
    for bench in ("model", "voice", "pauses", "persona", "recognition"):
        assert "virtual" not in needs("bench", bench, home=tmp_path)[0]
    for bench in ("talk", "latency", "sync", "start", "conversation", "heads"):
        assert "virtual" in needs("bench", bench, home=tmp_path)[0]
    assert needs("bench", "dualtalk", home=tmp_path)[1][0] == "dualtalk"
    assert needs("bench", "all", home=tmp_path) == (["window", "sound", "virtual"], ["dualtalk"])
    assert needs("train", "duet", home=tmp_path) == (["window", "sound", "training"], ["measure", "train"])
    assert "dualtalk" in needs("render", "a.wav", "b.wav", "--model", "dualtalk", home=tmp_path)[1]
    assert needs("evaluate", "duet", home=tmp_path)[1] == ["measure"]
    assert "dualtalk" in needs("evaluate", "data", home=tmp_path)[1]
    assert needs("window", "--hearing", "base.en", home=tmp_path)[1] == ["whisper"]
    assert needs("window", "--hearing", "tiny.en", home=tmp_path)[1] == []


def test_what_was_imported_before_has_its_packages_with_any_command(tmp_path: Path) -> None:
    store = tmp_path / ("Library/Application Support" if sys.platform == "darwin" else ".local/share") / "dualtalk-live"
    (store / "whisper").mkdir(parents=True)
    for name in ("whisper/base.pt", "dualtalk.safetensors", "flame.npz"):
        (store / name).touch()
    assert needs(home=tmp_path)[1] == ["whisper", "dualtalk", "measure"]


def test_paths_of_the_system_that_the_program_reads_belong_to_a_group() -> None:
    parts = (ROOT / "setup.sh").read_text("utf-8")
    for folder in ("app", "audio_io", "avatar", "inference", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for place in re.findall(r"\"(/usr/share/[\w/.-]+)", path.read_text("utf-8")):
                assert f" {place}" in parts, f"{path} reads {place}: name its package in setup.sh"
