"""What eyes do by themselves: blinks, glances, saccades, drift. A pure function of time, role and seed.

Numbers: blinks 26 a minute in conversation (Bentivoglio 1997) with log-normal gaps; gaze at the partner 41 % of the
time speaking and 75 % listening, glances of about 3 s (Argyle 1972); saccades 2.2 ms a degree plus 21 ms
(Bahill 1975).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.layout import EYES_SIZE

# Time is cut in blocks, each with its own random draws, so that any moment can be asked for alone.
_BLOCK: Final = 30.0
_BLINK_GAP_MEDIAN, _BLINK_GAP_SPREAD = 1.95, 0.55  # s, log-normal: mean 2.27 s, 26 a minute
_BLINK_CLOSE, _BLINK_OPEN = 0.075, 0.15  # s: a lid falls faster than it rises
_FIXATION_MEDIAN, _FIXATION_SPREAD = 1.5, 0.5
_AT_PARTNER_SPEAKING, _AT_PARTNER_LISTENING = 0.41, 0.75
_SACCADE_BASE, _SACCADE_PER_DEGREE = 0.021, 0.0022


@lru_cache(maxsize=64)
def _blinks(seed: int, block: int) -> NDArray[np.float64]:
    """Return the start times (s) of the blinks of a block, in order."""
    rng = np.random.default_rng((seed, 1, block + 2**31))
    gaps = rng.lognormal(np.log(_BLINK_GAP_MEDIAN), _BLINK_GAP_SPREAD, 64)
    times = block * _BLOCK + np.cumsum(gaps) - gaps[0] * rng.random()
    result: NDArray[np.float64] = times[times < (block + 1) * _BLOCK - 0.3]
    return result


@lru_cache(maxsize=64)
def _fixations(seed: int, block: int) -> NDArray[np.float64]:
    """Return rows (start s, draw 0-1 against the share at the partner, yaw, pitch away in rad) of a block."""
    rng = np.random.default_rng((seed, 2, block + 2**31))
    gaps = rng.lognormal(np.log(_FIXATION_MEDIAN), _FIXATION_SPREAD, 96)
    starts = block * _BLOCK + np.r_[0.0, np.cumsum(gaps)]
    starts = starts[starts < (block + 1) * _BLOCK]
    count = len(starts)
    yaw = rng.choice([-1.0, 1.0], count) * rng.uniform(0.10, 0.32, count)
    pitch = rng.normal(0.02, 0.10, count)
    return np.stack([starts, rng.random(count), yaw, pitch], 1)


def _lid_closure(time: float, seed: int) -> float:
    """Return how far the lids are closed (0-1) by blinking at a time (s)."""
    closed = 0.0
    block = int(np.floor(time / _BLOCK))
    for part in (block - 1, block):
        phase = time - _blinks(seed, part)
        for since in phase[(phase >= 0) & (phase < _BLINK_CLOSE + _BLINK_OPEN)]:
            if since < _BLINK_CLOSE:
                level = 0.5 - 0.5 * np.cos(np.pi * since / _BLINK_CLOSE)
            else:
                level = 0.5 + 0.5 * np.cos(np.pi * (since - _BLINK_CLOSE) / _BLINK_OPEN)
            closed = max(closed, float(level))
    return closed


def _target(row: NDArray[np.float64], speaking: Callable[[float], bool]) -> NDArray[np.float64]:
    """Return where a fixation looks relative to the partner, (yaw, pitch) in rad."""
    share = _AT_PARTNER_SPEAKING if speaking(float(row[0])) else _AT_PARTNER_LISTENING
    return np.zeros(2) if row[1] < share else row[2:4]


def eyes_at(
    time: float, speaking: Callable[[float], bool], seed: int, partner: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float32]:
    """Return the eye layer [6] at a time (s).

    speaking(t) tells whether this head's person was speaking at t; partner is where the partner is seen, (yaw,
    pitch) in rad relative to straight ahead of the head.
    """
    block = int(np.floor(time / _BLOCK))
    rows = np.concatenate([_fixations(seed, block - 1)[-1:], _fixations(seed, block)])
    index = int(np.searchsorted(rows[:, 0], time, "right")) - 1
    target = _target(rows[index], speaking)
    before = _target(rows[index - 1], speaking) if index else target
    jump = np.degrees(np.linalg.norm(target - before))
    progress = np.clip((time - rows[index, 0]) / (_SACCADE_BASE + _SACCADE_PER_DEGREE * jump), 0, 1)
    gaze = before + (target - before) * progress * progress * (3 - 2 * progress)
    drift = 0.004 * np.array([np.sin(1.7 * time + seed), np.sin(2.3 * time + 2 * seed)])
    yaw, pitch = gaze + drift + partner
    result = np.zeros(EYES_SIZE, np.float32)
    result[:4] = yaw, pitch, yaw, pitch
    result[4:] = _lid_closure(time, seed)
    return result
