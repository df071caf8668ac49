"""How finely heads are drawn: three tiers, which of them a graphics card begins with, and which it can afford."""

from dataclasses import dataclass
from typing import Final

SOFTWARE_RENDERERS: Final = (
    "llvmpipe",
    "softpipe",
    "swrast",
    "software",
    "swiftshader",
    "basic render",
    "d3d12 (microsoft",
)
# Names of graphics that share the processor's memory: they begin in the middle and rise where they prove fast.
_SHARED: Final = (
    "intel",
    "uhd",
    "iris",
    "mali",
    "adreno",
    "videocore",
    "apple",
    "radeon(tm) graphics",
    "radeon graphics",
)
_TOO_SLOW: Final = (
    0.009  # s of the card's time for a frame, above which a tier is given up: 60 frames/s and some to spare
)
_FAST: Final = 0.0015  # below which a finer one, which costs some four times as much, is tried


@dataclass(frozen=True)
class Tier:
    """Samples of a pixel, whether it has the fine shaders, its shadow map's size (pixels, 0 for none), layers of hair."""

    name: str
    samples: int
    fine: bool
    shadow: int
    hair_layers: int
    anisotropy: float
    frames_per_second: int  # at most, 0 for as the display: software GL shares its processor with model and sound


TIERS: Final = {
    "light": Tier("light", 0, False, 0, 1, 1.0, 30),
    "standard": Tier("standard", 4, False, 0, 1, 8.0, 0),
    "high": Tier("high", 4, True, 2048, 14, 16.0, 0),
}
QUALITIES: Final = ("auto", *TIERS)


def tier_of(renderer: str, quality: str = "auto") -> Tier:
    """Return the tier asked for (of `QUALITIES`), or with "auto" the one that a GL renderer of this name begins with."""
    if quality != "auto":
        return TIERS[quality]
    if is_software(renderer):
        return TIERS["light"]
    return TIERS["standard" if any(known in renderer.lower() for known in _SHARED) else "high"]


def is_software(renderer: str) -> bool:
    """Tell whether a GL renderer of this name draws on the processor."""
    return any(known in renderer.lower() for known in SOFTWARE_RENDERERS)


def affordable(tier: Tier, seconds: float, given_up: frozenset[str] = frozenset()) -> Tier:
    """Return the tier to go on with where a frame of `tier` takes the card so many seconds; `given_up` is not tried again."""
    if tier.name == "light":
        return tier  # software, or a card that could not do more
    if seconds > _TOO_SLOW:
        return TIERS["standard" if tier.name == "high" else "light"]
    if seconds < _FAST and tier.name == "standard" and "high" not in given_up:
        return TIERS["high"]
    return tier
