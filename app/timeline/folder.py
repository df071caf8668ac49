"""One recorded session's folder as it is written: lines, sound and motion, each whole up to the last `sync`. Reads nothing."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.timeline.timeline import Entry
from audio_io.time.tape import SAMPLE_RATE, Audio
from avatar.rig.layout import EXPRESSION, JAW, MOTION_SIZE, NECK

VERSION: Final = 2
TIMELINE, TRANSCRIPT = "timeline.jsonl", "transcript.txt"
FACES: Final = ("user", "agent")  # whose motion: NAME.motion while it is written, then NAME.npz
_BLOCK: Final = 4096  # samples of a FLAC frame, as libsndfile makes them
_TOTAL: Final = 18  # bytes into a FLAC at which 8 say rate, channels, bits, and in the last 36 bits how many samples


class _Sink:
    """What libsndfile writes to: it keeps new bytes, and leaves out what goes over older ones to say how many there are."""

    def __init__(self) -> None:
        self.fresh = bytearray()
        self._at = self._end = 0

    def write(self, data: bytes) -> int:
        if self._at == self._end:
            self.fresh += data
            self._end += len(data)
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at


class FlacFile:
    """A 16-bit mono FLAC at 16 kHz in `file`, open to write and read. Its header always says how much of it is whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sink = _Sink()
        self._encoder = soundfile.SoundFile(
            self._sink, "w", samplerate=SAMPLE_RATE, channels=1, format="FLAC", subtype="PCM_16"
        )
        self._given = 0
        self.whole = 0  # samples that a reader finds
        self.append(np.zeros(0, np.float32))

    def append(self, audio: Audio) -> None:
        """Add sound [N], -1 to 1; the last 4096 samples or fewer wait for more. Raises OSError where the disk is full."""
        self._encoder.write((np.clip(audio, -1, 1) * 32767).astype(np.int16))
        self._given += len(audio)
        self._store(max(self._given - 1, 0) // _BLOCK * _BLOCK)

    def end(self) -> None:
        """Write what waits; nothing can be added any more. Raises OSError where the disk is full."""
        self._encoder.close()
        self._store(self._given)

    def _store(self, whole: int) -> None:
        self._file.seek(0, 2)
        self._file.write(self._sink.fresh)
        self._file.flush()
        self._sink.fresh.clear()
        if self._file.tell() > _TOTAL + 8:
            self._file.seek(_TOTAL)
            kept = int.from_bytes(self._file.read(8), "big") >> 36
            self._file.seek(_TOTAL)
            self._file.write((kept << 36 | whole).to_bytes(8, "big"))
            self._file.flush()
            self.whole = whole


class Folder:
    """A new folder of a session that begins at sample `start`; `path` must not exist. Raises OSError, from all it does.

    facts: what the first line says besides; voices: their names.
    """

    def __init__(
        self, path: Path, start: int, frames_per_second: int, facts: dict[str, Any], voices: Iterable[str]
    ) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path, self.start = path, start
        self._step = SAMPLE_RATE // frames_per_second
        self._fps, self._frames = frames_per_second, 0
        self._files: list[IO[Any]] = []
        self._sounds: dict[str, FlacFile] = {}
        first = {"version": VERSION, "start": start, "rate": SAMPLE_RATE, "fps": frames_per_second, **facts}
        try:
            self._lines = (path / TIMELINE).open("x", encoding="utf-8")
            self._files.append(self._lines)
            self._lines.write(json.dumps(first) + "\n")
            self._lines.flush()
            for name in voices:
                self._files.append((path / f"{name}.flac").open("x+b"))
                self._sounds[name] = FlacFile(self._files[-1])
            for who in FACES:
                self._files.append((path / f"{who}.motion").open("xb"))
            self._motions = self._files[-len(FACES) :]
        except OSError:
            self.close()
            raise

    @property
    def whole(self) -> int:
        """The sample of the timeline up to which all of it is stored."""
        return self.start + min(self._frames * self._step, *(sound.whole for sound in self._sounds.values()))

    def there(self) -> bool:
        """Tell whether the folder is still where it was made."""
        try:
            return os.path.samestat((self.path / TIMELINE).stat(), os.fstat(self._lines.fileno()))
        except FileNotFoundError:
            return False

    def write(self, entries: Iterable[Entry]) -> None:
        """Add lines."""
        for entry in entries:
            about = {"event": entry.kind, "at": entry.at, "generation": entry.generation, "time": entry.time}
            self._lines.write(json.dumps({**entry.facts, **about}) + "\n")
        self._lines.flush()

    def add(self, voices: dict[str, Audio], motions: Iterable[NDArray[np.float32]]) -> None:
        """Add sound by voice [N], and both faces' frames [T, 56] of the same time."""
        for name, audio in voices.items():
            self._sounds[name].append(audio)
        for file, motion in zip(self._motions, motions, strict=True):
            file.write(motion.astype("<f4").tobytes())
            file.flush()
        self._frames += len(motion)

    def sync(self) -> None:
        """Let the disk hold what was written."""
        for file in self._files:
            os.fsync(file.fileno())

    def end(self) -> None:
        """Write what waits for more sound, and close."""
        for sound in self._sounds.values():
            sound.end()
        self.sync()
        self.close()

    def close(self) -> None:
        """Close the files as they are."""
        for file in self._files:
            with suppress(OSError):  # a full disk refuses what was still in the buffer
                file.close()

    def pack(self, basis: str) -> None:
        """Turn the closed motion files into npz in the DualTalk data set's form. basis: of the first frame."""
        for who in FACES:
            raw, packed = self.path / f"{who}.motion", self.path / f"{who}.npz"
            if raw.stat().st_size < 4 * MOTION_SIZE:
                continue
            frames = raw.stat().st_size // (4 * MOTION_SIZE)
            motion = np.memmap(raw, "<f4", "r", shape=(frames, MOTION_SIZE))
            partial = packed.with_name(packed.name + ".part")
            try:
                with partial.open("wb") as out:
                    pose = np.concatenate([motion[:, NECK], motion[:, JAW]], 1)
                    np.savez(out, exp=motion[:, EXPRESSION], pose=pose, fps=np.array(self._fps), basis=np.array(basis))
                partial.replace(packed)
            finally:
                partial.unlink(missing_ok=True)
                del motion  # else the file could not be deleted on some systems
            raw.unlink()
