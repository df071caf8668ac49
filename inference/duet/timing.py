"""Duet's timeline: 50 frames of motion a second, 320 samples each; its training speech and its figures keep to it."""

from typing import Final

from avatar.rig.layout import TRACK_RATE, samples_per_frame

FRAMES_PER_SECOND: Final = TRACK_RATE
FRAME: Final = samples_per_frame(FRAMES_PER_SECOND)
