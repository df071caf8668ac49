"""When eyes blink and how the lids move in it: a pure function of time, what the person does, and a seed.

Numbers: 26 blinks a minute in conversation, 17 at rest (Bentivoglio 1997), log-normal gaps; more as a turn ends (Cummins 2012)
and with large shifts of gaze (Evinger 1994); half closed for 100 to 130 ms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Role(Enum):
    """What a person does at a moment; resting: nobody has spoken for a while."""

    SPEAKING = 1
    LISTENING = 2
    RESTING = 3


@dataclass(frozen=True)
class Person:
    """What a person did, at any time (s) up to now: whether they spoke; whether nobody had spoken for a while."""

    speaking: Callable[[float], bool]
    resting: Callable[[float], bool] = lambda _: False

    def role(self, time: float) -> Role:
        """Return what they did at a time (s)."""
        if self.speaking(time):
            return Role.SPEAKING
        return Role.RESTING if self.resting(time) else Role.LISTENING


@dataclass(frozen=True)
class Dials:
    """What somebody's eyes do more or less than people's in the mean: blinks and looks at the partner as many times as often,
    glances as many times as far."""

    blinks: float = 1.0
    contact: float = 1.0
    roaming: float = 1.0


AS_PEOPLE: Final = Dials()


# Time is cut in blocks, each with its own random draws, so that any moment can be asked for alone.
BLOCK: Final = 30.0
_GAP_MEDIAN, _GAP_SPREAD = 2.6, 0.55  # s, log-normal: with what turns and glances add, 26 a minute
_RAREST: Final = 0.05  # times as often as people
_AT_REST: Final = 0.54  # of these blinks that are left at rest: 17 a minute with what glances add
CLOSING, OPENING = 0.075, 0.15  # s: a lid falls faster than it rises


@lru_cache(maxsize=64)
def _drawn(seed: int, block: int, often: float) -> NDArray[np.float64]:
    """Return rows (start s, draw 0-1) of the blinks of a block, in order, `often` times as many as people's."""
    rng = np.random.default_rng((seed, 1, block + 2**31))
    gaps = rng.lognormal(np.log(_GAP_MEDIAN), _GAP_SPREAD, 64) / max(often, _RAREST)
    times = block * BLOCK + np.cumsum(gaps) - gaps[0] * rng.random()
    rows = np.stack([times, rng.random(64)], 1)
    result: NDArray[np.float64] = rows[times < (block + 1) * BLOCK - 0.3]
    return result


def starts(time: float, seed: int, person: Person, dials: Dials = AS_PEOPLE) -> list[float]:
    """Return when the blinks that can still show at a time (s) began, but for those that something else causes."""
    block = int(np.floor(time / BLOCK))
    rows = np.concatenate([_drawn(seed, block - 1, dials.blinks), _drawn(seed, block, dials.blinks)])
    near = rows[(rows[:, 0] <= time) & (rows[:, 0] > time - CLOSING - OPENING)]
    return [float(at) for at, draw in near if draw < _AT_REST or person.role(float(at)) is not Role.RESTING]


def closure(since: float) -> float:
    """Return how far the lids are closed (0-1) so long (s) after a blink began."""
    if not 0 <= since < CLOSING + OPENING:
        return 0.0
    if since < CLOSING:
        return float(0.5 - 0.5 * np.cos(np.pi * since / CLOSING))
    return float(0.5 + 0.5 * np.cos(np.pi * (since - CLOSING) / OPENING))
