"""audio_io.time.tape: addressing by absolute sample, silence where nothing is, forgetting, the ring."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_io.time.tape import Tape, level


def ramp(start: int, count: int) -> np.ndarray:
    return ((np.arange(start, start + count) % 997) / 997 + 0.001).astype(np.float32)


@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 3000)), min_size=1, max_size=8), st.integers(0, 12_000))
def test_reads_what_was_written_and_silence_elsewhere(writes: list[tuple[int, int]], forgotten: int) -> None:
    tape, truth = Tape(2.0), np.zeros(14_000, np.float32)
    for start, count in writes:
        tape.write(start, ramp(start, count))
        truth[start : start + count] = ramp(start, count)
    tape.forget(forgotten)
    truth[forgotten:] = 0
    assert np.array_equal(tape.read(0, 14_000), truth)
    assert tape.end == min(forgotten, max(start + count for start, count in writes))


def test_reading_before_the_start_is_silence() -> None:
    tape = Tape(1.0)
    tape.write(0, ramp(0, 100))
    assert np.array_equal(tape.read(-50, 100), np.r_[np.zeros(50), ramp(0, 50)].astype(np.float32))


def test_older_sound_gives_way_to_newer() -> None:
    tape = Tape(1.0)
    for start in range(0, 160_000, 1600):
        tape.write(start, ramp(start, 1600))
    assert np.array_equal(tape.read(158_400, 1600), ramp(158_400, 1600))
    assert not tape.read(0, 16_000).any()
    tape.write(0, ramp(0, 100))  # so late that its place is taken
    assert np.array_equal(tape.read(158_400, 1600), ramp(158_400, 1600))


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="tape of 16000"):
        Tape(1.0).write(0, np.zeros(20_000, np.float32))
    with pytest.raises(ValueError, match="at -1"):
        Tape(1.0).write(-1, np.zeros(10, np.float32))


def test_level_in_decibels() -> None:
    assert level(np.full(100, 0.1, np.float32)) == pytest.approx(-20, abs=0.01)
    assert level(np.zeros(10, np.float32)) == pytest.approx(-120)


def test_the_level_is_that_of_the_blocks_without_reading_them() -> None:
    tape, rng = Tape(2.0), np.random.default_rng(3)
    for start in (0, 150, 3_000, 40_000):  # over what was there, over blocks' edges, round the ring
        tape.write(start, rng.normal(0, 0.1, 5_000).astype(np.float32))
    tape.forget(42_100)
    for start, count in ((320, 6_400), (2_880, 640), (38_400, 6_400), (41_920, 640)):
        assert tape.level(start, count) == pytest.approx(level(tape.read(start, count)), abs=1e-3)
    assert tape.level(320_000, 6_400) == level(np.zeros(6_400, np.float32))
