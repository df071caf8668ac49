"""`render`: two recordings to a video of both heads with the sound, and to motion files. Needs no display, sound or GPU."""

import argparse
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from app.commands.arguments import add_model_arguments, add_mood_arguments, model_options
from app.commands.outputs import refusal
from app.commands.video_output import (
    PICTURE,
    PictureOptions,
    VideoOutput,
    add_picture_arguments,
    picture_options,
    whole_number,
)
from app.session.models import FALLBACK, MOTION_MODELS, load_model, read_fitting_motion, stored_basis
from app.session.offline import Asked, OfflineSession, animated
from app.session.shown import Shown
from app.settings import ModelOptions
from audio_io import files
from audio_io.time.tape import SAMPLE_RATE

_PROGRESS: Final = "render: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}]"


@dataclass(frozen=True)
class Outputs:
    """What is written of a session: a video, drawn as `picture` says, and motion files. json: figures are all that is told."""

    picture: PictureOptions
    video: Path | None
    motion: Path | None = None
    json: bool = False


@dataclass(frozen=True)
class RenderOptions:
    """What is rendered, and how. look_ahead: in s; moods: in words, the first speaker's first."""

    own: Path
    partner: Path
    outputs: Outputs
    overwrite: bool
    model: str
    models: ModelOptions
    seed: int
    look_ahead: float | None
    partner_motion: Path | None
    moods: tuple[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("own", type=Path, metavar="OWN", help="recording of the first speaker (left head)")
    parser.add_argument("partner", type=Path, metavar="PARTNER", help="recording of the second speaker (right head)")
    parser.add_argument("-o", "--output", type=Path, metavar="F.mp4", help="video to write; F.webm can be transparent")
    parser.add_argument(
        "--motion", type=Path, metavar="F.npz", help="motion to write; the partner's goes to F_partner.npz"
    )
    parser.add_argument("--model", choices=MOTION_MODELS.names(), default=FALLBACK, help="motion model (default: duet)")
    parser.add_argument(
        "--partner-motion", type=Path, metavar="F.npz",
        help="the second speaker's real motion, which the first one answers (else both heads answer each other's)",
    )  # fmt: skip
    add_mood_arguments(parser)
    add_picture_arguments(parser)
    parser.add_argument(
        "--look-ahead", type=_seconds, metavar="MS", help="how far Duet's faces may hear ahead (default: 200)"
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, help="of everything left to chance; the same gives the same"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")
    add_model_arguments(parser)


def _seconds(milliseconds: str) -> float:
    value = float(milliseconds) if milliseconds.replace(".", "", 1).isdigit() else -1.0
    if value < 0:
        raise argparse.ArgumentTypeError(f"{milliseconds!r} is no time: write milliseconds, 0 or more")
    return value / 1000


def options_of(parsed: argparse.Namespace) -> RenderOptions:
    """Return what the line asks for."""
    outputs = Outputs(picture_options(parsed), parsed.output, parsed.motion, parsed.json)
    return RenderOptions(
        parsed.own, parsed.partner, outputs, parsed.overwrite, parsed.model, model_options(parsed), parsed.seed,
        parsed.look_ahead, parsed.partner_motion, (parsed.mood, parsed.partner_mood),
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    """Render; return 0, or 2 where no output was asked for, or it cannot be written where it shall."""
    options = options_of(parsed)
    outputs = options.outputs
    if outputs.video is None and outputs.motion is None:
        print("nothing to write: give -o F.mp4, --motion F.npz, or both", file=sys.stderr)
        return 2
    motions = _motion_paths(outputs.motion) if outputs.motion else ()
    read = (options.own, options.partner, options.partner_motion, *outputs.picture.read, *options.models.read)
    wrong = _contradiction(options) or refusal(read, (outputs.video, *motions), options.overwrite)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    seconds = max(files.check(path) for path in (options.own, options.partner))
    figures = written(_session(options), outputs, seconds)
    names = ", ".join(str(path) for path in (outputs.video, outputs.motion) if path)
    told = f"wrote {names}: {figures['seconds']:.1f} s of conversation, {figures['realtime_factor']} x real time"
    print(json.dumps(figures) if outputs.json else told)
    return 0


def _contradiction(options: RenderOptions) -> str:
    model = MOTION_MODELS.entry(options.model)
    if model.animate and options.look_ahead is not None:
        return f"--look-ahead is of models that hear no further: {model.shown} hears the whole recording"
    if not model.moods and any(options.moods):
        return f"moods are asked of Duet: {model.shown} was not trained to follow them"
    return ""


def _session(options: RenderOptions) -> OfflineSession:
    from avatar.export.motion_file import read_motion
    from inference.motion.recording import Recording

    recording, model = Recording(options.own, options.partner), load_model(options.models, options.model)
    picture = options.outputs.picture
    asked = Asked(
        options.seed, options.look_ahead, moods=options.moods, heads=picture.heads, identities=picture.identities
    )
    path = options.partner_motion
    if path:
        motion = read_fitting_motion(path, recording, model.basis, model.frames_per_second)
        whose = picture.identities[1] or read_motion(path).shape  # whose face it was
        asked = replace(asked, partner_motion=motion, identities=(picture.identities[0], whose))
    return animated(recording, model, asked)


def written(session: OfflineSession, outputs: Outputs, seconds: float) -> dict[str, float]:
    """Write a session of so many seconds to its end; return the figures."""
    from tqdm import tqdm

    shown, track = session.shown(), session.timeline.tracks[0]
    started, picture = time.perf_counter(), 0
    with ExitStack() as stack:
        bar = stack.enter_context(tqdm(total=seconds, bar_format=_PROGRESS, file=sys.stderr, disable=outputs.json))
        motion = _MotionOutput(stack, outputs.motion, outputs.picture.facing, shown) if outputs.motion else None
        video = VideoOutput(stack, outputs.video, outputs.picture, shown) if outputs.video else None
        for _ in session.stretches():
            if motion:
                motion.write()
            while video and picture + PICTURE <= track.end:
                video.write(picture)
                picture += PICTURE
                bar.update(round(min(picture / SAMPLE_RATE, seconds) - bar.n, 3))
            bar.update(round(min(track.end / SAMPLE_RATE, seconds) - bar.n, 3))
    elapsed = time.perf_counter() - started
    return {
        "frames": track.end // track.step,
        "fps": track.frames_per_second,
        "seconds": round(seconds, 3),
        "realtime_factor": round(seconds / max(elapsed, 1e-9), 2),
    }


def _motion_paths(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(f"{path.stem}_partner{path.suffix}")


class _MotionOutput:
    """The motion of both faces as it is shown, in two files; `write` adds what has come."""

    def __init__(self, stack: ExitStack, path: Path, facing: str, shown: Shown) -> None:
        from avatar.export.motion_file import MotionFile

        self._shown, self._facing = shown, facing
        self._track, self._at = shown.timeline.tracks[0], 0
        basis, rate = stored_basis(shown.basis(0)), self._track.frames_per_second
        self._files = [stack.enter_context(MotionFile(file, rate, basis)) for file in _motion_paths(path)]

    def write(self) -> None:
        places = range(self._at, self._track.end, self._track.step)
        self._at = self._track.end
        for who, file in enumerate(self._files):
            poses = [self._shown.faces(at).pose(who, at, self._facing, 0.0, self._shown.basis(at)) for at in places]
            if poses:
                file.write(np.stack([p.motion for p in poses]), np.stack([p.eyes for p in poses]))
