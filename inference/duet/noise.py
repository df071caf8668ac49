"""A slow noise that decides which way a head moves: a pure function of seed and frame."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.duet.timing import FRAMES_PER_SECOND

# Seconds between independent values of each channel: the head's beats (pitch, yaw, roll), its posture (the same), what is
# left to chance, and the mood that comes and goes. The beats' spacing gives the speed of real heads for their deviation.
KNOT_SECONDS: Final = (0.22, 0.23, 0.25, 2.3, 2.6, 2.9, 1.7, 3.1)
NOISE_SIZE: Final = len(KNOT_SECONDS)
_FRAMES_AT_A_TIME: Final = 256
_KNOTS_AT_A_TIME: Final = 64
_SPLINE_GAIN: Final = 1.45  # a cubic B-spline's deviation is less than its knots'


@lru_cache(maxsize=512)
def _knots(seed: int, channel: int, part: int) -> NDArray[np.float64]:
    return np.random.default_rng((seed, channel, part + 2**31)).standard_normal(_KNOTS_AT_A_TIME)


def _knot(seed: int, channel: int, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    parts = numbers // _KNOTS_AT_A_TIME
    values = np.empty(len(numbers))
    for part in np.unique(parts):
        here = parts == part
        values[here] = _knots(seed, channel, int(part))[numbers[here] % _KNOTS_AT_A_TIME]
    return values


@lru_cache(maxsize=64)
def _block(seed: int, number: int) -> NDArray[np.float32]:
    """Return block `number` of a seed's noise [256, NOISE_SIZE]; a live hop takes two frames of it."""
    result = np.empty((_FRAMES_AT_A_TIME, NOISE_SIZE), np.float32)
    time = (number * _FRAMES_AT_A_TIME + np.arange(_FRAMES_AT_A_TIME)) / FRAMES_PER_SECOND
    for channel, seconds in enumerate(KNOT_SECONDS):
        place = time / seconds
        knot = np.floor(place).astype(np.int64)
        t = place - knot
        weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
        blend = sum(w / 6 * _knot(seed, channel, knot + k) for k, w in enumerate(weights))
        result[:, channel] = _SPLINE_GAIN * np.asarray(blend)
    return result


def slow_noise(seed: int, first: int, frames: int) -> NDArray[np.float32]:
    """Return noise [frames, NOISE_SIZE] at 50 frames/s from frame `first`, about unit deviation, smooth (cubic B-spline)."""
    begin, end = first // _FRAMES_AT_A_TIME, (first + frames - 1) // _FRAMES_AT_A_TIME
    blocks = [_block(seed, number) for number in range(begin, max(begin, end) + 1)]
    at = first - begin * _FRAMES_AT_A_TIME
    return np.concatenate(blocks)[at : at + frames] if len(blocks) > 1 else blocks[0][at : at + frames]
