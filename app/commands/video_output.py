"""What the commands that write a video of heads share: how it is asked for, and the video itself."""

import argparse
import math
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from app.commands.outputs import add_overwrite
from app.session.faces import Faces, bundled_looks, load_heads, shown_by
from app.session.models import basis_warning, fitting_looks
from app.timeline.timeline import AGENT, USER
from avatar.draw.background import BACKGROUNDS, Background, background_of
from avatar.draw.camera import SHOTS
from avatar.draw.tiers import QUALITIES
from avatar.rig.basis import FLAME
from avatar.rig.head import Head
from avatar.rig.layout import DATA_SET_RATE

VIDEO_RATE: Final = DATA_SET_RATE  # the slowest model's frames, one a picture
PAN: Final = np.array([[0.75, 0.35], [0.35, 0.75]], np.float32)


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe which heads are drawn, how large and where they face."""
    looks = ", ".join((*bundled_looks(), FLAME))
    parser.add_argument(
        "--head", metavar="NAME", help=f"the first speaker's head: {looks} (default: what fits the model)"
    )
    parser.add_argument("--partner-head", metavar="NAME", help="the second's")
    parser.add_argument(
        "--size", type=picture_size, default=(1280, 720), metavar="WxH", help="picture size (default: 1280x720)"
    )
    parser.add_argument(
        "--shot", choices=list(SHOTS), default="both", help="what the camera shows (default: both heads)"
    )
    parser.add_argument(
        "--background", type=_background, default=BACKGROUNDS["studio"], metavar="NAME",
        help=f"{', '.join(BACKGROUNDS)}, a colour as #rrggbb, or a picture's file (default: studio)",
    )  # fmt: skip
    parser.add_argument(
        "--quality",
        choices=QUALITIES,
        default="auto",
        help="how finely heads are drawn (default: by the graphics' name)",
    )
    for option, whose in (("--shape", "the first speaker's"), ("--partner-shape", "the second's")):
        parser.add_argument(
            option, type=_identity, default=(), metavar="F.npz|N,N",
            help=f"{whose} FLAME head: shape coefficients, or a motion file that has them",
        )  # fmt: skip
    add_overwrite(parser)
    parser.add_argument("--facing", choices=["viewer", "partner"], default="viewer", help="where the heads are turned")


def _background(text: str) -> Background:
    try:
        return background_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


class Shape(tuple[float, ...]):
    """FLAME's shape coefficients, and the motion file that they were read from, where there is one."""

    source: Path | None = None


def _identity(text: str) -> Shape:
    from avatar.export.motion_file import read_motion

    try:
        if Path(text).suffix != ".npz":
            return Shape(_number(part) for part in text.split(","))
        found = Shape(read_motion(Path(text)).shape)
        if not found:
            raise ValueError(f"{text} holds no shape coefficients")
        found.source = Path(text)
        return found
    except (ValueError, FileNotFoundError) as error:
        raise argparse.ArgumentTypeError(f"{error}: write numbers with commas between, or name a motion file") from None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no number that a shape can have")
    return value


def whole_number(text: str) -> int:
    """Return the number that an argument says."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: write a whole number, 0 or more")
    return int(text)


def picture_size(text: str) -> tuple[int, int]:
    """Return width and height that an argument says, both even."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write it as 1280x720") from None
    if not (64 <= width <= 7680 and 64 <= height <= 4320) or width % 2 or height % 2:
        raise argparse.ArgumentTypeError("width and height are even and between 64x64 and 7680x4320")
    return width, height


class VideoOutput:
    """A video of two faces, of the size, heads and facing that the options say, written picture by picture."""

    def __init__(self, stack: ExitStack, options: argparse.Namespace, faces: Faces, basis: str) -> None:
        from avatar.export.picture import Painter
        from avatar.export.video import VideoFile, can_be_transparent

        if not options.background.opaque and not can_be_transparent(options.output):
            raise ValueError(f"{options.output} cannot be transparent: name a video that ends in .webm")
        looks = fitting_looks(basis)
        identities = (options.shape, options.partner_shape)
        heads = load_heads((options.head or looks[USER], options.partner_head or looks[AGENT]), identities)
        for warning in {basis_warning(basis, head.model.basis) for head in heads} - {""}:
            print(warning, file=sys.stderr)
        width, height = options.size
        self._painter = stack.enter_context(
            Painter(heads, width, height, options.facing, options.shot, options.background, options.quality)
        )
        self._file = stack.enter_context(VideoFile(options.output, width, height, VIDEO_RATE))
        self._faces, self._facing, self._basis = faces, options.facing, basis
        self._heads = heads

    def change(self, faces: Faces, basis: str, heads: Sequence[Head] | None = None) -> None:
        """Show other faces from the next picture on, and other heads where given."""
        self._faces, self._basis = faces, basis
        if heads is not None:
            self._heads = list(heads)
            self._painter.show(self._heads)

    def write(self, start: int, count: int, delay: float = 0.0) -> None:
        """Write the picture at a sample, and `count` samples of sound from it on; delay: see `Faces.poses`."""
        poses = self._faces.poses(start, self._facing, delay, self._basis)
        self._file.picture(self._painter.picture(shown_by(self._heads, poses, self._basis)))
        sound = np.stack([tape.read(start, count) for tape in self._faces.tapes])
        self._file.sound(PAN @ sound)
