"""`render`: two recordings to a video of both heads with the sound, and to motion files. Needs no display, sound or GPU."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.commands.arguments import add_model_arguments, add_mood_arguments, model_options
from app.commands.outputs import refusal
from app.commands.video_output import VIDEO_RATE, VideoOutput, add_picture_arguments, whole_number
from app.session.faces import Affects, Faces
from app.session.models import (
    FALLBACK,
    MOTION_MODELS,
    animate_recording,
    block_samples,
    load_model,
    read_fitting_motion,
    stored_basis,
)  # fmt: skip
from audio_io import files
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.rig.layout import samples_per_frame
from avatar.rig.motion import MotionTrack

_KEPT_SECONDS: Final = 400.0  # of sound: DualTalk hears minutes, on a GPU, before it shows them
_PROGRESS: Final = "render: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}]"


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
        "--look-ahead", type=_milliseconds, metavar="MS", help="how far Duet's faces may hear ahead (default: 200)"
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, help="of everything left to chance; the same gives the same"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")
    add_model_arguments(parser)


def _milliseconds(text: str) -> float:
    value = float(text) if text.replace(".", "", 1).isdigit() else -1.0
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write milliseconds, 0 or more")
    return value


def run(options: argparse.Namespace) -> int:
    """Render; return 0, or 2 where no output was asked for."""
    if options.output is None and options.motion is None:
        print("nothing to write: give -o F.mp4, --motion F.npz, or both", file=sys.stderr)
        return 2
    motions = _motion_paths(options.motion) if options.motion else ()
    wrong = _contradiction(options) or refusal(options, options.output, *motions)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    if options.partner_motion and not options.partner_shape:
        from avatar.export.motion_file import read_motion

        options.partner_shape = read_motion(options.partner_motion).shape  # whose face it was
    figures = rendered(options)
    print(json.dumps(figures) if options.json else _told(options, figures))
    return 0


def rendered(options: argparse.Namespace, affects: Affects | None = None) -> dict[str, float]:
    """Render what the options say; return the figures. affects: see `Faces`."""
    from tqdm import tqdm

    seconds = max(files.check(options.own), files.check(options.partner))
    started = time.perf_counter()
    with tqdm(total=seconds, bar_format=_PROGRESS, file=sys.stderr, disable=options.json) as bar:
        frames, rate = _render(options, bar, affects)
    elapsed = time.perf_counter() - started
    return {
        "frames": frames,
        "fps": rate,
        "seconds": round(seconds, 3),
        "realtime_factor": round(seconds / max(elapsed, 1e-9), 2),
    }


def _contradiction(options: argparse.Namespace) -> str:
    model = MOTION_MODELS.entry(options.model)
    if model.animate and options.look_ahead is not None:
        return f"--look-ahead is of models that hear no further: {model.shown} hears the whole recording"
    if not model.moods and (options.mood or options.partner_mood):
        return f"moods are asked of Duet: {model.shown} was not trained to follow them"
    return ""


def _told(options: argparse.Namespace, figures: dict[str, float]) -> str:
    written = ", ".join(str(path) for path in (options.output, options.motion) if path)
    return f"wrote {written}: {figures['seconds']:.1f} s of conversation, {figures['realtime_factor']} x real time"


class _Timeline:
    """Tapes and tracks filled from the two recordings as far as needed, block by block."""

    def __init__(self, options: argparse.Namespace, affects: Affects | None) -> None:
        from inference.motion.model import NEUTRAL
        from inference.motion.recording import Recording

        self.model = load_model(model_options(options), options.model)
        rate = self.model.frames_per_second
        ahead = None if options.look_ahead is None else options.look_ahead / 1000
        tapes, tracks = (Tape(_KEPT_SECONDS), Tape(_KEPT_SECONDS)), (MotionTrack(rate), MotionTrack(rate))
        silent = Faces(tapes, tracks, options.seed)
        self.faces = replace(silent, affects=affects) if affects else silent
        self.samples = 0
        recording = Recording(options.own, options.partner)
        partner_motion = options.partner_motion and read_fitting_motion(
            options.partner_motion, recording, self.model.basis, rate
        )
        self._blocks = recording.blocks(block_samples(self.model))
        moods = getattr(options, "mood", None) or NEUTRAL, getattr(options, "partner_mood", None) or NEUTRAL
        self._motion = animate_recording(
            self.model, recording, self._written(), options.seed, ahead, partner_motion, moods
        )
        self.frames = 0

    def _written(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            for tape, row in zip(self.faces.tapes, block, strict=True):
                tape.write(self.samples, row)
            self.samples += block.shape[1]
            yield block

    def advance(self) -> bool:
        """Fill in the next stretch of motion; return whether there was any."""
        motion = next(self._motion, None)
        if motion is None:
            return False
        for track, rows in zip(self.faces.tracks, motion, strict=True):
            track.write(self.frames, rows)
        self.frames += motion.shape[1]
        return True


def _render(options: argparse.Namespace, bar: Any, affects: Affects | None) -> tuple[int, int]:
    timeline = _Timeline(options, affects)
    rate = timeline.model.frames_per_second
    step, picture_step = samples_per_frame(rate), samples_per_frame(VIDEO_RATE)
    with ExitStack() as stack:
        motion = _MotionOutput(stack, options, timeline) if options.motion else None
        video = VideoOutput(stack, options, timeline.faces, timeline.model.basis) if options.output else None
        frame = picture = 0
        while timeline.advance():
            end = timeline.frames * step
            if motion:
                motion.write(frame, timeline.frames)
            frame = timeline.frames
            while video and (picture + 1) * picture_step <= end:
                video.write(picture * picture_step, picture_step)
                picture += 1
                bar.update(round(min(picture / VIDEO_RATE, bar.total) - bar.n, 3))
            bar.update(round(min(end / SAMPLE_RATE, bar.total) - bar.n, 3))
    return frame, rate


def _motion_paths(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(f"{path.stem}_partner{path.suffix}")


class _MotionOutput:
    def __init__(self, stack: ExitStack, options: argparse.Namespace, timeline: _Timeline) -> None:
        from avatar.export.motion_file import MotionFile

        self._faces, self._facing = timeline.faces, options.facing
        rate = timeline.model.frames_per_second
        self._step = samples_per_frame(rate)
        basis, paths = stored_basis(timeline.model.basis), _motion_paths(options.motion)
        self._files = [stack.enter_context(MotionFile(path, rate, basis)) for path in paths]

    def write(self, first: int, last: int) -> None:
        for who, file in enumerate(self._files):
            poses = [self._faces.pose(who, n * self._step, self._facing) for n in range(first, last)]
            file.write(np.stack([p.motion for p in poses]), np.stack([p.eyes for p in poses]))
