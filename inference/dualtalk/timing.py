"""DualTalk's timeline: 25 frames of motion a second, 640 samples each; wav2vec 2.0 hears two features a frame."""

from typing import Final

from avatar.rig.layout import DATA_SET_RATE, samples_per_frame

FRAMES_PER_SECOND: Final = DATA_SET_RATE
FRAME: Final = samples_per_frame(FRAMES_PER_SECOND)
FEATURE_SAMPLES: Final = 320  # between two features
FEATURE_REACH: Final = 400  # samples that a feature hears, from its own on


def frames_of(samples: int) -> int:
    """Return the frames of motion that belong to a length of sound: samples / 640, rounded up."""
    return -(-samples // FRAME)
