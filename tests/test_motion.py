"""avatar.rig.motion: frames at their place on the timeline, interpolated, held, forgotten."""

import numpy as np
import pytest

from avatar.rig.motion import MotionTrack


def frames(*values: float) -> np.ndarray:
    return np.repeat(np.array(values, np.float32)[:, None], 56, 1)


def test_interpolates_between_frames() -> None:
    track = MotionTrack(50)
    track.write(10, frames(1.0, 2.0, 4.0))
    assert track.sample(10 * 320)[0] == 1.0
    assert track.sample(10.5 * 320)[0] == pytest.approx(1.5)
    assert track.sample(11.25 * 320)[0] == pytest.approx(2.5)
    assert track.end == 13 * 320


def test_holds_the_newest_and_rests_before_the_first() -> None:
    track = MotionTrack(25)
    assert not track.sample(5000).any()
    track.write(4, frames(3.0))
    assert track.sample(640 * 40)[0] == 3.0
    assert track.sample(640 * 2)[0] == 0.0


def test_a_late_frame_fills_its_gap() -> None:
    track = MotionTrack(50)
    track.write(0, frames(1.0))
    track.write(2, frames(3.0))
    assert track.sample(320 * 1.0)[0] == 1.0  # held over the gap
    track.write(1, frames(9.0))
    assert track.sample(320 * 1.0)[0] == 9.0


def test_forgets_what_belongs_to_a_moment_and_later() -> None:
    track = MotionTrack(50)
    track.write(0, frames(1.0, 2.0, 3.0, 4.0))
    track.forget(2 * 320)
    assert track.end == 2 * 320
    assert track.sample(10 * 320)[0] == 2.0


def test_the_ring_keeps_the_newest() -> None:
    track = MotionTrack(50, seconds=1.0)
    for number in range(0, 500, 10):
        track.write(number, frames(*range(number, number + 10)))
    assert track.sample(499 * 320)[0] == 499
    assert track.sample(455.5 * 320)[0] == pytest.approx(455.5)


def test_refuses_another_shape() -> None:
    with pytest.raises(ValueError, match=r"\[N, 56\]"):
        MotionTrack(50).write(0, np.zeros((2, 50), np.float32))


def test_slow_motion_is_smooth_on_a_fast_display() -> None:
    track, frames = MotionTrack(50), np.zeros((50, 56), np.float32)
    at = np.arange(50) / 25 + 1 / 50
    frames[:, 50] = 0.1 * np.sin(2 * np.pi * 1.5 * at)
    track.write(1, frames, stride=2)  # a model of 25 frames a second
    for rate in (60, 90, 144):
        moments = np.arange(0.1, 1.5, 1 / rate)
        shown = np.array([track.sample(t * 16_000)[50] for t in moments])
        steps = np.abs(np.diff(shown))
        truth = 0.1 * np.sin(2 * np.pi * 1.5 * moments)
        assert np.abs(shown - truth).max() < 0.006  # rad: half a frame of 25 would be 0.019
        assert (steps > 1e-5).mean() > 0.95  # no frame is shown twice but where the motion turns
        assert steps.max() < 1.3 * 0.1 * 2 * np.pi * 1.5 / rate  # and none jumps
