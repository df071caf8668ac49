"""Wrong use of every command: files that lack, folders for files, outputs that are inputs, numbers that cannot be."""

import contextlib
import hashlib
import io
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from app.agents.agents import PERSONAS
from app.commands.cli import COMMANDS, main
from tests.drill.command_lines import OVER, lines
from tests.drill.good import picture, session, sound
from tests.drill.worker import Trial

# A line that is right after all is soon done.
_SMALL: Final = dict.fromkeys(("render", "replay", "converse", "compare"), ("--size", "64x64", "--json"))
_NEVER: Final = ("bench", "train", "doctor", "build-heads")  # right ones take minutes, or write into the program
_FEWEST_WORDS: Final = 4


def _prepared(folder: Path) -> Path:
    folder.mkdir(parents=True)
    data = sound("WAV", "PCM_16")
    for name in ("a.wav", "b.wav", "same.mp4", "m_partner.wav"):
        (folder / name).write_bytes(data)
    (folder / "text.txt").write_text("not a sound\n")
    (folder / "picture.png").write_bytes(picture("PNG"))
    (folder / "own.yaml").write_bytes((PERSONAS / "mira.yaml").read_bytes())
    (folder / "link.wav").symlink_to("a.wav")
    os.link(folder / "a.wav", folder / "hard.wav")
    (folder / "x").mkdir()
    (folder / "session").mkdir()
    for name, content in session().items():
        (folder / "session" / name).write_bytes(content)
    return folder


def _digests(folder: Path) -> dict[Path, str]:
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def _filled(line: list[str], folder: Path) -> list[str]:
    """Return a line with its paths, and with what makes it short."""
    places = {"{a}": "{d}/a.wav", "{b}": "{d}/b.wav"}
    words = [places.get(word, word).replace("{d}", str(folder)) for word in line]
    return words if "--size" in words or not words else [*words, *_SMALL.get(words[0], ())]


def _used(line: list[str], folder: Path) -> str:
    """Run a command line as the program does; return what is wrong, empty where nothing is."""
    before = _digests(folder)
    told, printed = io.StringIO(), io.StringIO()
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(name, None)
    with contextlib.chdir(folder), contextlib.redirect_stderr(told), contextlib.redirect_stdout(printed):
        try:
            main(_filled(line, folder))
        except SystemExit:  # argparse's, after it has told what is wrong
            pass
    return _wrong(folder, before, told.getvalue())


def _wrong(folder: Path, before: dict[Path, str], told: str) -> str:
    after = _digests(folder)
    gone = [path.name for path, digest in before.items() if after.get(path) != digest]
    if gone:
        return f"lost: {', '.join(gone)}"
    left = [path.name for path in after.keys() - before.keys() if ".part" in path.name or not path.stat().st_size]
    if left:
        return f"wrong: left behind {', '.join(left)}"
    if "fault of the program" in told or "Traceback" in told:
        return f"tracebacks: {told.strip()[-300:]}"
    last = told.strip().splitlines()[-1] if told.strip() else ""
    return f"wrong: it says no more than {last!r}" if _wordless(last) else ""


def _wordless(line: str) -> bool:
    """Tell whether a failure says no more than a name of Python's or a library's."""
    command, _, said = line.partition(": ")
    return (command in COMMANDS and len(said.split()) < _FEWEST_WORDS) or "allow_pickle" in line


def _lasting(line: list[str]) -> bool:
    """Tell whether a line may be right and take minutes."""
    return bool(line) and line[0] in _NEVER and len(line) > 2 and line[-1] not in ("x", "", "²", "nan", "-1")


def trials(count: int, seed: int, folder: Path, kinds: Sequence[str] = ()) -> list[Trial]:
    """Return so many of the lines, those that write over something first; kinds: commands."""
    chosen = [line for line in lines() if not kinds or (line and line[0] in kinds)]
    first = [line for line in chosen if " ".join(line) in OVER]
    rest = [line for line in chosen if " ".join(line) not in OVER and not _lasting(line)]
    Random(seed).shuffle(rest)
    return [
        Trial(
            f"./run {' '.join(line)[:120]}", "", partial(_prepared, folder / f"trial_{n}"), partial(_used, line)
        )
        for n, line in enumerate([*first, *rest][:count])
    ]  # fmt: skip
