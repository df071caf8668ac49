"""`compare`: one conversation by several motion models side by side in one video, the truth beside them, measures below."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.commands.arguments import add_model_arguments, model_options
from app.commands.outputs import add_overwrite, refusal
from app.commands.video_output import PAN, PICTURE, VIDEO_RATE, picture_size, whole_number
from app.session.faces import load_heads, shown_by
from app.session.models import (
    MOTION_MODELS,
    basis_warning,
    fitting_looks,
    load_model,
    read_fitting_motion,
    title_of,
)  # fmt: skip
from app.session.offline import Asked, animated, with_motion
from app.session.shown import Shown
from app.settings import ModelOptions
from audio_io import files
from avatar.rig.basis import FLAME, same_basis
from avatar.rig.head import Head

if TYPE_CHECKING:
    from inference.motion.recording import Recording

_CAPTION: Final = 74  # pixels below each panel
_MARGIN: Final = 12
_GROUND: Final = (17, 20, 27)
_WITHOUT_TRUTH: Final = ("variance", "diversity")


@dataclass(frozen=True)
class CompareOptions:
    """What is compared, and how. models: by name, run as `running` says; truth, partner_motion: real motion of both."""

    own: Path
    partner: Path
    models: tuple[str, ...]
    running: ModelOptions
    output: Path
    overwrite: bool
    truth: Path | None
    partner_motion: Path | None
    size: tuple[int, int]
    seed: int
    json: bool


@dataclass(frozen=True)
class _Panel:
    """A column of the video: motion [2, T, 56] at the video's rate, its basis, measures of the first speaker."""

    title: str
    motion: NDArray[np.float32]
    basis: str
    measures: dict[str, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("own", type=Path, metavar="OWN", help="recording of the first speaker (left head)")
    parser.add_argument("partner", type=Path, metavar="PARTNER", help="recording of the second speaker (right head)")
    parser.add_argument(
        "--models", nargs="+", choices=MOTION_MODELS.names(), default=["duet", "dualtalk"], help="(default: both)"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("compare.mp4"), metavar="F.mp4")
    parser.add_argument("--truth", type=Path, metavar="F.npz", help="the first speaker's real motion")
    parser.add_argument(
        "--partner-motion", type=Path, metavar="F.npz", help="the second speaker's real motion, which DualTalk answers"
    )
    parser.add_argument(
        "--size", type=picture_size, default=(640, 360), metavar="WxH", help="of each picture (640x360)"
    )
    parser.add_argument("--seed", type=whole_number, default=0)
    add_overwrite(parser)
    parser.add_argument("--json", action="store_true", help="print the measures as one line of JSON")
    add_model_arguments(parser)


def options_of(parsed: argparse.Namespace) -> CompareOptions:
    """Return what the line asks for."""
    return CompareOptions(
        parsed.own, parsed.partner, tuple(parsed.models), model_options(parsed), parsed.output, parsed.overwrite,
        parsed.truth, parsed.partner_motion, parsed.size, parsed.seed, parsed.json,
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    """Compare; return 0, or 2 where the video cannot be written where it shall."""
    from inference.motion.recording import Recording

    options = options_of(parsed)
    read = (options.own, options.partner, options.truth, options.partner_motion, *options.running.read)
    wrong = refusal(read, (options.output,), options.overwrite)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    for path in (options.own, options.partner):
        files.check(path)
    recording = Recording(options.own, options.partner)
    panels = _panels(options, recording)
    _write(options, recording, panels)
    if options.json:
        print(json.dumps({"output": str(options.output), "measures": {p.title: p.measures for p in panels}}))
    else:
        print(_table(panels))
        print(f"wrote {options.output}")
    return 0


def _panels(options: CompareOptions, recording: "Recording") -> list[_Panel]:
    truth = read_fitting_motion(options.truth, recording) if options.truth else None
    partner = read_fitting_motion(options.partner_motion, recording) if options.partner_motion else None
    models = {name: load_model(options.running, name) for name in options.models}  # what is missing is told first
    panels = []
    for name, model in models.items():
        print(f"{title_of(name)} …", file=sys.stderr)
        motion = _motion(recording, model, options.seed, partner)
        panels.append(_Panel(title_of(name), motion, model.basis, _measures(motion[0], model.basis, truth, partner)))
    if truth is not None:
        still = np.zeros_like(truth) if partner is None else partner
        panels.append(_Panel("Truth", np.stack([truth, still]), FLAME, _measures(truth, FLAME, truth, partner)))
    return panels


def _motion(recording: "Recording", model: Any, seed: int, partner: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Return a model's motion [2, T, 56] of the whole recording, at the video's rate."""
    from avatar.export.motion_file import at_rate, of_length
    from inference.dualtalk.timing import frames_of

    given = None  # the truth's basis is FLAME's: a model of another one answers its own
    if partner is not None and same_basis(model.basis, FLAME):
        given = at_rate(partner, VIDEO_RATE, model.frames_per_second)
    session = animated(recording, model, Asked(seed, partner_motion=given))
    motion = np.concatenate(list(session.stretches()), 1)
    frames = frames_of(recording.samples)
    return np.stack([of_length(at_rate(row, model.frames_per_second, VIDEO_RATE), frames) for row in motion])


def _measures(
    motion: NDArray[np.float32], basis: str, truth: NDArray[np.float32] | None, partner: NDArray[np.float32] | None
) -> dict[str, float]:
    """Return what can be measured: everything against the truth, of which the partner's motion is part; else how much moves."""
    from inference.measures.metrics import PARTS, clip_measures, diversity, variance

    if truth is not None:
        found = clip_measures(
            motion, truth, np.zeros_like(truth) if partner is None else partner, same_basis(basis, FLAME)
        )
        return {
            name: value for name, value in found.items() if partner is not None or not name.startswith(("pfd", "rpcc"))
        }
    return {
        f"{kind}_{name}": measure(motion[:, part])
        for kind, measure in zip(_WITHOUT_TRUTH, (variance, diversity), strict=True)
        for name, part in PARTS.items()
    }


def _caption(panel: _Panel, width: int) -> NDArray[np.uint8]:
    """Return the strip [74, width, 3] below a picture: title and the measures that matter most."""
    strip = Image.new("RGB", (width, _CAPTION), _GROUND)
    draw = ImageDraw.Draw(strip)
    draw.text((_MARGIN, 6), panel.title, (232, 235, 242), ImageFont.load_default(17))
    kinds = ("fd", "mse") if any(name.startswith("fd_") for name in panel.measures) else _WITHOUT_TRUTH
    for line, kind in enumerate(kinds):
        shown = {name: value for name, value in panel.measures.items() if name.startswith(f"{kind}_")}
        text = f"{kind.upper() if len(kind) < 4 else kind}   " + "   ".join(
            f"{n.split('_')[-1]} {v:.3g}" for n, v in shown.items()
        )
        draw.text((_MARGIN, 30 + 20 * line), text, (151, 160, 181), ImageFont.load_default(13))
    return np.asarray(strip)


def _write(options: CompareOptions, recording: "Recording", panels: Sequence[_Panel]) -> None:
    from tqdm import tqdm

    from avatar.export.picture import Painter
    from avatar.export.video import VideoFile

    width, height = options.size
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    captions = [_caption(panel, width) for panel in panels]
    with ExitStack() as stack:
        painters: dict[str, Any] = {}
        heads: dict[str, list[Head]] = {}
        for basis in dict.fromkeys(panel.basis for panel in panels):
            heads[basis] = load_heads(fitting_looks(basis))
            if warning := basis_warning(basis, heads[basis][0].model.basis):
                print(warning, file=sys.stderr)
            painters[basis] = stack.enter_context(Painter(heads[basis], width, height, "viewer"))
        video = stack.enter_context(VideoFile(options.output, columns * width, rows * (height + _CAPTION), VIDEO_RATE))
        bar = stack.enter_context(tqdm(total=panels[0].motion.shape[1], desc="draw", unit="frame", file=sys.stderr))
        for at, shown in _frames(recording, panels, options.seed):
            sheet = np.full((rows * (height + _CAPTION), columns * width, 3), _GROUND, np.uint8)
            for number, (panel, one) in enumerate(zip(panels, shown, strict=True)):
                top, left = number // columns * (height + _CAPTION), number % columns * width
                poses = one.faces(at).poses(at, "viewer", basis=panel.basis)
                drawn = painters[panel.basis].picture(shown_by(heads[panel.basis], poses, panel.basis))
                sheet[top : top + height, left : left + width] = drawn
                sheet[top + height : top + height + _CAPTION, left : left + width] = captions[number]
            video.picture(sheet)
            video.sound(PAN @ np.stack([tape.read(at, PICTURE) for tape in shown[0].faces(at).tapes]))
            bar.update()


def _frames(recording: "Recording", panels: Sequence[_Panel], seed: int) -> Iterator[tuple[int, list[Shown]]]:
    """Yield each picture's sample, and the panels as they are shown; eyes move the same in all."""
    sessions = [with_motion(recording, panel.motion, panel.basis, VIDEO_RATE, seed) for panel in panels]
    shown, track, at = [session.shown() for session in sessions], sessions[0].timeline.tracks[0], 0
    for _ in zip(*(session.stretches() for session in sessions), strict=True):
        while at < track.end:
            yield at, shown
            at += PICTURE


def _table(panels: Sequence[_Panel]) -> str:
    names = list(dict.fromkeys(name for panel in panels for name in panel.measures))
    lines = [f"{'first speaker':<24}" + "".join(f"{panel.title:>12}" for panel in panels)]
    for name in names:
        values = [panel.measures.get(name) for panel in panels]
        lines.append(f"{name:<24}" + "".join(f"{'-' if v is None else format(v, '.4g'):>12}" for v in values))
    return "\n".join(lines)
