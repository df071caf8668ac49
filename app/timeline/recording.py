"""A session's folder: events, both voices raw and cleaned, both faces' motion. Written as it happens; a kill at any moment
leaves all but the last moments readable."""

import json
import shutil
import struct
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from audio_io.notice import Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.rig.motion import MotionTrack

EVENTS, FACTS = "events.jsonl", "session.json"
MOTION: Final = ("user.motion", "agent.motion")  # float32 [T, 56], 50 frames a second, little-endian
_SETTLED_SECONDS: Final = 0.5  # what is older does not change any more
_DAMAGED: Final = "the session's folder {} is damaged: {}"


class WaveFile:
    """A 16-bit mono WAV file at 16 kHz whose header is true after every `append`."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._bytes = 0
        self._file.write(self._header())

    def _header(self) -> bytes:
        form = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
        return (
            b"RIFF"
            + struct.pack("<I", 36 + self._bytes)
            + b"WAVEfmt "
            + struct.pack("<I", 16)
            + form
            + (b"data" + struct.pack("<I", self._bytes))
        )

    def append(self, audio: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        """Add sound [N], -1 to 1; raise OSError where the disk is full."""
        data = (np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes()
        self._file.seek(0, 2)
        self._file.write(data)
        self._file.flush()
        self._bytes += len(data)
        self._file.seek(0)
        self._file.write(self._header())
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Recording:
    """Writes one session into `folder`, which must not exist. `step` on its loop; `note` from any thread.

    voices: tapes by file name, without ending. failed: told in words where writing ended early, the disk being full.
    """

    def __init__(
        self, folder: Path, clock: Clock, voices: dict[str, Tape], tracks: tuple[MotionTrack, MotionTrack],
        facts: dict[str, Any], failed: Tell,
    ) -> None:  # fmt: skip
        folder.mkdir(parents=True)
        self.folder, self._clock, self._voices, self._tracks, self._failed = folder, clock, voices, tracks, failed
        frame = tracks[0].step
        self._frame = int(clock.now()) // frame + 1
        self.start = self._frame * frame
        self._written = self.start
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        whole = {
            "version": 1,
            "start": self.start,
            "rate": SAMPLE_RATE,
            "fps": tracks[0].frames_per_second,
            "begun": now,
        }
        (folder / FACTS).write_text(json.dumps({**whole, **facts}, indent=1), encoding="utf-8")
        self._events = (folder / EVENTS).open("a", encoding="utf-8")
        self._sounds = {name: WaveFile(folder / f"{name}.wav") for name in voices}
        self._motions = [(folder / name).open("ab") for name in MOTION]
        self._open = True
        self._lock = threading.Lock()

    def note(self, kind: str, at: int, **facts: Any) -> None:
        """Write an event as a line of JSON: {"event", "at": sample since the start, …}."""
        line = json.dumps({"event": kind, "at": at - self.start, "time": round(time.time(), 3), **facts})
        with self._lock:
            if self._open:
                try:
                    self._events.write(line + "\n")
                    self._events.flush()
                except OSError as error:
                    self._give_up(error)

    def step(self) -> None:
        """Write the sound and motion that will not change any more."""
        with self._lock:
            if self._open:
                try:
                    self._write(int(self._clock.now() - _SETTLED_SECONDS * SAMPLE_RATE))
                except OSError as error:
                    self._give_up(error)

    def _write(self, until: int) -> None:
        frame = self._tracks[0].step
        frames = (until - self._written) // frame
        if frames <= 0:
            return
        for name, tape in self._voices.items():
            self._sounds[name].append(tape.read(self._written, frames * frame))
        for file, track in zip(self._motions, self._tracks, strict=True):
            motion = np.stack([track.sample((self._frame + i) * frame) for i in range(frames)])
            file.write(motion.astype("<f4").tobytes())
            file.flush()
        self._frame += frames
        self._written += frames * frame

    def _give_up(self, error: OSError) -> None:
        self._shut()
        why = error.strerror or error
        self._failed(Trouble(f"the recording ended: {self.folder} cannot be written ({why}); the talk goes on"))

    def _shut(self) -> None:
        self._open = False
        for close in [file.close for file in (self._events, *self._motions)] + [f.close for f in self._sounds.values()]:
            try:
                close()
            except OSError:  # a full disk refuses what was still in the buffer
                continue

    def close(self) -> None:
        """Write what is left and close the files."""
        self.step()
        with self._lock:
            if self._open:
                self._shut()

    def delete(self) -> None:
        """Close, and delete the whole folder."""
        with self._lock:
            if self._open:
                self._shut()
        shutil.rmtree(self.folder, ignore_errors=True)


def read_events(folder: Path) -> list[dict[str, Any]]:
    """Return a session's events; a last line that was cut off is left out. Raises ValueError, FileNotFoundError."""
    path = folder / EVENTS
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no recorded session: {EVENTS} is not there")
    events = []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for number, line in enumerate(lines):
        try:
            event = json.loads(line) if line.strip() else None
        except ValueError as error:
            if number == len(lines) - 1:
                break
            raise ValueError(_DAMAGED.format(folder, f"line {number + 1} of {EVENTS}: {error}")) from error
        if isinstance(event, dict) and isinstance(event.get("at"), int) and isinstance(event.get("event"), str):
            events.append(event)
    return events


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what session.json says; raise ValueError or FileNotFoundError."""
    path = folder / FACTS
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no recorded session: {FACTS} is not there")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        good = isinstance(facts, dict) and facts.get("version") == 1 and isinstance(facts.get("seed", 0), int)
    except ValueError as error:
        raise ValueError(_DAMAGED.format(folder, f"{FACTS}: {error}")) from error
    if not good:
        raise ValueError(_DAMAGED.format(folder, f"{FACTS} is of another version of the program"))
    return dict(facts)


def read_motion_file(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a recorded face's motion [T, 56]; raise ValueError, FileNotFoundError."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    flat = np.frombuffer(path.read_bytes()[: path.stat().st_size // 224 * 224], "<f4").astype(np.float32)
    if not np.isfinite(flat).all():
        raise ValueError(_DAMAGED.format(path.parent, f"{path.name} holds what are no numbers"))
    return flat.reshape(-1, 56)
