"""Articulation and manner put together to one face's motion: no two sides alike, as expressive as is asked."""

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from torch import Tensor

from avatar.rig.layout import EXPRESSION_NAMES, MOTION_SIZE, NECK, SLOT
from inference.duet.articulation import CHANNEL, CHANNELS, decode, within_bounds
from inference.duet.network import MANNER_UNITS
from inference.motion.model import Conditions

_PAIRED: Final = tuple(unit for unit in MANNER_UNITS if f"{unit}Left" in SLOT)
# Expressiveness of the mouth moves these; closures and the tongue stay what the sound needs.
_SCALED: Final = ("jaw", "effort", "round", "spread", "raise")
_BIAS, _SWAY, _MOST = 0.08, 0.06, 0.25  # by which one side does more: of a person, now and then, at most
_MOOD: Final = 7  # channel of the slow noise
_SMILE_IN_ROUNDING: Final = 0.5  # of a smile that rounded lips take away


def _manner_map() -> Tensor:
    """A matrix [MANNER_SIZE, 56] from manner to motion: the neck's angles, and each unit's left and right."""
    matrix = torch.zeros(3 + len(MANNER_UNITS), MOTION_SIZE)
    matrix[torch.arange(3), torch.arange(NECK.start, NECK.stop)] = 1.0
    for row, unit in enumerate(MANNER_UNITS, start=3):
        for name in (f"{unit}Left", f"{unit}Right") if unit in _PAIRED else (unit,):
            matrix[row, SLOT[name]] = 1.0
    return matrix


def _sides() -> Tensor:
    """1 for the left units, -1 for the right ones, 0 for the rest [56]."""
    sides = torch.zeros(MOTION_SIZE)
    for index, name in enumerate(EXPRESSION_NAMES):
        sides[index] = name.endswith("Left") - name.endswith("Right")
    return sides


_MANNER: Final = _manner_map()
_SIDES: Final = _sides()
_SMILE: Final = torch.tensor([0.0] * 3 + [float(unit == "mouthSmile") for unit in MANNER_UNITS])


@lru_cache(maxsize=64)
def _favoured_side(seed: int) -> float:
    return float(np.random.default_rng((seed, 11)).normal(0, _BIAS))


@lru_cache(maxsize=64)
def _gains(conditions: Conditions) -> tuple[Tensor, Tensor]:
    """Return what is asked of each channel of articulation [12], and of manner [MANNER_SIZE]."""
    mouth = torch.ones(len(CHANNELS))
    mouth[[CHANNEL[name] for name in _SCALED]] = conditions.mouth
    return mouth, torch.tensor([conditions.head] * 3 + [conditions.face] * len(MANNER_UNITS))


def compose(
    articulation: Tensor, manner: Tensor, noise: Tensor, seeds: tuple[int, ...], conditions: tuple[Conditions, ...]
) -> Tensor:
    """Return motion [B, T, 56] of articulation [B, T, 12], manner [B, T, MANNER_SIZE] and slow noise [B, T, NOISE_SIZE]."""
    mouths, faces = (
        torch.stack(parts)[:, None] for parts in zip(*(_gains(asked) for asked in conditions), strict=True)
    )
    spoken = articulation * mouths.to(articulation)
    rounded = spoken[..., CHANNEL["round"], None].clamp(0, 1) * _SMILE.to(manner)
    manner = manner * faces.to(manner) * (1 - _SMILE_IN_ROUNDING * rounded)
    motion = decode(spoken) + manner @ _MANNER.to(manner)
    bias = torch.tensor([_favoured_side(seed) for seed in seeds]).to(noise)[:, None]
    lean = (bias + _SWAY * noise[..., _MOOD]).clamp(-_MOST, _MOST)
    return within_bounds(motion * (1 + lean[..., None] * _SIDES.to(noise)))
