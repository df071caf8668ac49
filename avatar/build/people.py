"""Who the bundled heads are: identity, paint and hair of each."""

from typing import Final

from avatar.build import paint
from avatar.build.hair import Style
from avatar.build.makehuman import Identity

_FRIENDLY: Final = {"mouthSmileLeft": 0.16, "mouthSmileRight": 0.16, "cheekSquintLeft": 0.10, "cheekSquintRight": 0.10}


PEOPLE: Final[dict[str, tuple[Identity, paint.Paint, Style]]] = {
    "mira": (
        Identity(
            gender=0.0, age=27, ethnicity=(0.75, 0.05, 0.2),
            details={
                "head/head-oval": 0.4, "mouth/mouth-upperlip-volume-incr": 0.25,
                "mouth/mouth-lowerlip-volume-incr": 0.3, "mouth/mouth-angles-up": 0.35,
            },
            units=_FRIENDLY | {"jawOpen": -0.024},
        ),
        paint.Paint(
            tone=(216, 164, 137), lips=(186, 98, 92), brow=(70, 46, 30), hair=(88, 56, 34), iris=(84, 100, 70),
            shirt=(46, 96, 104), brow_thickness=0.72, brow_arch=0.6, redness=1.0, makeup=0.7,
        ),
        Style(top=0.009, sides=0.005, pole=(0, 0.25, -1.0), bun=0.030, clumps=0.12),
    ),
    "theo": (
        Identity(
            gender=1.0, age=31, ethnicity=(0.85, 0.15, 0.0),
            details={"head/head-square": 0.2, "nose/nose-hump-incr": 0.2, "mouth/mouth-angles-up": 0.2},
            units=_FRIENDLY | {"jawOpen": -0.030, "eyeWideLeft": 0.25, "eyeWideRight": 0.25},
        ),
        paint.Paint(
            tone=(196, 143, 114), lips=(168, 96, 84), brow=(48, 34, 25), hair=(52, 37, 27), iris=(88, 58, 32),
            shirt=(70, 62, 92), stubble=0.5, redness=0.9,
        ),
        Style(top=0.022, sides=0.007, pole=(0, 0.9, -0.55), bun=0.0, clumps=0.13),
    ),
    "amara": (
        Identity(
            gender=0.0, age=29, ethnicity=(0.0, 1.0, 0.0),
            details={"head/head-oval": 0.3, "mouth/mouth-angles-up": 0.3},
            units=_FRIENDLY | {"jawOpen": -0.020},
        ),
        paint.Paint(
            tone=(128, 82, 58), lips=(128, 64, 62), brow=(26, 20, 17), hair=(34, 26, 22), iris=(62, 38, 22),
            shirt=(196, 122, 48), brow_thickness=0.8, brow_arch=0.5, redness=0.6, makeup=0.6,
        ),
        Style(top=0.042, sides=0.036, pole=(0, 0.8, -0.6), bun=0.0, clumps=0.16),
    ),
    "kwame": (
        Identity(
            gender=1.0, age=36, ethnicity=(0.0, 1.0, 0.0),
            details={"head/head-square": 0.25, "mouth/mouth-angles-up": 0.25}, units=_FRIENDLY | {"jawOpen": -0.024},
        ),
        paint.Paint(
            tone=(98, 62, 44), lips=(104, 62, 56), brow=(22, 17, 15), hair=(26, 21, 19), iris=(52, 32, 20),
            shirt=(66, 72, 78), stubble=0.35, redness=0.5,
        ),
        Style(top=0.006, sides=0.004, pole=(0, 0.9, -0.45), bun=0.0, clumps=0.06),
    ),
    "yuna": (
        Identity(
            gender=0.0, age=25, ethnicity=(0.0, 0.0, 1.0),
            details={"head/head-round": 0.25, "mouth/mouth-angles-up": 0.35}, units=_FRIENDLY | {"jawOpen": -0.024},
        ),
        paint.Paint(
            tone=(212, 164, 132), lips=(186, 96, 94), brow=(44, 34, 30), hair=(30, 24, 23), iris=(58, 38, 26),
            shirt=(150, 52, 78), brow_thickness=0.7, brow_arch=0.35, redness=0.9, makeup=0.7,
        ),
        Style(top=0.011, sides=0.007, pole=(0, 0.3, -1.0), bun=0.034, clumps=0.10),
    ),
    "ken": (
        Identity(
            gender=1.0, age=41, ethnicity=(0.05, 0.0, 0.95),
            details={"head/head-square": 0.2, "mouth/mouth-angles-up": 0.25}, units=_FRIENDLY | {"jawOpen": -0.026},
        ),
        paint.Paint(
            tone=(190, 142, 110), lips=(156, 94, 82), brow=(30, 24, 21), hair=(28, 23, 21), iris=(56, 36, 24),
            shirt=(92, 108, 88), stubble=0.25, redness=0.8,
        ),
        Style(top=0.026, sides=0.008, pole=(0, 0.95, -0.4), bun=0.0, clumps=0.16),
    ),
    "ruth": (
        Identity(
            gender=0.0, age=64, ethnicity=(0.95, 0.0, 0.05),
            details={"head/head-oval": 0.3, "mouth/mouth-angles-up": 0.45}, units=_FRIENDLY | {"jawOpen": -0.030},
        ),
        paint.Paint(
            tone=(204, 156, 134), lips=(170, 98, 94), brow=(132, 116, 104), hair=(176, 170, 164), iris=(84, 112, 134),
            shirt=(104, 72, 132), brow_thickness=0.65, brow_arch=0.5, redness=1.0, makeup=0.35,
        ),
        Style(top=0.024, sides=0.018, pole=(0, 0.7, -0.8), bun=0.0, clumps=0.13),
    ),
    "omar": (
        Identity(
            gender=1.0, age=58, ethnicity=(0.6, 0.2, 0.2),
            details={"nose/nose-hump-incr": 0.3, "mouth/mouth-angles-up": 0.3}, units=_FRIENDLY | {"jawOpen": -0.026},
        ),
        paint.Paint(
            tone=(180, 128, 98), lips=(148, 88, 76), brow=(70, 62, 56), hair=(112, 106, 100), iris=(74, 56, 34),
            shirt=(52, 92, 74), stubble=0.6, redness=0.8,
        ),
        Style(top=0.016, sides=0.006, pole=(0, 0.9, -0.5), bun=0.0, clumps=0.12),
    ),
}  # fmt: skip
