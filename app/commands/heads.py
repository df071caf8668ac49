"""`heads`: one picture of every head there is in the expressions that matter, to see at a glance what is wrong."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.commands.outputs import add_overwrite, refusal, whole
from app.session.faces import bundled_looks, load_heads
from avatar.export.picture import Painter
from avatar.rig.head import Head, Pose
from avatar.rig.layout import EYES_SIZE, JAW, JAW_OPEN_RADIANS, MOTION_SIZE, SLOT

_BOTH: Final = ("Left", "Right")
# Expression weights, jaw (share of open), and eyes: gaze (yaw, pitch) rad, lids closed.
_SHOWN: Final[dict[str, tuple[dict[str, float], float, tuple[float, float], float]]] = {
    "neutral": ({}, 0.0, (0, 0), 0.0),
    "open": ({}, 0.9, (0, 0), 0.0),
    "smile": ({"mouthSmile": 0.9, "cheekSquint": 0.5}, 0.0, (0, 0), 0.0),
    "blink": ({}, 0.0, (0, 0), 1.0),
    "pucker": ({"mouthPucker": 0.9, "mouthFunnel": 0.4}, 0.1, (0, 0), 0.0),
    "f v": ({"mouthRollLower": 0.6, "mouthUpperUp": 0.34, "mouthShrugLower": 0.3}, 0.1, (0, 0), 0.0),
    "m b p": ({"mouthPress": 0.3, "mouthRollLower": 0.3, "mouthRollUpper": 0.2}, 0.0, (0, 0), 0.0),
    "gaze": ({}, 0.0, (0.4, 0.25), 0.0),
}  # fmt: skip
_DRAWN: Final = (640, 480)
_CUT: Final = (185, 95, 455, 365)  # of the picture drawn, the head
_LARGEST_CELL: Final = 1000
_MARGIN, _TITLE = 70, 24  # pixels


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("heads.png"), metavar="F.png", help="(default: heads.png)"
    )
    add_overwrite(parser)
    parser.add_argument("--cell", type=int, default=180, metavar="PIXELS", help="size of each face (default: 180)")
    parser.add_argument("--json", action="store_true", help="print what was drawn as one line of JSON")


def run(options: argparse.Namespace) -> int:
    """Draw the sheet; return 0, or 2 where it cannot be written where it shall."""
    form = Image.registered_extensions().get(options.output.suffix.lower())
    wrong = refusal((), (options.output,), options.overwrite) or (
        "" if form in Image.SAVE else f"{options.output} is no picture: name a PNG"
    )
    if wrong or not 1 <= options.cell <= _LARGEST_CELL:
        print(wrong or f"--cell is 1 to {_LARGEST_CELL} pixels", file=sys.stderr)
        return 2
    with whole(options.output) as partial:
        sheet(bundled_looks(), options.cell).save(partial, form)
    told = {"output": str(options.output), "heads": bundled_looks(), "shown": list(_SHOWN)}
    print(json.dumps(told) if options.json else f"wrote {options.output}: {len(bundled_looks())} heads")
    return 0


def sheet(names: list[str], cell: int) -> Image.Image:
    """Return the picture: a row for each head, a column for each expression."""
    picture = Image.new("RGB", (_MARGIN + cell * len(_SHOWN), _TITLE + cell * len(names)), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(14)
    for column, title in enumerate(_SHOWN):
        pen.text((_MARGIN + column * cell + 6, 4), title, "black", font)
    for row, name in enumerate(names):
        pen.text((6, _TITLE + row * cell + cell // 2), name.title(), "black", font)
        for column, face in enumerate(_faces(load_heads((name, name))[0])):
            cut = Image.fromarray(face).crop(_CUT).resize((cell - 2, cell - 2), Image.Resampling.LANCZOS)
            picture.paste(cut, (_MARGIN + column * cell, _TITLE + row * cell))
    return picture


def _faces(head: Head) -> list[NDArray[np.uint8]]:
    with Painter([head], *_DRAWN, "viewer") as painter:
        return [painter.picture([_pose(*shown)]).copy() for shown in _SHOWN.values()]


def _pose(units: dict[str, float], jaw: float, gaze: tuple[float, float], closed: float) -> Pose:
    motion, eyes = np.zeros(MOTION_SIZE, np.float32), np.zeros(EYES_SIZE, np.float32)
    for unit, weight in units.items():
        for name in (unit,) if unit in SLOT else (unit + side for side in _BOTH):
            motion[SLOT[name]] = weight
    motion[JAW.start] = jaw * JAW_OPEN_RADIANS
    eyes[:4], eyes[4:] = (*gaze, *gaze), closed
    return Pose(motion, eyes)
