"""Feelings, attitudes and gestures that a speaker's text marks, as motion added to a face: a pure function of time."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import MOTION_SIZE, NECK, SAMPLE_RATE, SLOT

# How a face shows each, by named expression at full strength; both sides of a pair.
_FACES: Final[dict[str, dict[str, float]]] = {
    "neutral": {},
    "smile": {"mouthSmile": 0.55, "cheekSquint": 0.3},
    "happy": {"mouthSmile": 0.7, "cheekSquint": 0.45, "browOuterUp": 0.15},
    "sad": {"mouthFrown": 0.5, "browInnerUp": 0.6, "mouthShrugLower": 0.15},
    "angry": {"browDown": 0.75, "noseSneer": 0.25, "mouthPress": 0.3, "eyeSquint": 0.3},
    "surprised": {"browInnerUp": 0.65, "browOuterUp": 0.6, "eyeWide": 0.5},
    "positive": {"mouthSmile": 0.3, "browOuterUp": 0.1},
    "negative": {"browDown": 0.3, "mouthFrown": 0.25},
}
_RISE, _HOLD, _FALL = 0.35, 2.6, 1.2  # s
# Neck turns (rad about x down, y, z), the nod's first cycle larger and declining (PMC7054373).
_GESTURES: Final = ("nod", "shake", "tilt", "away")
_NOD, _SHAKE, _TILT = 0.11, 0.12, 0.09
_AWAY: Final = (-0.05, 0.16, 0.0)  # up and aside, as who thinks looks
_CYCLES_A_SECOND: Final = {"nod": 2.6, "shake": 2.2}
_GESTURE_SECONDS: Final = {"nod": 0.85, "shake": 0.95, "tilt": 1.8, "away": 2.4}
AFFECTS: Final = (*_FACES, *_GESTURES)
LONGEST_SECONDS: Final = _RISE + _HOLD + _FALL  # that anything shows


@dataclass(frozen=True)
class Affect:
    """Something to be shown from a sample of the timeline on: one of AFFECTS, strength 0 to 1."""

    name: str
    sample: int
    strength: float = 1.0


def affect_motion(affects: tuple[Affect, ...], at: float) -> NDArray[np.float32]:
    """Return what is added to the motion [56] of a head with named expressions at a sample.

    A later feeling ends an earlier one; gestures go beside them.
    """
    motion = np.zeros(MOTION_SIZE, np.float32)
    faces = [affect for affect in affects if affect.name in _FACES and affect.sample <= at]
    for number, affect in enumerate(faces):
        ended = faces[number + 1].sample if number + 1 < len(faces) else None
        share = affect.strength * _envelope(affect.sample, at, ended)
        for name, weight in _FACES[affect.name].items():
            for slot in (SLOT[name],) if name in SLOT else (SLOT[f"{name}Left"], SLOT[f"{name}Right"]):
                motion[slot] += share * weight
    for affect in affects:
        if affect.name in _GESTURES and affect.sample <= at:
            motion[NECK] += affect.strength * _gesture(affect.name, (at - affect.sample) / SAMPLE_RATE)
    return motion


def _envelope(begun: int, at: float, ended: int | None) -> float:
    seconds = (at - begun) / SAMPLE_RATE
    share = np.clip(seconds / _RISE, 0, 1) * np.clip((LONGEST_SECONDS - seconds) / _FALL, 0, 1)
    if ended is not None:
        share *= np.clip(1 - (at - ended) / SAMPLE_RATE / _RISE, 0, 1)
    return float(share * share * (3 - 2 * share))


def _gesture(name: str, seconds: float) -> NDArray[np.float32]:
    length = _GESTURE_SECONDS[name]
    if not 0 <= seconds <= length:
        return np.zeros(3, np.float32)
    gone = seconds / length
    if name == "tilt":
        return np.array([0, 0, _TILT * np.sin(np.pi * gone) ** 2], np.float32)
    if name == "away":
        return np.array(_AWAY, np.float32) * np.float32(np.sin(np.pi * gone) ** 2)
    swing = np.sin(2 * np.pi * _CYCLES_A_SECOND[name] * seconds) * (1 - gone) ** 1.2 * min(1.0, seconds / 0.08)
    return np.array([_NOD * swing, 0, 0] if name == "nod" else [0, _SHAKE * swing, 0], np.float32)
