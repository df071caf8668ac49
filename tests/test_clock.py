"""audio_io.time.clock: runs with time, follows the loudspeaker, never backwards."""

import numpy as np
import pytest

from audio_io.time.clock import Clock
from tests.conftest import HandTime


def test_runs_at_16_kilohertz_without_a_loudspeaker(clock: Clock, hand_time: HandTime) -> None:
    hand_time.now += 2.5
    assert clock.now() == pytest.approx(40_000)


def test_follows_jittering_anchors_within_a_millisecond(clock: Clock, hand_time: HandTime) -> None:
    rng = np.random.default_rng(0)
    start = hand_time.now
    for block in range(2000):  # 20 s of 10 ms blocks, a loudspeaker 100 ppm fast, reports off by 3 ms
        hand_time.now = start + block * 0.01
        clock.anchor(block * 160 * 1.0001, hand_time.now + rng.normal(0, 0.003))
    assert clock.now() == pytest.approx(1999 * 160 * 1.0001, abs=16)


def test_a_new_stream_moves_it_at_once(clock: Clock, hand_time: HandTime) -> None:
    clock.anchor(5000, hand_time.now)
    assert clock.now() == pytest.approx(5000)


def test_never_runs_backwards(clock: Clock, hand_time: HandTime) -> None:
    clock.anchor(5000, hand_time.now)
    before = clock.now()
    clock.anchor(4990, hand_time.now)
    assert clock.now() == before
