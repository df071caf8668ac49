"""`converse A B`: two agents talk with each other, on screen or to a file."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.agents.agent import Agent
from app.commands import outputs, render, video_output, window
from app.commands.arguments import add_model_arguments, model_options, window_settings
from app.conversation.exchange import Said
from app.session.faces import bundled_looks
from app.session.models import MOTION_MODELS, load_model
from app.session.offline import Asked, animated
from app.settings import ModelOptions
from audio_io.time.tape import SAMPLE_RATE

_MOST_TURNS: Final = 500  # about an hour: both voices lie in memory, and personas do not run out of words


@dataclass(frozen=True)
class ConverseOptions:
    """Who talks, for how many turns, and how it is shown; video: None for on screen."""

    agents: tuple[str, str]
    turns: int
    video: Path | None
    overwrite: bool
    picture: video_output.PictureOptions
    model: str
    models: ModelOptions
    seed: int
    json: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("first", metavar="A", help="who begins: an agent by name, or a YAML file")
    parser.add_argument("second", metavar="B", help="the other")
    parser.add_argument("-o", "--output", type=Path, metavar="F.mp4", help="video to write (default: on screen)")
    parser.add_argument(
        "--turns", type=_turns, default=14, help=f"how many turns they have, at most {_MOST_TURNS} (default: 14)"
    )
    parser.add_argument("--model", choices=MOTION_MODELS.names(), default="duet", help="motion model (default: duet)")
    parser.add_argument("--seed", type=video_output.whole_number, default=0, help="of everything left to chance")
    parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")
    video_output.add_picture_arguments(parser)
    add_model_arguments(parser)


def _turns(text: str) -> int:
    """Return how many turns an argument says."""
    if not text.isdigit() or len(text) > len(str(_MOST_TURNS)) or int(text) > _MOST_TURNS:
        raise argparse.ArgumentTypeError(f"{text[:20]!r}: two agents have 0 to {_MOST_TURNS} turns")
    return int(text)


def options_of(parsed: argparse.Namespace) -> ConverseOptions:
    """Return what the line asks for."""
    return ConverseOptions(
        (parsed.first, parsed.second), parsed.turns, parsed.output, parsed.overwrite,
        video_output.picture_options(parsed), parsed.model, model_options(parsed), parsed.seed, parsed.json,
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    """Let them talk; return 0, 1 where they have nothing to say, or 2 where the output's folder or the display is missing."""
    from app.agents.agents import load_agent
    from app.conversation.exchange import note, spoken, tracks
    from app.conversation.voices import command_of
    from audio_io.voices.voice import Voice
    from inference.motion.recording import Recording

    options = options_of(parsed)
    read = (*map(Path, options.agents), *options.picture.read, *options.models.read)
    wrong = outputs.refusal(read, (options.video,), options.overwrite) or (
        "" if options.video else window.display_missing()
    )
    if wrong:
        print(wrong, file=sys.stderr)
        return 2

    def warn(text: str) -> None:
        print(text, file=sys.stderr)

    agents = load_agent(options.agents[0], warn), load_agent(options.agents[1], warn)
    with Voice(command_of, warn) as voice:
        said = list(_told(agents, spoken(agents, options.turns, voice)))
    if not said:
        warn(f"{agents[0].name} and {agents[1].name} have nothing to say to each other")
        return 1
    voices = tracks(said)
    if options.video is None:
        return window.opened(window_settings(options.models, options.model), voices)
    picture = replace(options.picture, heads=_heads(options.picture, agents))
    asked = Asked(options.seed, heads=picture.heads, identities=picture.identities)
    session = animated(Recording(*voices), load_model(options.models, options.model), asked)
    note(said, session.timeline)
    written = render.Outputs(picture, options.video, json=options.json)
    figures = render.written(session, written, len(voices[0]) / SAMPLE_RATE)
    print(json.dumps(figures | {"turns": len(said)}) if options.json else f"wrote {options.video}: {len(said)} turns")
    return 0


def _told(agents: tuple[Agent[Any], Agent[Any]], lines: Iterable[Said]) -> Iterator[Said]:
    """Yield lines as they come, and print each."""
    for line in lines:
        print(f"{agents[line.who].name}: {line.text}", file=sys.stderr)
        yield line


def _heads(
    picture: video_output.PictureOptions, agents: tuple[Agent[Any], Agent[Any]]
) -> tuple[str | None, str | None]:
    """Return the heads as asked, else the agents' own where they have one."""
    own = [agent.name.lower() if agent.name.lower() in bundled_looks() else None for agent in agents]
    return picture.heads[0] or own[0], picture.heads[1] or own[1]
