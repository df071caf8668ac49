"""Duet's timeline: 50 frames of motion a second, 320 samples each; its training speech and its figures keep to it."""

from typing import Final

from avatar.rig.layout import samples_per_frame

FRAMES_PER_SECOND: Final = 50
FRAME: Final = samples_per_frame(FRAMES_PER_SECOND)
