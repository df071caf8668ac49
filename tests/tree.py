"""The page docs/tree.md, made from each file's own first line and imports: `python -m tests.tree` writes it anew."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests import rooms

ROOT: Final = Path(__file__).resolve().parents[1]
TREE: Final = ROOT / "docs" / "tree.md"
_MADE: Final = {".venv", ".git", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"}
_COLUMN, _LONGEST = 28, 130
_PACKAGES: Final = ("app", "inference", "avatar", "audio_io")
_PAGE: Final = """\
# Where things are

One line a file, which is the file's own first line. How the rooms belong together says [architecture.md](architecture.md);
`python -m tests.tree` writes this page.

```text
{tree}
```

## What imports what

A room, and the rooms that its modules import. What they may import is in [architecture.md](architecture.md#floors-and-rooms).

```text
{rooms}
```
"""
# What has no docstring of its own to say it.
_ABOUT: Final = {
    "run": "sets up what is missing, then starts the program",
    "test": "sets up what is missing, then runs every check",
    "setup.sh": "the set-up that both share",
    "app": "THE PROGRAM, in floors: commands, bench, window, session, conversation, agents and timeline",
    "app/agents": "who answers: personas, scripts, an operator, language models, and their files",
    "app/agents/language_model": "agents that an OpenAI-compatible server speaks for",
    "app/agents/persona": "the agent that needs no network: what it understands, remembers, tells and plays",
    "app/bench": "what ./run bench measures, one module a bench, and the machine it measures on",
    "app/commands": "what can be typed after ./run, one thin file a command",
    "app/conversation": "who speaks and what is said: turns and interruptions, what is heard, what is spoken",
    "app/session": "a live conversation without a window: loops, devices, which model moves the faces, playback",
    "app/timeline": "what is true of a conversation, by sample; its stored form",
    "app/window": "all of Qt: the only room that knows the window toolkit",
    "app/window/panels": "parts of the window that show and tell, and do nothing by themselves",
    "audio_io": "SOUND: no head, no neural network",
    "audio_io/devices": "microphone and loudspeaker: found, opened, lost and found again; the echo taken out",
    "audio_io/time": "the one timeline: what sounds when, and what is heard now",
    "audio_io/voices": "text to sound, each engine in a child process that can be killed",
    "avatar": "THE HEAD, from numbers to pixels: no sound, no neural network",
    "avatar/build": "makes the bundled heads from their CC0 source; the program never needs it",
    "avatar/draw": "posed heads on the graphics card: cameras, shaders' programs, quality",
    "avatar/export": "motion files, pictures, videos",
    "avatar/flame": "FLAME heads that a person imports, and what they lack",
    "avatar/life": "what a face does besides speaking: eyes, blinks, feelings, wrinkles",
    "avatar/rig": "what a head and its motion are: layout, basis, mesh, skinning",
    "inference": "THE NETWORKS: sound to motion, sound to text; data, measures, training",
    "inference/data": "data sets and training speech: read, made, worsened as microphones do",
    "inference/dualtalk": "the model of the paper",
    "inference/duet": "the bundled motion model",
    "inference/measures": "how good a motion is: the paper's measures",
    "inference/measures/duet": "what is measured of the bundled model, for its card",
    "inference/motion": "what any motion model is, and how it runs: live and on recordings",
    "inference/recognition": "speech to text, in a child process",
    "inference/training": "training of both motion models",
    "resources": "heads, weights, personas, sample conversation, shaders; LICENSES.md says whose they are",
    "resources/sample": "the conversation that plays where there is no microphone",
    "tests": "real devices, a real GL context, real recordings; a module's tests are in test_ITS_NAME.py",
    "tests/data": "recordings and cases; README.md says whose they are",
    "tests/drill": "faults on purpose: broken files, devices, children, servers, disks, wild clicking",
    "tests/window": "tests that open the window, in a process of their own",
    "docs": "all there is to read; architecture.md is the map",
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
    """Return a module's or a page's first line up to its first full stop, cut at a comma where it is long."""
    line = (ROOT / path).read_text("utf-8").split("\n", 1)[0].strip('"').removeprefix("# ")
    sentence = re.split(r"\.(?=\s|$)", line)[0]
    room = _LONGEST - _COLUMN
    while len(sentence) > room and re.search(r"[,:;]", sentence):
        sentence = re.split(r"[,:;](?=[^,:;]*$)", sentence)[0]
    return sentence


def tree() -> str:
    """Return the tree: one line a folder, one a file of the program, one a page."""
    files = [path for path in tracked() if path.endswith(".py") and not path.endswith("__init__.py")]
    lines = [
        _line("main.py", _first_sentence("main.py")),
        *(_line(name, _ABOUT[name]) for name in ("run", "test", "setup.sh")),
    ]
    for top in ("app", "avatar", "audio_io", "inference", "resources"):
        lines += _folder(top, [path for path in files if path.startswith(f"{top}/")])
    lines += [_line(name, _ABOUT[name]) for name in ("tests", "tests/data", "tests/drill", "tests/window")]
    pages = sorted(path for path in tracked() if path.startswith("docs/") and path.endswith(".md"))
    return "\n".join([*lines, *_folder("docs", pages)])


def _folder(folder: str, files: list[str]) -> list[str]:
    here = sorted(path for path in files if path.rsplit("/", 1)[0] == folder)
    below = sorted({"/".join(path.split("/")[: folder.count("/") + 2]) for path in files} - set(here))
    lines = [_line(folder, _ABOUT.get(folder, ""))] + [_line(path, _first_sentence(path)) for path in here]
    for each in below:
        lines += _folder(each, [path for path in files if path.startswith(f"{each}/")])
    return lines


def page() -> str:
    """Return the whole page."""
    modules = [p for p in tracked() if re.fullmatch(rf"({'|'.join(_PACKAGES)})/.*(?<!__init__)\.py", p)]
    return _PAGE.format(tree=tree(), rooms=rooms.table(modules))


if __name__ == "__main__":
    TREE.write_text(page(), "utf-8")
