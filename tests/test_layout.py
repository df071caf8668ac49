"""avatar.rig.layout: 50 named slots, whole frames."""

import pytest

from avatar.rig.layout import EXPRESSION_NAMES, SLOT, samples_per_frame


def test_fifty_different_names() -> None:
    assert len(EXPRESSION_NAMES) == len(set(EXPRESSION_NAMES)) == len(SLOT) == 50


def test_frames_are_whole_samples() -> None:
    assert (samples_per_frame(25), samples_per_frame(50)) == (640, 320)
    with pytest.raises(ValueError, match="30 frames/s"):
        samples_per_frame(30)
