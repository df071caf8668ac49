"""The two block functions that join a sound device, or a file that stands for one, to the tapes.

`Player.block` is asked for the next sound to be heard and moves the clock; `Recorder.block` takes what was captured.
Neither waits, logs or raises in ordinary use, so that a driver's callback can call them.
"""

import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr

from audio_io.devices.echo import BLOCK, REFERENCE_AHEAD, EchoCanceller
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Audio, Tape, level

_SETTLING_SECONDS: Final = 0.25
_SETTLING_REPORTS: Final = 9
# The microphone's place on the timeline is corrected where the middle of so many reports is further off than this.
_DRIFT_REPORTS: Final = 25
_DRIFT_LIMIT: Final = 0.02 * SAMPLE_RATE


class Player:
    """Plays tapes, summed, at a device's rate, from where the clock is when it is first asked.

    played: a tape that keeps what was really given to the device, which may be taken back on the others afterwards.
    """

    def __init__(self, tapes: list[Tape], clock: Clock, rate: int, played: Tape | None = None) -> None:
        self._tapes, self._clock, self._rate, self._played = tapes, clock, rate, played
        self._resampler = (
            None if rate == SAMPLE_RATE else soxr.ResampleStream(SAMPLE_RATE, rate, 1, dtype="float32", quality="MQ")
        )
        self._ready = np.zeros(0, np.float32)
        self._next: int | None = None
        # While the device's times cannot be trusted yet: until when, the frames it took, and its reports of when it began.
        self._settled_at: float | None = None
        self._taken = 0
        self._reports: deque[float] = deque(maxlen=_SETTLING_REPORTS)
        self.level = -120.0

    def restart(self) -> None:
        """Begin anew where the clock is, the device having dropped what it held; a moment of silence comes first, in which
        its reports of time settle."""
        self._settled_at, self._taken = time.monotonic() + _SETTLING_SECONDS, 0
        self._reports.clear()
        self._next, self._ready = None, np.zeros(0, np.float32)
        if self._resampler:
            self._resampler.clear()

    def _delay(self) -> float:
        return self._resampler.delay() if self._resampler else 0.0

    def block(self, frames: int, heard_at: float) -> Audio:
        """Return the sound [frames] at the device's rate whose first sample is heard at monotonic time `heard_at` (s)."""
        if self._settled_at is not None:
            self._reports.append(heard_at - self._taken / self._rate)
            heard_at = float(np.median(self._reports)) + self._taken / self._rate
            self._taken += frames
            if time.monotonic() < self._settled_at:
                return np.zeros(frames, np.float32)
            self._settled_at = None
        if self._next is None:
            self._next = max(0, round(self._clock.at(heard_at)))
        else:
            behind = (len(self._ready) + self._delay()) * SAMPLE_RATE / self._rate
            self._clock.anchor(self._next - behind, heard_at)
        while len(self._ready) < frames:
            chunk: Audio = np.zeros(BLOCK, np.float32)
            for tape in self._tapes:
                chunk += tape.read(self._next, BLOCK)
            if self._played is not None:
                self._played.write(self._next, chunk)
            self._next += BLOCK
            out = self._resampler.resample_chunk(chunk) if self._resampler else chunk
            self._ready = np.concatenate([self._ready, out])
        sound, self._ready = self._ready[:frames], self._ready[frames:]
        self.level = level(sound)
        return np.clip(sound, -1.0, 1.0)


@dataclass(frozen=True)
class Cleaning:
    """How captured sound is freed of echo: what was played, the canceller, and a tape that keeps the sound as captured."""

    played: Tape
    canceller: EchoCanceller
    captured: Tape


class Recorder:
    """Writes captured sound to a tape at the place on the timeline where it was captured, cleaned of echo if asked."""

    def __init__(self, tape: Tape, clock: Clock, rate: int, cleaning: Cleaning | None = None) -> None:
        self._tape, self._clock, self._rate, self._cleaning = tape, clock, rate, cleaning
        self._pending = np.zeros(0, np.float32)  # captured, and not yet a whole block for the canceller
        self._resampler = (
            None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="MQ")
        )
        self._origin: float | None = None  # the timeline's sample of the first captured one
        self._taken = 0  # samples captured, at the device's rate
        self._written = 0  # samples written, at 16 kHz
        self._errors: deque[float] = deque(maxlen=_DRIFT_REPORTS)
        self.level = -120.0

    def block(self, audio: Audio, captured_at: float, muted: bool = False) -> None:
        """Take mono sound [N] at the device's rate whose first sample was captured at monotonic time `captured_at` (s).

        Muted sound keeps the place and moves the level, but is not written.
        """
        self.level = level(audio)
        origin = self._clock.at(captured_at) - self._taken * SAMPLE_RATE / self._rate
        if self._origin is None:
            self._origin = origin
        self._errors.append(origin - self._origin)
        if len(self._errors) == _DRIFT_REPORTS and abs(off := float(np.median(self._errors))) > _DRIFT_LIMIT:
            self._origin += off
            self._errors.clear()
        self._taken += len(audio)
        sound = self._resampler.resample_chunk(np.ascontiguousarray(audio)) if self._resampler else audio
        if self._cleaning is not None:
            self._clean(self._cleaning, np.asarray(sound, np.float32), muted)
            return
        start = round(self._origin) + self._written
        self._written += len(sound)
        if start >= 0 and len(sound) and not muted:
            self._tape.write(start, np.asarray(sound, np.float32))

    def _clean(self, cleaning: Cleaning, sound: Audio, muted: bool) -> None:
        """Write whole blocks without their echo; also muted ones are heard by the canceller, which stays adapted."""
        self._pending = np.concatenate([self._pending, sound])
        while len(self._pending) >= BLOCK:
            block, self._pending = self._pending[:BLOCK], self._pending[BLOCK:]
            start = round(self._origin or 0) + self._written
            self._written += BLOCK
            cleaned = cleaning.canceller.clean(block, cleaning.played.read(start + REFERENCE_AHEAD, BLOCK))
            if start >= 0 and not muted:
                cleaning.captured.write(start, block)
                self._tape.write(start, cleaned)
