"""Disks that are full, folders that go and files that cannot be written: what was whole stays whole, and it is told."""

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from app.timeline.recording import Recording
from app.timeline.stored import load
from app.timeline.timeline import Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.motion import MotionTrack
from tests.drill.outputs import OVER, room
from tests.drill.worker import Trial

_VOICES: Final = ("user_raw", "user", "agent_raw", "agent")
_STEPS: Final = 12
_STEP_SECONDS: Final = 0.25


class _Session:
    """A recording of seeded sound and motion, on a time that the drill moves."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.now, self.told = 100.0, list[str]()
        clock = Clock(lambda: self.now)
        rng = np.random.default_rng(chance.randrange(1 << 30))
        tapes, tracks = [Tape() for _ in _VOICES], (MotionTrack(50), MotionTrack(50))
        for tape in tapes:
            tape.write(0, rng.normal(0, 0.1, 80_000).astype(np.float32))
        for track in tracks:
            track.write(0, rng.normal(0, 0.1, (250, 56)).astype(np.float32))
        self.folder = folder
        self.timeline = Timeline(dict(zip(_VOICES, tapes, strict=True)), tracks)
        spare = folder.with_name(f"{folder.name}_spare")
        self.recording = Recording(folder, self.timeline, clock, {"seed": 1}, self.told.append, lambda: spare)

    def step(self, number: int) -> None:
        self.timeline.note("turn", number * 4000, turn=number, text="what was said " * 5)
        self.now += _STEP_SECONDS
        self.recording.step()

    def close(self) -> None:
        self.recording.close()


def _whole_session(folders: Sequence[Path], written: int) -> str:
    """Tell what of a session cannot be read, or lacks though it was written for so many steps."""
    found = [load(folders[0])]
    for folder in folders[1:]:
        with suppress(ValueError):  # the other had no room for anything either
            found.append(load(folder))
    for before, after in pairwise(found):
        if after.start > before.start + before.samples:
            return f"lost: sound between {before.start + before.samples} and {after.start}"
    samples, wanted = found[-1].start + found[-1].samples - found[0].start, (written - 3) * _STEP_SECONDS * 16_000
    return f"lost: there are {samples} samples of {wanted:.0f}" if samples < wanted else ""


def _full(target: Path, chance: Random) -> str:
    """Record until no file may grow any more."""
    session = _Session(target / "session", chance)
    until = chance.randrange(3, _STEPS)
    for number in range(until):
        session.step(number)
    size = (session.folder / "user.flac").stat().st_size
    with room(max(1, chance.choice((size, size // 2, size - 100, size + 1000)))):
        for number in range(until, _STEPS):
            session.step(number)
        session.close()
    if not session.told:
        return "lost: nobody was told that the disk is full"
    return _whole_session(session.recording.folders, until)


def _deleted(target: Path, chance: Random) -> str:
    """Delete the folder while it is recorded into."""
    session = _Session(target / "session", chance)
    until = chance.randrange(2, _STEPS - 9)
    for number in range(until):
        session.step(number)
    if chance.random() < 0.5:
        shutil.rmtree(session.folder)
    else:
        session.folder.rename(target / "elsewhere")
    for number in range(until, until + 9):  # more than the two seconds within which it is told
        session.step(number)
    told = list(session.told)
    session.close()
    if not told:
        return "lost: nobody was told that the folder is gone"
    return "" if load(session.recording.folder).samples else "lost: it did not go on in another folder"


def _deleted_at_once(target: Path, chance: Random) -> str:
    session = _Session(target / "session", chance)
    shutil.rmtree(session.folder)
    session.close()
    return ""


def _no_folder(target: Path, chance: Random) -> str:
    """Begin to record where nothing can be made."""
    (target / "session").write_text("a file")
    _Session(target / "session" / "inside", chance)
    return "wrong: it began in a file"


def _begun_full(target: Path, chance: Random) -> str:
    with room(chance.choice((1, 10, 44, 100))):
        session = _Session(target / "session", chance)
        for number in range(4):
            session.step(number)
        session.close()
    return "" if session.told else "lost: nobody was told that the disk is full"


def _transcript(target: Path, chance: Random) -> str:
    """Write what was said after the folder went, or while the disk is full."""
    from app.timeline.transcript import write_transcript

    folder = target / "session"
    folder.mkdir()
    lines = [json.dumps({"version": 2}), *(json.dumps({"event": "turn", "at": n, "text": "hello"}) for n in range(200))]
    (folder / "timeline.jsonl").write_text("\n".join(lines) + "\n")
    if chance.random() < 0.5:
        shutil.rmtree(folder)
    try:
        with room(chance.choice((0, 100, 4000))):
            write_transcript(folder)
    except OSError:
        return f"lost: half a transcript in {folder}" if list(folder.glob("transcript*")) else ""
    return "" if (folder / "transcript.txt").stat().st_size > 2000 else "lost: what was said"


_WAYS: Final = {
    "full while recording": _full, "the folder goes": _deleted, "the folder goes at once": _deleted_at_once,
    "no folder to record in": _no_folder, "full before it begins": _begun_full, "transcript": _transcript, **OVER,
}  # fmt: skip


def _target(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True)
    return folder / name


def trials(count: int, seed: int, folder: Path, kinds: Sequence[str] = ()) -> list[Trial]:
    """Return so many trials of each way."""
    return [
        Trial(
            f"{way} {number}", "", partial(_target, folder, f"trial_{way.replace(' ', '_')}_{number}"),
            partial(_on_disk, _WAYS[way], Random(f"{seed} {way} {number}")),
        )
        for way in kinds or _WAYS for number in range(count)
    ]  # fmt: skip


def _on_disk(way: Callable[[Path, Random], str], chance: Random, target: Path) -> str:
    return way(target, chance)
