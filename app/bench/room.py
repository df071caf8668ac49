"""A room between virtual loudspeaker and microphone, in a process of its own: echo, noise, and a person who plays recordings.

Lines of JSON in: {"play": WAV}, {"echo": gain, "delay": ms}, {"noise": gain}, {"level": since}; a line of JSON out for each.
Times are the system's monotonic seconds, the same in every process.
"""

import json
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

import numpy as np

from audio_io.devices.echo import BLOCK
from audio_io.devices.listing import find
from audio_io.files import stream
from audio_io.time.tape import SAMPLE_RATE, Tape

RATE: Final = SAMPLE_RATE
_DISTANCE: Final = 640  # samples that the microphone stays behind the loudspeaker, besides the echo's delay
_TAIL: Final = 1600  # samples of reverberation
_KEPT: Final = 60_000  # blocks of levels


def room_response(seed: int = 0) -> np.ndarray:
    """Return an impulse response [1600] of a small room: a direct path, then reverberation 26 dB down in energy."""
    rng = np.random.default_rng(seed)
    tail = rng.normal(size=_TAIL) * np.exp(-np.arange(_TAIL) / 350)
    tail *= 0.35 / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(tail / np.sqrt(np.sum(tail**2)), np.float32)


class Room:
    """Two streams: what the loudspeaker plays comes in, what the microphone takes goes out."""

    def __init__(self) -> None:
        import sounddevice

        self._response = room_response()
        # The loudspeaker's sound by sample; what is spoken next follows it at one distance, however callbacks are timed.
        self._history, self._heard, self._next = Tape(8.0), 0, -1
        self.gain, self.delay, self.noise = 0.0, 0, 0.0
        self.levels: deque[tuple[float, float]] = deque(maxlen=_KEPT)  # (time of a block of the loudspeaker, its rms)
        self._speech, self._place, self.began = np.zeros(0, np.float32), 0, 0.0
        self._pending: np.ndarray | None = None
        self._rng = np.random.default_rng(1)
        common: dict[str, Any] = {
            "samplerate": RATE,
            "channels": 1,
            "blocksize": BLOCK,
            "dtype": "float32",
            "latency": "low",
        }
        self._streams = [
            sounddevice.InputStream(device=find("microphone", "vspeakermonitor").index, callback=self._hear, **common),
            sounddevice.OutputStream(device=find("loudspeaker", "vmicfeed").index, callback=self._speak, **common),
        ]
        for opened in self._streams:
            opened.start()

    def _hear(self, block: Any, _frames: int, times: Any, _status: Any) -> None:
        ago = max(times.currentTime - times.inputBufferAdcTime, 0.0)
        self._history.write(self._heard, block[:, 0].copy())
        self._heard += len(block)
        self.levels.append((time.monotonic() - ago, float(np.sqrt(np.mean(block[:, 0] ** 2)))))

    def _speak(self, out: Any, frames: int, times: Any, _status: Any) -> None:
        if self._pending is not None:
            self._speech, self._place, self._pending = self._pending, 0, None
            self.began = time.monotonic() + max(times.outputBufferDacTime - times.currentTime, 0.0)
        piece = self._speech[self._place : self._place + frames]
        self._place += frames
        mixed = np.pad(piece, (0, frames - len(piece))) + self._rng.normal(size=frames).astype(np.float32) * self.noise
        if self._next < 0 and self._heard > _DISTANCE:
            self._next = self._heard - _DISTANCE
        if self.gain and self._next >= 0:
            past = self._history.read(self._next - self.delay - _TAIL + 1, frames + _TAIL - 1)
            mixed = mixed + self.gain * np.convolve(past, self._response, "valid")
        self._next += frames if self._next >= 0 else 0
        out[:, 0] = np.clip(mixed, -1, 1)

    def play(self, path: Path) -> None:
        """Speak a recording into the microphone."""
        self._pending = np.concatenate(list(stream(path, RATE)))


def main() -> None:
    """Serve until the input ends."""
    room = Room()
    print(json.dumps({"ok": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {"ok": True}
        if "play" in asked:
            before = room.began
            room.play(Path(asked["play"]))
            while room.began == before:
                time.sleep(0.002)
            answer["began"] = room.began
        if "echo" in asked:
            room.gain, room.delay = asked["echo"], round(asked["delay"] * RATE / 1000)
        if "noise" in asked:
            room.noise = asked["noise"]
        if "level" in asked:
            answer["levels"] = [pair for pair in list(room.levels) if pair[0] > asked["level"]]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
