"""The fields of a bundled head: 50 expression slots by name, and six of the lids. Knows MakeHuman's units, no mesh layout."""

from typing import Final

import numpy as np

from avatar.build.makehuman import Array, MakeHuman
from avatar.rig.layout import EXPRESSION_NAMES

LID_FIELDS: Final = (
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookUpLeft", "eyeLookUpRight",
)  # fmt: skip

# From a comparison with a scan-based rig of the same units.
_GAIN: Final = {
    "noseSneerLeft": 1.8, "noseSneerRight": 1.8, "mouthRollLower": 1.35, "mouthShrugLower": 1.4,
    "browOuterUpLeft": 1.6, "browOuterUpRight": 1.6, "browInnerUp": 1.4, "mouthUpperUpLeft": 1.3,
    "mouthUpperUpRight": 1.3, "mouthPressLeft": 0.6, "mouthPressRight": 0.6,
}  # fmt: skip
# Fields whose middle of the lower lip comes to a point: smoothed there, across (dm).
_POINTED: Final = ("jawOpen", "mouthFunnel", "mouthLowerDownLeft", "mouthLowerDownRight")


def smooth_lower_lip(source: MakeHuman, displacement: Array) -> Array:
    """Return the displacement [19158, 3] with its vertical part averaged across the middle of the lower lip."""
    places = source.vertices
    middle = source.joint("mouth", places)
    near = (np.abs(places[:, 0]) < 0.22) & (np.abs(places[:, 1] - middle[1]) < 0.30) & (places[:, 2] > middle[2] + 0.2)
    moved = np.flatnonzero(near & (displacement[:, 1] < -1e-3))
    result = displacement.copy()
    for i in moved:
        gap = (places[moved] - places[i]) / [0.10, 0.035, 0.05]
        weight = np.exp(-0.5 * (gap**2).sum(1))
        share = np.exp(-0.5 * (places[i, 0] / 0.10) ** 2)
        average = (weight * displacement[moved, 1]).sum() / weight.sum()
        result[i, 1] += share * (average - displacement[i, 1])
    return result


def _side(source: MakeHuman, displacement: Array, side: str) -> Array:
    x = source.vertices[:, :1] * (1 if side == "Left" else -1)
    result: Array = displacement * np.clip(0.5 + x / 0.2, 0, 1)
    return result


def unit(source: MakeHuman, name: str) -> Array:
    """Return a face unit's displacement [19158, 3], repaired and at full strength."""
    displacement = np.asarray(source.units[name] * _GAIN.get(name, 1.0), float)
    if name in _POINTED:
        displacement = smooth_lower_lip(source, displacement)
    return np.asarray(displacement, float)


def _made(source: MakeHuman, name: str) -> Array:
    """Return the slots that no face unit gives."""
    if name.startswith("nostrilFlare"):
        return _side(source, source.target("nose/nose-flaring-incr") * 0.8, name.removeprefix("nostrilFlare"))
    if name == "mouthCornerSeal":
        x = np.abs(source.vertices[:, :1])
        result: Array = unit(source, "mouthClose") * np.clip((x - 0.10) / 0.12, 0, 1)
        return result
    if name == "lowerLipSmooth":
        smoothed: Array = smooth_lower_lip(source, source.units["jawOpen"]) - source.units["jawOpen"]
        return smoothed
    if name == "lipsPart":
        parts = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
        parted: Array = np.sum([0.35 * unit(source, part) for part in parts], 0)
        return parted
    if name.startswith("tongue"):
        return np.zeros_like(source.vertices)  # `tongue_field` shapes the tongue itself
    raise ValueError(f"no recipe for the expression slot {name}")


def expression_field(source: MakeHuman, name: str) -> Array:
    """Return the displacement [19158, 3] (dm) of a named slot on MakeHuman's vertices."""
    if name not in EXPRESSION_NAMES:
        raise ValueError(f"{name} is no expression slot")
    return unit(source, name) if name in source.units else _made(source, name)


def tongue_field(tongue: Array, name: str) -> Array:
    """Return how a slot shapes the resting tongue's vertices [T, 3] (dm); the tip bends and thins, the root stays."""
    back, front = tongue[:, 2].min(), tongue[:, 2].max()
    along = np.clip((tongue[:, 2:] - back) / (front - back), 0, 1)
    tip = np.clip((along - 0.45) / 0.55, 0, 1) ** 1.5
    hump = np.exp(-0.5 * ((along - 0.35) / 0.18) ** 2)
    front = tongue[tongue[:, 2] > front - 0.05]
    thin = tip * [0, 1, 0] * (front[:, 1].mean() - tongue[:, 1:2])  # what makes the tip flat
    moves = {
        "tongueTh": tip * [0, 0.138, 0.20]
        + 0.8 * thin,  # beyond the edges of the teeth, which are 13 mm ahead of its tip
        "tongueL": tip * [0, 0.125, 0.065] + 0.5 * thin,  # the tip against the gum behind the upper teeth
        "tongueN": tip * [0, 0.105, 0.055] + 0.3 * thin + 0.3 * hump * [0, 0.06, 0],
        "tongueBack": hump * [0, 0.12, -0.03],
        "tongueLeft": tip * [0.10, 0.02, 0.03],
        "tongueRight": tip * [-0.10, 0.02, 0.03],
    }
    result: Array = np.asarray(moves.get(name, np.zeros_like(tongue)), float)
    return result
