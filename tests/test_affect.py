"""avatar.life.affect: feelings and gestures as a pure function of time."""

import numpy as np

from avatar.life.affect import AFFECTS, LONGEST_SECONDS, Affect, affect_motion
from avatar.rig.layout import NECK, SLOT

SECOND = 16_000


def test_feelings_rise_hold_and_fade() -> None:
    smile = (Affect("smile", 0, 1.0),)
    slot = SLOT["mouthSmileLeft"]
    values = [affect_motion(smile, seconds * SECOND)[slot] for seconds in (-1, 0.0, 0.2, 1.0, 3.5, 5.0)]
    assert values[0] == values[1] == values[5] == 0
    assert 0 < values[2] < values[3] and 0.5 < values[3] < 0.6 and 0 < values[4] < values[3]
    assert affect_motion((Affect("smile", 0, 0.5),), SECOND)[slot] < 0.6 * values[3]


def test_a_later_feeling_ends_an_earlier_one() -> None:
    both = (Affect("happy", 0), Affect("sad", SECOND))
    late = affect_motion(both, 1.6 * SECOND)
    assert late[SLOT["mouthSmileLeft"]] == 0 and late[SLOT["mouthFrownLeft"]] > 0.3
    neutral = affect_motion((Affect("happy", 0), Affect("neutral", SECOND)), 1.6 * SECOND)
    assert not neutral.any()


def test_gestures_move_the_neck_and_end() -> None:
    times = np.arange(0, 2.5, 0.02) * SECOND
    for name, axis in (("nod", 0), ("shake", 1), ("tilt", 2)):
        turns = np.array([affect_motion((Affect(name, 0),), at)[NECK] for at in times])
        assert np.abs(turns[:, axis]).max() > 0.05
        assert np.abs(np.delete(turns, axis, 1)).max() == 0
        assert np.abs(np.diff(turns[:, axis])).max() < 0.04  # rad in 20 ms
        assert not turns[-1].any()
    nod = np.array([affect_motion((Affect("nod", 0),), at)[NECK.start] for at in times])
    assert nod[:10].max() > 0  # down first
    assert nod.max() > 2 * nod[20:].max()  # and smaller after


def test_all_of_them_are_smooth_and_bounded() -> None:
    for name in AFFECTS:
        motion = np.array([affect_motion((Affect(name, 0),), n * 320) for n in range(round(LONGEST_SECONDS * 50) + 20)])
        assert np.abs(motion).max() <= 0.9
        assert np.abs(np.diff(motion, axis=0)).max() < 0.1
        assert not motion[-1].any()
