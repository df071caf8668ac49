"""`converse A B`: two agents talk with each other, on screen or to a file."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.commands import outputs, render, video_output, window
from app.commands.arguments import add_model_arguments, window_settings
from app.conversation.agent import Agent
from app.conversation.exchange import Said
from app.session.faces import Affects, bundled_looks
from app.session.models import MOTION_MODELS
from avatar.life.affect import recent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("first", metavar="A", help="who begins: an agent by name, or a YAML file")
    parser.add_argument("second", metavar="B", help="the other")
    parser.add_argument("-o", "--output", type=Path, metavar="F.mp4", help="video to write (default: on screen)")
    parser.add_argument(
        "--turns", type=video_output.whole_number, default=14, help="how many turns they have (default: 14)"
    )
    parser.add_argument("--model", choices=MOTION_MODELS.names(), default="duet", help="motion model (default: duet)")
    parser.add_argument("--seed", type=video_output.whole_number, default=0, help="of everything left to chance")
    parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")
    video_output.add_picture_arguments(parser)
    add_model_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Let them talk; return 0, or 2 where the output's folder or the display is missing."""
    import soundfile

    from app.conversation.agents import load_agent
    from app.conversation.exchange import spoken, tracks
    from app.conversation.voices import command_of
    from audio_io.time.tape import SAMPLE_RATE
    from audio_io.voices.voice import Voice

    wrong = outputs.refusal(options, options.output) or ("" if options.output else window.display_missing())
    if wrong:
        print(wrong, file=sys.stderr)
        return 2

    def warn(text: str) -> None:
        print(text, file=sys.stderr)

    agents = (load_agent(options.first, warn), load_agent(options.second, warn))
    for option, agent in (("head", agents[0]), ("partner_head", agents[1])):
        if getattr(options, option) is None and agent.name.lower() in bundled_looks():
            setattr(options, option, agent.name.lower())
    with Voice(command_of) as voice, TemporaryDirectory(prefix="dualtalk-converse-") as folder:
        said = list(_told(agents, spoken(agents, options.turns, voice)))
        if not said:
            print(f"{agents[0].name} and {agents[1].name} have nothing to say to each other", file=sys.stderr)
            return 1
        paths = (Path(folder) / "first.wav", Path(folder) / "second.wav")
        for path, audio in zip(paths, tracks(said), strict=True):
            soundfile.write(path, audio, SAMPLE_RATE)
        if options.output is None:
            return _on_screen(paths, options)
        figures = _to_file(paths, options, _affects(said))
    print(json.dumps(figures | {"turns": len(said)}) if options.json else f"wrote {options.output}: {len(said)} turns")
    return 0


def _told(agents: tuple[Agent[Any], Agent[Any]], lines: Iterable[Said]) -> Iterator[Said]:
    """Yield lines as they come, and print each."""
    for line in lines:
        print(f"{agents[line.who].name}: {line.text}", file=sys.stderr)
        yield line


def _affects(said: Sequence[Said]) -> Affects:
    """Return what the marks of lines show, of a speaker at a sample."""
    shown = [(line.who, affect) for line in said for u in line.utterances for affect in u.affects()]
    return lambda who, at: recent((affect for person, affect in shown if person == who), at)


def _on_screen(paths: tuple[Path, Path], options: argparse.Namespace) -> int:
    return window.opened(window_settings(options, options.model), paths)


def _to_file(paths: tuple[Path, Path], options: argparse.Namespace, affects: Affects) -> dict[str, float]:
    own, partner = paths
    asked = {"own": own, "partner": partner, "motion": None, "partner_motion": None, "look_ahead": None}
    return render.rendered(argparse.Namespace(**{**vars(options), **asked}), affects)
