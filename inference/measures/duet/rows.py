"""A figure, what loudness alone or rest would give, and what chance gives; correlations and ranks."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from inference.duet.timing import FRAME

Curve = NDArray[np.floating]


class Row(TypedDict):
    """One figure; baseline and chance are None where there is none to compare with."""

    measure: str
    set: str
    value: float
    baseline: float | None
    chance: float | None


def row(measure: str, name: str, value: float, baseline: float | None = None, chance: float | None = None) -> Row:
    """Return a row, rounded to three decimals."""
    rounded = [None if x is None else round(float(x), 3) for x in (value, baseline, chance)]
    return Row(measure=measure, set=name, value=rounded[0] or 0.0, baseline=rounded[1], chance=rounded[2])


def correlation(one: Curve, other: Curve) -> float:
    """Return Pearson's correlation of two curves [T], 0 where one is flat."""
    if one.std() < 1e-9 or other.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def shifted(curve: Curve) -> Curve:
    """Return a curve [T] half its length later: what chance is, with the same statistics."""
    return np.roll(curve, len(curve) // 2)


def area_under_curve(hits: Curve, others: Curve) -> float:
    """Return how likely a value of `hits` lies above one of `others` (the rank statistic of Mann and Whitney)."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([hits, others]))[: len(hits)]
    return float((ranks.sum() - len(hits) * (len(hits) + 1) / 2) / (len(hits) * len(others)))


def loudness(audio: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Return the level (dB) of each frame [frames] of audio."""
    power = (audio[: frames * FRAME].reshape(frames, -1) ** 2).mean(1)
    return np.asarray(10 * np.log10(power + 1e-7), np.float32)
