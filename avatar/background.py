"""What is behind the heads: a studio's gradient, or one colour, such as the green that streaming software takes out."""

import re
from dataclasses import dataclass
from typing import Final

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Background:
    """Colours (linear light) at the top and the bottom of the picture; flat: the same everywhere, with no glow."""

    top: Colour
    bottom: Colour
    flat: bool = False


BACKGROUNDS: Final = {
    "studio": Background((0.030, 0.037, 0.052), (0.008, 0.010, 0.016)),
    "bright": Background((0.52, 0.55, 0.60), (0.26, 0.28, 0.32)),
    "warm": Background((0.20, 0.13, 0.085), (0.055, 0.034, 0.022)),
    "green": Background((0.0, 1.0, 0.0), (0.0, 1.0, 0.0), flat=True),
    "black": Background((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), flat=True),
}


def background_of(text: str) -> Background:
    """Return a background by name, or of one colour written as #rrggbb; raise ValueError for any other text."""
    if text in BACKGROUNDS:
        return BACKGROUNDS[text]
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(
            f"{text!r} is no background: choose one of {', '.join(BACKGROUNDS)}, or write a colour as #rrggbb"
        )
    # The shaders show the square root of light.
    red, green, blue = ((int(text[at : at + 2], 16) / 255) ** 2 for at in (1, 3, 5))
    return Background((red, green, blue), (red, green, blue), flat=True)
