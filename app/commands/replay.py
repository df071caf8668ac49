"""`replay DIR`: a recorded session again, to the same picture, or with another model or heads."""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import soundfile

from app.commands import outputs, render, video_output, window
from app.commands.arguments import add_model_arguments, window_settings
from app.session.faces import available_looks, load_heads
from app.session.models import FALLBACK, MOTION_MODELS, fitting_looks
from app.session.replayed import Cast, Replayed
from app.timeline.stored import HEARD, load
from audio_io.time.tape import SAMPLE_RATE

_PICTURE: Final = SAMPLE_RATE // video_output.VIDEO_RATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a recorded session's folder")
    parser.add_argument("-o", "--output", type=Path, metavar="F.mp4", help="video to write (default: on screen)")
    parser.add_argument(
        "--model", choices=MOTION_MODELS.names(), help="let another motion model move the faces (default: as recorded)"
    )
    parser.add_argument(
        "--seed", type=video_output.whole_number, help="of what is left to chance (default: as recorded)"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")
    video_output.add_picture_arguments(parser)
    add_model_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Replay; return 0, or 2 where the folder or the display is missing."""
    wrong = outputs.refusal(options, options.output) or ("" if options.output else window.display_missing())
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    stored = load(options.folder)
    for missing in stored.missing:
        print(f"{options.folder}: {missing}", file=sys.stderr)
    shown = Replayed(stored, options.seed)
    if options.model:
        return _anew(options, shown)
    if options.output is None:
        return window.opened(window_settings(options, FALLBACK), again=shown)
    figures = _as_recorded(options, shown)
    print(json.dumps(figures) if options.json else f"wrote {options.output}: {figures['seconds']:.1f} s")
    return 0


def _anew(options: argparse.Namespace, shown: Replayed) -> int:
    """Let a motion model hear the voices again."""
    with TemporaryDirectory(prefix="dualtalk-replay-") as folder:
        own, partner = (Path(folder) / f"{name}.flac" for name in HEARD)
        for path, tape in zip((own, partner), shown.faces(0).tapes, strict=True):
            soundfile.write(path, tape.read(shown.stored.start, shown.stored.samples), SAMPLE_RATE)
        if options.output is None:
            return window.opened(window_settings(options, options.model), (own, partner))
        seed = shown.stored.facts.seed if options.seed is None else options.seed
        asked = {
            "own": own,
            "partner": partner,
            "motion": None,
            "partner_motion": None,
            "look_ahead": None,
            "seed": seed,
        }
        figures = render.rendered(argparse.Namespace(**{**vars(options), **asked}))
    print(json.dumps(figures) if options.json else f"wrote {options.output}: {figures['seconds']:.1f} s")
    return 0


def _cast(options: argparse.Namespace, shown: Replayed, at: float) -> Cast:
    """Return the heads to draw at a sample: as asked, else as recorded, else what fits the motion."""
    recorded, fitting = shown.cast(at), fitting_looks(shown.basis(at))
    names, shapes = recorded or (fitting, ((), ()))
    here = tuple(
        asked or (name if name in available_looks() else other)
        for asked, name, other in zip((options.head, options.partner_head), names, fitting, strict=True)
    )
    return (here[0], here[1]), (options.shape or shapes[0], options.partner_shape or shapes[1])


def _as_recorded(options: argparse.Namespace, shown: Replayed) -> dict[str, float]:
    start, samples = shown.stored.start, shown.stored.samples
    pictures, cast = samples // _PICTURE, _cast(options, shown, start)
    for name in {name for entry in shown.stored.timeline.entries("heads") for name in entry.facts["names"]}:
        if name not in available_looks():
            print(f"the head {name!r} is not on this machine: another is shown", file=sys.stderr)
    (head, partner_head), (shape, partner_shape) = cast
    asked = {"head": head, "partner_head": partner_head, "shape": shape, "partner_shape": partner_shape}
    with ExitStack() as stack:
        first = argparse.Namespace(**{**vars(options), **asked})
        video = video_output.VideoOutput(stack, first, shown.faces(start), shown.basis(start))
        for number in range(pictures):
            at = start + number * _PICTURE
            before, cast = cast, _cast(options, shown, at)
            video.change(shown.faces(at), shown.basis(at), None if cast == before else load_heads(*cast))
            video.write(at, _PICTURE, shown.delay(at))
    return {"frames": pictures, "fps": video_output.VIDEO_RATE, "seconds": round(samples / SAMPLE_RATE, 3)}
