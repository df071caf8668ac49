"""What the commands that write a video of heads share: how it is asked for, and the video itself."""

import argparse
import math
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from app.commands.outputs import add_overwrite
from app.session.faces import available_looks, bundled_looks, load_heads, shown_by
from app.session.flame_head import Identity
from app.session.models import basis_warning, fitting_looks
from app.session.shown import Cast, Shown
from audio_io.time.tape import SAMPLE_RATE
from avatar.draw.background import BACKGROUNDS, Background, background_of
from avatar.draw.camera import SHOTS
from avatar.draw.tiers import QUALITIES
from avatar.rig.basis import FLAME
from avatar.rig.layout import DATA_SET_RATE

VIDEO_RATE: Final = DATA_SET_RATE  # the slowest model's frames, one a picture
PICTURE: Final = SAMPLE_RATE // VIDEO_RATE  # samples from one to the next
PAN: Final = np.array([[0.75, 0.35], [0.35, 0.75]], np.float32)


@dataclass(frozen=True)
class PictureOptions:
    """How a conversation is drawn.

    heads: by name, the first speaker's first, None for what the conversation says, or fits it; identities: shapes of those
    that are FLAME's, empty for the conversation's.
    """

    heads: tuple[str | None, str | None]
    identities: tuple[Identity, Identity]
    size: tuple[int, int]
    shot: str
    background: Background
    quality: str
    facing: str

    @property
    def read(self) -> tuple[Path | None, ...]:
        """The files that it is read from."""
        return self.background.source, *(getattr(identity, "source", None) for identity in self.identities)


def picture_options(parsed: argparse.Namespace) -> PictureOptions:
    """Return how to draw by a line that `add_picture_arguments` describes."""
    return PictureOptions(
        (parsed.head, parsed.partner_head), (parsed.shape, parsed.partner_shape), parsed.size, parsed.shot,
        parsed.background, parsed.quality, parsed.facing,
    )  # fmt: skip


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
    """A video of what is shown of a timeline, written picture by picture from sample `start` on. Raises ValueError."""

    def __init__(self, stack: ExitStack, path: Path, options: PictureOptions, shown: Shown, start: int = 0) -> None:
        from avatar.export.picture import Painter
        from avatar.export.video import VideoFile, can_be_transparent

        if not options.background.opaque and not can_be_transparent(path):
            raise ValueError(f"{path} cannot be transparent: name a video that ends in .webm")
        self._options, self._shown = options, shown
        self._cast = self._cast_at(start)
        self._heads = load_heads(*self._cast)
        basis = shown.basis(start)
        for warning in {basis_warning(basis, head.model.basis) for head in self._heads} - {""}:
            print(warning, file=sys.stderr)
        width, height = options.size
        self._painter = stack.enter_context(
            Painter(self._heads, width, height, options.facing, options.shot, options.background, options.quality)
        )
        self._file = stack.enter_context(VideoFile(path, width, height, VIDEO_RATE))

    def _cast_at(self, at: float) -> Cast:
        """Return the heads to draw at a sample: as asked, else as noted, else what fits the motion."""
        fitting = fitting_looks(self._shown.basis(at))
        names, shapes = self._shown.cast(at) or (fitting, ((), ()))
        here = tuple(
            asked or (name if name in available_looks() else other)
            for asked, name, other in zip(self._options.heads, names, fitting, strict=True)
        )
        asked = self._options.identities
        return (here[0], here[1]), (asked[0] or shapes[0], asked[1] or shapes[1])

    def write(self, start: int) -> None:
        """Write the picture at a sample, and the sound from it to the next one."""
        cast = self._cast_at(start)
        if cast != self._cast:
            self._cast, self._heads = cast, load_heads(*cast)
            self._painter.show(self._heads)
        faces, basis = self._shown.faces(start), self._shown.basis(start)
        poses = faces.poses(start, self._options.facing, self._shown.delay(start), basis)
        self._file.picture(self._painter.picture(shown_by(self._heads, poses, basis)))
        self._file.sound(PAN @ np.stack([tape.read(start, PICTURE) for tape in faces.tapes]))
