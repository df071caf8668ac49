"""`replay DIR`: a recorded session again, to the same picture, or with another model or heads."""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.commands import outputs, render, video_output, window
from app.commands.arguments import add_model_arguments, model_options
from app.session.faces import AGENT, Faces
from app.session.models import FALLBACK, MOTION_MODELS
from app.settings import Settings
from app.timeline.recording import MOTION, read_events, read_facts, read_motion_file
from audio_io import files
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.life.affect import AFFECTS, Affect, recent
from avatar.rig.basis import NAMED
from avatar.rig.motion import MotionTrack

_VOICES: Final = ("user.wav", "agent.wav")
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
    facts, events = read_facts(options.folder), read_events(options.folder)
    wrong = outputs.refusal(options, options.output) or ("" if options.output else window.display_missing())
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    own, partner = (options.folder / name for name in _VOICES)
    if options.output is None:
        settings = Settings(**vars(model_options(options)), model=options.model or FALLBACK)
        return window.opened(settings, (own, partner))
    if options.model:
        seed = facts.get("seed", 0) if options.seed is None else options.seed
        asked: dict[str, Any] = {
            "own": own,
            "partner": partner,
            "motion": None,
            "partner_motion": None,
            "look_ahead": None,
            "seed": seed,
        }
        figures = render.rendered(argparse.Namespace(**{**vars(options), **asked}))
    else:
        figures = _as_recorded(options, Recorded(options.folder, facts, events, options.seed))
    print(json.dumps(figures) if options.json else f"wrote {options.output}: {figures['seconds']:.1f} s")
    return 0


class Recorded:
    """A recorded session on its own timeline: `faces` shows what was shown, `delay` tells how late the person's face was.

    Raises ValueError, FileNotFoundError naming what is damaged or missing.
    """

    def __init__(
        self, folder: Path, facts: dict[str, Any], events: list[dict[str, Any]], seed: int | None = None
    ) -> None:
        self.start = int(facts.get("start", 0))
        sounds = [np.concatenate([*files.stream(folder / name, SAMPLE_RATE)]) for name in _VOICES]
        motions = [read_motion_file(folder / name) for name in MOTION]
        frames = min(len(motion) for motion in motions)
        step = SAMPLE_RATE // int(facts.get("fps", 50))
        self.samples = min(frames * step, *(len(sound) for sound in sounds))
        seconds = (self.start + self.samples) / SAMPLE_RATE + 1
        tapes, tracks = [], []
        for sound, motion in zip(sounds, motions, strict=True):
            tape, track = Tape(len(sound) / SAMPLE_RATE + 2), MotionTrack(SAMPLE_RATE // step, seconds)
            tape.write(self.start, sound)
            track.write(self.start // step, motion)
            tapes.append(tape)
            tracks.append(track)
        self._affects = [
            Affect(event["name"], event["at"] + self.start, float(event.get("strength", 1.0)))
            for event in events if event["event"] == "affect" and event.get("name") in AFFECTS
        ]  # fmt: skip
        self._delays = [(event["at"] + self.start, event["samples"]) for event in events if event["event"] == "delay"]
        chance = facts.get("seed", 0) if seed is None else seed
        self.faces = Faces((tapes[0], tapes[1]), (tracks[0], tracks[1]), chance, self._affects_at)

    def _affects_at(self, who: int, at: float) -> tuple[Affect, ...]:
        return recent(self._affects, at) if who == AGENT else ()

    def delay(self, at: float) -> float:
        """Return the samples by which the person's face was shown late at a sample."""
        known = [samples for sample, samples in self._delays if sample <= at]
        return float(known[-1] if known else self._delays[0][1] if self._delays else 0.0)


def _as_recorded(options: argparse.Namespace, recorded: Recorded) -> dict[str, float]:
    pictures = recorded.samples // _PICTURE
    with ExitStack() as stack:
        video = video_output.VideoOutput(stack, options, recorded.faces, NAMED)
        for number in range(pictures):
            at = recorded.start + number * _PICTURE
            video.write(at, _PICTURE, recorded.delay(at))
    return {"frames": pictures, "fps": video_output.VIDEO_RATE, "seconds": round(recorded.samples / SAMPLE_RATE, 3)}
