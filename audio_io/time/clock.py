"""Which sample of the timeline is being heard now. The loudspeaker alone moves it; without one, time does."""

import threading
import time
from collections.abc import Callable
from typing import Final

from audio_io.time.tape import SAMPLE_RATE

# How fast the clock gives way to new anchors: reports of a driver jitter by milliseconds, true drift is slow.
_SMOOTHING: Final = 0.05
_JUMP: Final = 0.08  # s: a gap this large is a new start of the stream, not jitter


class Clock:
    """The sample being heard, as a function of a monotonic time.

    `anchor` says that a sample is heard at a time; between anchors the clock runs at 16 kHz. It never runs backwards
    for one reader: a correction backwards makes it stand still.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset = -monotonic() * SAMPLE_RATE  # sample = time * rate + offset; sample 0 is now
        self._highest = 0.0
        self._lock = threading.Lock()

    def anchor(self, sample: float, heard_at: float) -> None:
        """Say that `sample` is heard at monotonic time `heard_at` (s)."""
        target = sample - heard_at * SAMPLE_RATE
        with self._lock:
            error = target - self._offset
            self._offset += error if abs(error) > _JUMP * SAMPLE_RATE else _SMOOTHING * error

    def at(self, moment: float) -> float:
        """Return the sample heard at a monotonic time (s)."""
        with self._lock:
            return moment * SAMPLE_RATE + self._offset

    def now(self) -> float:
        """Return the sample being heard now; it never decreases."""
        with self._lock:
            current = self._monotonic() * SAMPLE_RATE + self._offset
            self._highest = max(self._highest, current)
            return self._highest
