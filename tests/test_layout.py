"""avatar.rig.layout: 50 named slots, whole frames."""

import pytest

from audio_io.time.tape import SAMPLE_RATE as SOUND_RATE
from avatar.rig.layout import EXPRESSION_NAMES, SAMPLE_RATE, SLOT, samples_per_frame


def test_fifty_different_names() -> None:
    assert len(EXPRESSION_NAMES) == len(set(EXPRESSION_NAMES)) == len(SLOT) == 50


def test_frames_are_whole_samples() -> None:
    assert SAMPLE_RATE == SOUND_RATE  # heads and sound do not know each other, and share one timeline
    assert (samples_per_frame(25), samples_per_frame(50)) == (640, 320)
    with pytest.raises(ValueError, match="30 frames/s"):
        samples_per_frame(30)
