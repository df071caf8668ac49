"""What a mouth does, in twelve channels that sound decides, and the face that shows it.

Training knows the channels from phones; `decode` turns them into the 56 slots of `avatar.rig.layout`.
"""

from typing import Final

import torch
from torch import Tensor

from avatar.rig.layout import EXPRESSION, JAW, JAW_OPEN_RADIANS, MOTION_SIZE, SLOT

# tongue: its tip behind the teeth (t, d, n, s); dental: between them (th); lateral: l; velar: its back raised (k, g, ng).
# effort: the jaw again, scaled by how loudly the vowel is spoken.
CHANNELS: Final = (
    "jaw", "close", "round", "spread", "fv", "tongue", "raise", "voice", "effort", "dental", "lateral", "velar",
)  # fmt: skip
CHANNEL: Final = {name: index for index, name in enumerate(CHANNELS)}

# Face units that each channel moves at 1. A closure seals what the jaw's angle would part.
_FACE: Final[dict[str, dict[str, float]]] = {
    "close": {"mouthRollLower": 0.26, "mouthRollUpper": 0.18, "mouthPressLeft": 0.22, "mouthPressRight": 0.22},
    "round": {"mouthPucker": 0.90, "mouthFunnel": 0.50},
    "spread": {
        "mouthStretchLeft": 0.30, "mouthStretchRight": 0.30, "mouthSmileLeft": 0.10, "mouthSmileRight": 0.10,
        "mouthDimpleLeft": 0.16, "mouthDimpleRight": 0.16, "mouthLowerDownLeft": 0.10, "mouthLowerDownRight": 0.10,
    },
    "fv": {
        "mouthRollLower": 0.62, "mouthUpperUpLeft": 0.34, "mouthUpperUpRight": 0.34, "mouthShrugLower": 0.30,
    },
    "tongue": {"tongueN": 0.8},
    "dental": {"tongueTh": 1.0},
    "lateral": {"tongueL": 1.0},
    "velar": {"tongueBack": 0.8},
    "raise": {
        "mouthUpperUpLeft": 0.24, "mouthUpperUpRight": 0.24, "mouthLowerDownLeft": 0.30,
        "mouthLowerDownRight": 0.30, "mouthFunnel": 0.22, "noseSneerLeft": 0.05, "noseSneerRight": 0.05,
    },
    "effort": {
        "mouthLowerDownLeft": 0.16, "mouthLowerDownRight": 0.16, "mouthUpperUpLeft": 0.10, "mouthUpperUpRight": 0.10,
    },
}  # fmt: skip
JAW_RADIANS_AT_FULL: Final = 0.28
_OPEN_BEHIND: Final = 0.6  # of the jaw's opening that stays behind sealed lips
# Training shrinks short closures: lips begin to seal at the first of these levels and are sealed at the second.
# A pause leaves 0.45 in the channel, where lips simply touch.
_SEALING, _SEALED = 0.44, 0.68


# Training also shrinks what is rare or hardly heard: a channel's face is shown from the first number on, so many times.
_SHOWN_FROM: Final = {
    "dental": (0.06, 3.5),
    "velar": (0.06, 2.5),
    "lateral": (0.05, 1.5),
    "tongue": (0.0, 1.3),
    "round": (0.0, 1.3),
}
# What a closure takes from other channels: all of some, a share of others.
_TAKEN_BY_CLOSURE: Final = {"close": 1.0, "effort": 1.0, "raise": 1.0, "spread": 0.6, "fv": 0.8}


def _basis() -> Tensor:
    basis = torch.zeros(len(CHANNELS), MOTION_SIZE)
    for channel, units in _FACE.items():
        for name, weight in units.items():
            basis[CHANNEL[channel], SLOT[name]] = weight
    basis[CHANNEL["effort"], JAW.start] = JAW_RADIANS_AT_FULL
    return basis


def _behind() -> Tensor:
    """What a sealed mouth moves [56] for each radian of jaw: lips meet over an open jaw."""
    behind = torch.zeros(MOTION_SIZE)
    behind[JAW.start] = _OPEN_BEHIND
    behind[SLOT["mouthClose"]] = _OPEN_BEHIND / JAW_OPEN_RADIANS  # undoes the opening that closure has not taken
    return behind


BASIS: Final = _basis()
_BEHIND: Final = _behind()
_TAKEN: Final = torch.tensor([_TAKEN_BY_CLOSURE.get(name, 0.0) for name in CHANNELS])
_FROM, _TIMES = (torch.tensor([_SHOWN_FROM.get(name, (0.0, 1.0))[k] for name in CHANNELS]) for k in (0, 1))
_CLOSE: Final = torch.tensor([float(name == "close") for name in CHANNELS])


def decode(channels: Tensor) -> Tensor:
    """Return motion [..., 56] (neck zero) of articulation [..., 12]; expression weights stay in 0 to 1."""
    level = ((channels - _FROM.to(channels)) * _TIMES.to(channels)).clamp(0.0, 1.2)
    closure = ((level[..., CHANNEL["close"]] - _SEALING) / (_SEALED - _SEALING)).clamp(0.0, 1.0)
    closure = (closure * closure * (3 - 2 * closure))[..., None]
    level = level * (1 - _TAKEN.to(level) * closure) * (1 - _CLOSE.to(level)) + _CLOSE.to(level) * closure
    sealed = channels[..., CHANNEL["jaw"], None].clamp(0.0, 1.2) * JAW_RADIANS_AT_FULL * closure
    return within_bounds(level @ BASIS.to(level) + sealed * _BEHIND.to(level))


def within_bounds(motion: Tensor) -> Tensor:
    """Return motion [..., 56] whose expression weights lie between 0 and 1."""
    return torch.cat([motion[..., EXPRESSION].clamp(0.0, 1.0), motion[..., EXPRESSION.stop :]], -1)
