"""A slow noise that decides which way a head moves: a pure function of seed and frame."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.duet.network import NOISE_SIZE

_KNOT_SECONDS: Final = (0.33, 0.36, 0.40, 1.7)  # between independent values, for each channel
_KNOTS_AT_A_TIME: Final = 64


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


def slow_noise(seed: int, first: int, frames: int) -> NDArray[np.float32]:
    """Return noise [frames, NOISE_SIZE] at 50 frames/s from frame `first`, about unit deviation, smooth (cubic B-spline)."""
    result = np.empty((frames, NOISE_SIZE), np.float32)
    time = (first + np.arange(frames)) / 50
    for channel, seconds in enumerate(_KNOT_SECONDS):
        place = time / seconds
        number = np.floor(place).astype(np.int64)
        t = place - number
        weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
        blend = sum(w / 6 * _knot(seed, channel, number + k) for k, w in enumerate(weights))
        result[:, channel] = 1.45 * np.asarray(blend)  # a spline's deviation is less than its knots'
    return result
