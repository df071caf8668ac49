"""A track of motion frames on the conversation's timeline, sampled between frames. Knows no clock and no model."""

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import DATA_SET_RATE, MOTION_SIZE, SAMPLE_RATE, TRACK_RATE, samples_per_frame

_EMPTY: Final = -1


class MotionTrack:
    """Frames of motion [56] addressed by number; frame k belongs to sample k * samples_per_frame.

    A ring of `seconds`: older frames give way. Late frames land where they belong; a reader past the newest frame
    sees the newest; before the first frame the face is at rest.
    """

    def __init__(self, frames_per_second: int, seconds: float = 30.0) -> None:
        self.frames_per_second = frames_per_second
        self.step = samples_per_frame(frames_per_second)
        self._capacity = int(seconds * frames_per_second)
        self._frames = np.zeros((self._capacity, MOTION_SIZE), np.float32)
        self._numbers = np.full(self._capacity, _EMPTY, np.int64)
        self._newest = _EMPTY
        self._lock = threading.Lock()

    @property
    def end(self) -> int:
        """The sample up to which there are frames; 0 where there are none."""
        return (self._newest + 1) * self.step

    def write(self, first: int, frames: NDArray[np.float32], stride: int = 1) -> None:
        """Put frames [N, 56] at numbers first, first + 1, …; raise ValueError for another shape or a negative number.

        stride: the frames come from a slower model and belong to numbers first, first + stride, …; those before each are
        drawn straight from what the track has there.
        """
        if frames.ndim != 2 or frames.shape[1] != MOTION_SIZE or first < 0:
            raise ValueError(f"frames are [N, {MOTION_SIZE}] from frame 0 on, not {frames.shape} at {first}")
        if not len(frames):
            return
        if stride > 1:
            with self._lock:
                before = self._at(max(first - stride, 0))
            pairs = np.concatenate([before[None], frames])
            shares = (np.arange(1, stride + 1, dtype=np.float32) / stride)[:, None]
            between = pairs[:-1, None] + shares * np.diff(pairs, axis=0)[:, None]
            frames = between.reshape(-1, MOTION_SIZE).astype(np.float32)
            skipped = max(0, stride - 1 - first)
            frames, first = frames[skipped:], first - stride + 1 + skipped
        frames = frames[-self._capacity :]
        numbers = np.arange(first, first + len(frames))
        with self._lock:
            self._frames[numbers % self._capacity] = frames
            self._numbers[numbers % self._capacity] = numbers
            self._newest = max(self._newest, first + len(frames) - 1)

    def forget(self, sample: int) -> None:
        """Drop every frame that belongs to `sample` or later."""
        with self._lock:
            first = -(-sample // self.step)
            self._numbers[self._numbers >= first] = _EMPTY
            self._newest = int(self._numbers.max())

    def sample(self, at: float) -> NDArray[np.float32]:
        """Return the motion [56] at a sample number, interpolated between the frames around it."""
        place = at / self.step
        with self._lock:
            before = self._at(int(np.floor(place)))
            after = self._at(int(np.floor(place)) + 1)
        share = np.float32(place - np.floor(place))
        result: NDArray[np.float32] = before + (after - before) * share
        return result

    def _at(self, number: int) -> NDArray[np.float32]:
        number = min(number, self._newest)
        if number >= 0:
            slot = number % self._capacity
            if self._numbers[slot] == number:
                return np.array(self._frames[slot])
            older = self._numbers[(self._numbers >= 0) & (self._numbers < number)]  # a gap: hold what came before
            if len(older):
                return np.array(self._frames[int(older.max()) % self._capacity])
        return np.zeros(MOTION_SIZE, np.float32)


if SAMPLE_RATE % TRACK_RATE or SAMPLE_RATE % DATA_SET_RATE:
    raise ValueError("frames of tracks and data sets must be whole numbers of samples")
