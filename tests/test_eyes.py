"""avatar.life.eyes: a pure function whose blinks, glances and saccades have the published numbers over an hour."""

import numpy as np
import pytest

from avatar.life.blinks import Dials, Person
from avatar.life.eyes import eyes_at, pupils_at

HOUR, RATE = 3600, 50
TURN = 4.0  # s that each of two speaks in turn


TURNS = Person(lambda time: time % (2 * TURN) < TURN)
SPEAKER, LISTENER = Person(lambda _: True), Person(lambda _: False)
RESTING = Person(lambda _: False, lambda _: True)


def watch(seconds: float, rate: int, person: Person = LISTENER, seed: int = 3) -> np.ndarray:
    return np.stack([eyes_at(t, person, seed) for t in np.arange(0, seconds, 1 / rate)])


@pytest.fixture(scope="module")
def hour() -> np.ndarray:
    return watch(HOUR, RATE, TURNS)


def blinks_in(lids: np.ndarray) -> np.ndarray:
    return np.flatnonzero((lids[1:] > 0.5) & (lids[:-1] <= 0.5))


def test_the_same_moment_gives_the_same_eyes() -> None:
    later = eyes_at(1234.5, TURNS, 7)
    watch(1.0, 25)
    assert np.array_equal(later, eyes_at(1234.5, TURNS, 7))
    assert not np.array_equal(later, eyes_at(1234.5, TURNS, 8))


def test_an_hour_of_blinks(hour: np.ndarray) -> None:
    starts = blinks_in(hour[:, 4])
    assert len(starts) / 60 == pytest.approx(26, abs=2.5)  # a minute, in conversation
    gaps = np.log(np.diff(starts) / RATE)
    assert 0.4 < gaps.std() < 0.85
    assert (
        abs(((gaps - gaps.mean()) ** 3).mean() / gaps.std() ** 3) < 1.2
    )  # log-normal: the logarithm is not skewed much
    calm = watch(1200, RATE, RESTING)
    assert len(blinks_in(calm[:, 4])) / 20 == pytest.approx(17, abs=2.5)
    assert hour[:, 4].max() > 0.97


def test_lids_are_half_closed_for_a_tenth_of_a_second() -> None:
    lids = watch(300, 200)[:, 4]
    starts = blinks_in(lids)
    ends = np.flatnonzero((lids[1:] <= 0.5) & (lids[:-1] > 0.5))
    widths = (ends[: len(starts)] - starts[: len(ends)]) * 5
    assert 100 <= np.median(widths) <= 130  # ms


def test_more_blinks_as_a_turn_ends(hour: np.ndarray) -> None:
    starts = blinks_in(hour[:, 4]) / RATE
    since_end = (starts - TURN) % (2 * TURN)
    after = (since_end < 0.8).sum() / 0.8
    elsewhere = (since_end >= 0.8).sum() / (2 * TURN - 0.8)
    assert after > 1.3 * elsewhere


def test_gaze_goes_with_the_turns(hour: np.ndarray) -> None:
    time = np.arange(len(hour)) / RATE % (2 * TURN)
    at_partner = np.abs(hour[:, 0]) < 0.06
    assert at_partner[time < TURN].mean() == pytest.approx(0.41, abs=0.05)
    assert at_partner[time >= TURN].mean() == pytest.approx(0.75, abs=0.05)
    beginning, ending = (time > 0.2) & (time < 0.9), (time > TURN + 0.4) & (time < TURN + 1.0)
    assert at_partner[beginning].mean() < 0.32
    assert at_partner[ending].mean() > 0.85


def test_saccades_are_on_the_main_sequence() -> None:
    gaze = np.degrees(watch(200, 1000, SPEAKER)[:, 0])
    speed = np.abs(np.diff(gaze)) * 1000
    moving = speed > 30
    edges = np.flatnonzero(np.diff(np.r_[0, moving.astype(int), 0]))
    sizes, peaks = [], []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        size = abs(gaze[last] - gaze[first])
        if size > 3:
            sizes.append(size)
            peaks.append(speed[first:last].max())
    assert len(sizes) > 30
    # 500 (1 - exp(-size / 14)) degrees/s (Bahill 1975), within a third of it.
    expected = 500 * (1 - np.exp(-np.array(sizes) / 14))
    assert np.median(np.array(peaks) / expected) == pytest.approx(1, abs=0.34)


def test_a_fixation_is_not_still() -> None:
    gaze = watch(20, 200)[:, :2]
    step = np.abs(np.diff(gaze, axis=0)).max(1)
    assert (step > 0).mean() > 0.99
    assert np.median(step) < 0.001


def test_eyes_move_together_and_in_reach() -> None:
    gaze = watch(120, 50)
    assert np.array_equal(gaze[:, :2], gaze[:, 2:4])
    assert np.abs(gaze[:, :4]).max() <= 0.6


def test_pupils_live_and_widen_with_speech() -> None:
    calm = np.array([pupils_at(t, LISTENER, 3) for t in np.arange(0, 120, 0.1)])
    busy = np.array([pupils_at(t, SPEAKER, 3) for t in np.arange(0, 120, 0.1)])
    assert 0.8 < calm.min() < calm.max() < 1.2
    assert np.abs(np.diff(calm)).max() < 0.03  # slow
    assert calm.std() > 0.01
    assert (busy - calm).mean() > 0.05


def test_dials_ask_for_more_or_less_than_people_do() -> None:
    def minutes(dials: Dials) -> np.ndarray:
        return np.stack([eyes_at(t, TURNS, 3, dials=dials) for t in np.arange(0, 600, 1 / 25)])

    usual, calm, lively = minutes(Dials()), minutes(Dials(0.3, 1.4, 0.5)), minutes(Dials(2.0, 0.5, 1.5))
    assert len(blinks_in(calm[:, 4])) < 0.5 * len(blinks_in(usual[:, 4]))
    assert len(blinks_in(lively[:, 4])) > 1.5 * len(blinks_in(usual[:, 4]))
    looking = [(np.abs(eyes[:, 0]) < 0.06).mean() for eyes in (lively, usual, calm)]
    assert looking[0] < looking[1] - 0.1 < looking[2] - 0.2
    assert np.abs(calm[:, 0]).max() < np.abs(lively[:, 0]).max()
