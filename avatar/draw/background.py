"""What is behind the heads: a studio's gradient, or one colour, such as the green that streaming software takes out."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.draw.picture_file import read_picture

_LARGEST: Final = 2560  # pixels of a picture's longer side; what is larger is made smaller
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Background:
    """Colours (linear light) at the top and the bottom of the picture; flat: the same everywhere, with no glow.

    opaque: else only the heads are drawn, and the rest is transparent; picture: [H, W, 3] sRGB, instead of the colours, and
    source: the file that it is from.
    """

    top: Colour
    bottom: Colour
    flat: bool = False
    opaque: bool = True
    picture: NDArray[np.uint8] | None = field(default=None, compare=False)
    source: Path | None = field(default=None, compare=False)


BACKGROUNDS: Final = {
    "studio": Background((0.030, 0.037, 0.052), (0.008, 0.010, 0.016)),
    "bright": Background((0.52, 0.55, 0.60), (0.26, 0.28, 0.32)),
    "warm": Background((0.20, 0.13, 0.085), (0.055, 0.034, 0.022)),
    "green": Background((0.0, 1.0, 0.0), (0.0, 1.0, 0.0), flat=True),
    "black": Background((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), flat=True),
    "transparent": Background((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), flat=True, opaque=False),
}


def background_of(text: str) -> Background:
    """Return a background by name, of one colour as #rrggbb, or a picture's file; raise ValueError for any other text."""
    if text in BACKGROUNDS:
        return BACKGROUNDS[text]
    if Path(text).is_file():
        return _picture(Path(text))
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(
            f"{text!r} is no background: choose one of {', '.join(BACKGROUNDS)}, write a colour as #rrggbb, or "
            "name the file of a picture"
        )
    # The shaders show the square root of light.
    red, green, blue = ((int(text[at : at + 2], 16) / 255) ** 2 for at in (1, 3, 5))
    return Background((red, green, blue), (red, green, blue), flat=True)


def _picture(path: Path) -> Background:
    pixels = np.asarray(read_picture(path, "RGB", _LARGEST)).copy()
    return Background((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), flat=True, picture=pixels, source=path)
