"""Nods: when a listener nods, and how. The network tells cues; what follows is a rule, so that a nod is a whole nod.

Kinematics: 2.6 to 6.5 Hz, the first cycle the largest, each one smaller (PMC7054373). When: after a cue, unless one speaks or
has just answered (Ward & Tsukahara 2000). Which cues are answered is left to the slow noise and the attitude.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.duet.timing import FRAMES_PER_SECOND

_DEGREES, _HERTZ, _DECAY, _SECONDS = 3.0, 2.8, 0.36, 0.9
_DELAY: Final = round(0.32 * FRAMES_PER_SECOND)  # frames from the cue to the nod
_REFRACTORY: Final = round(1.0 * FRAMES_PER_SECOND)
_SURE: Final = 0.0  # log-odds from which a cue is one
_ANSWERED: Final = -0.8  # of unit noise: about four cues in five
_SPEAKING, _SPEAKING_SECONDS = 0.35, 0.2
_NEVER: Final = 1_000_000
_LENGTH: Final = int(_SECONDS * FRAMES_PER_SECOND)
_TIME: Final = np.arange(_LENGTH) / FRAMES_PER_SECOND
# The head falls first: positive pitch looks down.
_NOD: Final = np.radians(_DEGREES) * np.exp(-_TIME / _DECAY) * np.sin(2 * np.pi * _HERTZ * _TIME)


@dataclass(frozen=True)
class Listening:
    """Where a listener is: how much they speak themselves (0 to 1), frames since they answered a cue, and how large that nod
    is (0: it is let pass)."""

    speaking: float = 0.0
    since: int = _NEVER
    size: float = 0.0


def nodding(
    listening: Listening, cue: NDArray[np.float32], voice: NDArray[np.float32], chance: NDArray[np.float32],
    attitude: NDArray[np.float32],
) -> tuple[NDArray[np.float32], Listening]:  # fmt: skip
    """Return pitch [T] (rad) to be added to a head, and where the listener is after it.

    cue: log-odds that the partner has just given one; voice: how much this speaker speaks, 0 to 1; chance: slow noise;
    attitude: -1 to 1; each [T].
    """
    pitch = np.zeros(len(cue), np.float32)
    speaking, since, size = listening.speaking, listening.since, listening.size
    keep = float(np.exp(-1 / (_SPEAKING_SECONDS * FRAMES_PER_SECOND)))
    frames = zip(cue.tolist(), voice.tolist(), chance.tolist(), attitude.tolist(), strict=True)
    for t, (odds, own, luck, mood) in enumerate(frames):
        speaking = keep * speaking + (1 - keep) * min(1.0, max(0.0, own))
        since = min(since + 1, _NEVER)
        if odds > _SURE and since > _REFRACTORY:
            answered = speaking < _SPEAKING and luck > _ANSWERED - 0.7 * mood
            since, size = 0, (0.85 + 0.2 * min(2.0, max(-1.0, luck))) * (1 + 0.25 * mood) if answered else 0.0
        if 0 <= since - _DELAY < _LENGTH:
            pitch[t] = size * _NOD[since - _DELAY]
    return pitch, Listening(speaking, since, size)
