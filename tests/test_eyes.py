"""avatar.eyes: a pure function whose blinks, glances and saccades have the published numbers."""

import numpy as np

from avatar.eyes import eyes_at


def watch(seconds: float, rate: int, speaking: bool, seed: int = 3) -> np.ndarray:
    return np.stack([eyes_at(t, lambda _: speaking, seed) for t in np.arange(0, seconds, 1 / rate)])


def test_the_same_moment_gives_the_same_eyes() -> None:
    later = eyes_at(1234.5, lambda _: True, 7)
    watch(1.0, 25, True)
    assert np.array_equal(later, eyes_at(1234.5, lambda _: True, 7))
    assert not np.array_equal(later, eyes_at(1234.5, lambda _: True, 8))


def test_blinks_as_often_and_as_long_as_people() -> None:
    lids = watch(600, 100, True)[:, 4]
    starts = np.flatnonzero((lids[1:] > 0.5) & (lids[:-1] <= 0.5))
    ends = np.flatnonzero((lids[1:] <= 0.5) & (lids[:-1] > 0.5))
    assert 20 <= len(starts) / 10 <= 32  # a minute
    widths = (ends - starts[: len(ends)]) * 10
    assert 90 <= np.median(widths) <= 140  # ms
    assert lids.max() > 0.97


def test_listeners_look_at_the_partner_more_than_speakers() -> None:
    def share(speaking: bool) -> float:
        gaze = watch(900, 10, speaking)
        return float((np.abs(gaze[:, 0]) < 0.05).mean())

    assert 0.33 < share(True) < 0.50
    assert 0.67 < share(False) < 0.83


def test_eyes_move_together_and_in_reach() -> None:
    gaze = watch(120, 50, False)
    assert np.array_equal(gaze[:, :2], gaze[:, 2:4])
    assert np.abs(gaze[:, :4]).max() < 0.6
