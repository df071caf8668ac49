"""What eyes do by themselves: glances, saccades, drift, blinks. A pure function of time, what the person does, and a seed.

Numbers: gaze at the partner 41 % of the time speaking and 75 % listening, glances of about 3 s (Argyle 1972); away as an
utterance begins, back as it ends (Kendon 1967); saccades 2.2 ms a degree plus 21 ms (Bahill 1975); drift and small saccades
within a fixation (Martinez-Conde 2004). Blinks: `avatar.life.blinks`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.life import blinks
from avatar.life.blinks import AS_PEOPLE, BLOCK, Dials, Person, Role
from avatar.rig.layout import EYES_SIZE

_FIXATION_MEDIAN, _FIXATION_SPREAD = 1.4, 0.5  # s, log-normal
_AT_PARTNER: Final = {Role.SPEAKING: 0.45, Role.LISTENING: 0.66, Role.RESTING: 0.45}  # as each fixation begins
_AWAY_AT_BEGINNING, _BACK_AT_END = 0.75, 0.93
_GRID: Final = 0.2  # s between looks at what the person does
_PAUSE: Final = 0.8  # s of silence before what counts as a new utterance
_ENDED: Final = 0.2  # s of silence after what counts as its end
_HELD: Final = 0.8  # s for which a change of role decides the gaze
_REACH: Final = 2.5  # s back that changes are looked for
_SACCADE_BASE, _SACCADE_PER_DEGREE = 0.021, 0.0022
_BLINK_AT_END, _BLINK_WITH_SHIFT, _LARGE_SHIFT = 0.5, 0.4, np.radians(15)
_BLINK_DELAY: Final = 0.12  # s after the end of a turn
_SMALL_SECONDS, _SMALL_SACCADE, _DRIFT = 0.6, 0.004, 0.0025  # s, rad, rad
_UNREST, _EFFORT = 0.035, 0.10  # of the pupils' width
_FURTHEST: Final = 0.60  # rad that eyes turn at most
Point = NDArray[np.float64]


@dataclass(frozen=True)
class _Fixation:
    """A gaze that begins at a moment (s); target: (yaw, pitch) rad relative to the partner; ends: a turn has just ended."""

    begin: float
    target: Point
    draw: float
    ends: bool = False


@lru_cache(maxsize=64)
def _fixations(seed: int, block: int) -> NDArray[np.float64]:
    """Return rows (start s, draw 0-1 against the share at the partner, yaw, pitch away in rad, draw) of a block."""
    rng = np.random.default_rng((seed, 2, block + 2**31))
    gaps = rng.lognormal(np.log(_FIXATION_MEDIAN), _FIXATION_SPREAD, 96)
    starts = block * BLOCK + np.r_[0.0, np.cumsum(gaps)]
    starts = starts[starts < (block + 1) * BLOCK]
    count = len(starts)
    yaw = rng.choice([-1.0, 1.0], count) * rng.uniform(0.10, 0.32, count)
    return np.stack([starts, rng.random(count), yaw, rng.normal(0.02, 0.10, count), rng.random(count)], 1)


def _row(row: NDArray[np.float64], person: Person, dials: Dials) -> _Fixation:
    at_partner = row[1] < dials.contact * _AT_PARTNER[person.role(float(row[0]))]
    return _Fixation(float(row[0]), np.zeros(2) if at_partner else dials.roaming * row[2:4], float(row[4]))


def _changes(first: float, time: float, seed: int, person: Person, dials: Dials) -> list[_Fixation]:
    """Return the fixations with which utterances that begin or end between two moments (s) are met."""
    begin, end = int(np.ceil(first / _GRID)), int(np.floor(time / _GRID))
    before, after = round(_PAUSE / _GRID), round(_ENDED / _GRID)
    spoke = [person.speaking(k * _GRID) for k in range(begin - before, end + 1)]
    found = []
    for index in range(before, len(spoke)):
        begins = spoke[index] and not any(spoke[index - before : index])
        ends = spoke[index - after] and not any(spoke[index - after + 1 : index + 1])
        if begins or ends:
            number = begin - before + index
            draw, side, yaw, pitch, other = np.random.default_rng((seed, 3, number + 2**31)).random(5)
            away = dials.contact * draw < _AWAY_AT_BEGINNING if begins else draw > dials.contact * _BACK_AT_END
            aside = np.array([(1 if side < 0.5 else -1) * (0.12 + 0.2 * yaw), -0.12 + 0.2 * pitch])
            found.append(_Fixation(number * _GRID, dials.roaming * aside if away else np.zeros(2), other, ends))
    return found


def _course(time: float, seed: int, person: Person, dials: Dials) -> list[_Fixation]:
    """Return the last fixations that began before a time (s), in order; at least two."""
    block = int(np.floor(time / BLOCK))
    rows = np.concatenate([_fixations(seed, block - 1)[-3:], _fixations(seed, block)])
    last = int(np.searchsorted(rows[:, 0], time, "right"))
    chosen = [_row(row, person, dials) for row in rows[max(0, last - 3) : last]]
    changed = _changes(max(chosen[-1].begin - _HELD, time - _REACH), time, seed, person, dials)
    kept = [f for f in chosen if not any(0 <= f.begin - c.begin < _HELD for c in changed)]
    return sorted(kept + changed, key=lambda fixation: fixation.begin) or chosen


def _wander(time: float, seed: int) -> Point:
    """Return how far drift and small saccades carry the gaze (yaw, pitch) rad within a fixation."""
    step, gone = divmod(time / _SMALL_SECONDS, 1.0)
    here, before = (_small(seed, int(step) - back) for back in (0, 1))
    share = min(1.0, gone * _SMALL_SECONDS / 0.025)
    drift = _DRIFT * np.array([np.sin(1.7 * time + seed), np.sin(2.3 * time + 2 * seed)])
    return np.asarray(before + (here - before) * share + drift)


@lru_cache(maxsize=256)
def _small(seed: int, step: int) -> Point:
    return np.random.default_rng((seed, 4, step + 2**31)).normal(0, _SMALL_SACCADE, 2)


def pupils_at(time: float, person: Person, seed: int) -> float:
    """Return how wide the pupils are at a time (s), 1 at rest: they are never still, and wider with what is being said.

    The unrest (hippus) is slow, under 0.5 Hz (Stark 1958); speaking widens pupils a little (Kahneman & Beatty 1966).
    """
    unrest = np.sin(0.9 * time + seed) + 0.7 * np.sin(2.1 * time + 2.3 * seed) + 0.4 * np.sin(3.0 * time + 0.7 * seed)
    effort = np.mean([person.speaking(time - back) for back in (0.4, 0.8, 1.2, 1.6)])
    return float(1.0 + _UNREST * unrest + _EFFORT * effort)


def eyes_at(
    time: float, person: Person, seed: int, partner: tuple[float, float] = (0.0, 0.0), dials: Dials = AS_PEOPLE
) -> NDArray[np.float32]:
    """Return the eye layer [6] at a time (s).

    person: whose head it is; what they do is asked up to `time`. partner is where the partner is seen, (yaw, pitch)
    in rad relative to straight ahead of the head.
    """
    course = _course(time, seed, person, dials)
    here, before = course[-1], course[-2] if len(course) > 1 else course[-1]
    jump = float(np.linalg.norm(here.target - before.target))
    share = np.clip((time - here.begin) / (_SACCADE_BASE + _SACCADE_PER_DEGREE * np.degrees(jump)), 0, 1)
    gaze = before.target + (here.target - before.target) * share * share * (3 - 2 * share)
    yaw, pitch = np.clip(gaze + _wander(time, seed) + partner, -_FURTHEST, _FURTHEST)
    began = blinks.starts(time, seed, person, dials)
    if here.ends and here.draw < dials.blinks * _BLINK_AT_END:
        began.append(here.begin + _BLINK_DELAY)
    elif jump > _LARGE_SHIFT and here.draw < dials.blinks * _BLINK_WITH_SHIFT:
        began.append(here.begin)
    result = np.zeros(EYES_SIZE, np.float32)
    result[:4] = yaw, pitch, yaw, pitch
    result[4:] = max((blinks.closure(time - at) for at in began), default=0.0)
    return result
