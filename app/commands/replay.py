"""`replay DIR`: a recorded session again, to the same picture, or with another model or heads."""

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.commands import outputs, render, video_output, window
from app.commands.arguments import add_model_arguments, model_options, window_settings
from app.session.faces import available_looks
from app.session.models import FALLBACK, MOTION_MODELS, load_model
from app.session.offline import Asked, animated
from app.session.shown import Replayed
from app.settings import ModelOptions
from app.timeline.stored import HEARD, load
from audio_io.time.tape import SAMPLE_RATE, Audio


@dataclass(frozen=True)
class ReplayOptions:
    """What is replayed, and how; video: None for on screen; model, seed: None for as recorded."""

    folder: Path
    video: Path | None
    overwrite: bool
    picture: video_output.PictureOptions
    model: str | None
    models: ModelOptions
    seed: int | None
    json: bool


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


def options_of(parsed: argparse.Namespace) -> ReplayOptions:
    """Return what the line asks for."""
    return ReplayOptions(
        parsed.folder, parsed.output, parsed.overwrite, video_output.picture_options(parsed), parsed.model,
        model_options(parsed), parsed.seed, parsed.json,
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    """Replay; return 0, or 2 where the folder or the display is missing."""
    options = options_of(parsed)
    read = (options.folder, *options.picture.read, *options.models.read)
    wrong = outputs.refusal(read, (options.video,), options.overwrite) or (
        "" if options.video else window.display_missing()
    )
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    stored = load(options.folder)
    for missing in stored.missing:
        print(f"{options.folder}: {missing}", file=sys.stderr)
    shown = Replayed(stored, options.seed)
    if options.video is None:
        begun = window_settings(options.models, options.model or FALLBACK)
        return window.opened(begun, _voices(shown)) if options.model else window.opened(begun, again=shown)
    figures = _anew(options, options.video, shown) if options.model else _as_recorded(options, options.video, shown)
    print(json.dumps(figures) if options.json else f"wrote {options.video}: {figures['seconds']:.1f} s")
    return 0


def _voices(shown: Replayed) -> tuple[Audio, Audio]:
    """Return what was heard of both [N]."""
    stored = shown.stored
    own, partner = (stored.timeline.voices[name].read(stored.start, stored.samples) for name in HEARD)
    return own, partner


def _anew(options: ReplayOptions, video: Path, shown: Replayed) -> dict[str, float]:
    """Let a motion model hear the voices again."""
    from inference.motion.recording import Recording

    seed, picture = shown.stored.facts.seed if options.seed is None else options.seed, options.picture
    asked = Asked(seed, heads=picture.heads, identities=picture.identities)
    model = load_model(options.models, options.model or FALLBACK)
    session = animated(Recording(*_voices(shown)), model, asked)
    return render.written(
        session, render.Outputs(picture, video, json=options.json), shown.stored.samples / SAMPLE_RATE
    )


def _as_recorded(options: ReplayOptions, video: Path, shown: Replayed) -> dict[str, float]:
    start, samples = shown.stored.start, shown.stored.samples
    for name in {name for entry in shown.timeline.entries("heads") for name in entry.facts["names"]}:
        if name not in available_looks():
            print(f"the head {name!r} is not on this machine: another is shown", file=sys.stderr)
    pictures = samples // video_output.PICTURE
    with ExitStack() as stack:
        written = video_output.VideoOutput(stack, video, options.picture, shown, start)
        for number in range(pictures):
            written.write(start + number * video_output.PICTURE)
    return {"frames": pictures, "fps": video_output.VIDEO_RATE, "seconds": round(samples / SAMPLE_RATE, 3)}
