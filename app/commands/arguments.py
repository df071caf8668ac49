"""The arguments that commands share, and the options that a parsed line says."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from app.session.models import MOTION_MODELS
from app.session.mood import MOOD_WORDS, conditions_of
from app.settings import PRECISIONS, Mode, ModelOptions, Resolved, Settings, resolved

_MODES: Final = ", ".join(Mode)


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what a session begins with, and the profile that says what the line does not."""
    parser.add_argument(
        "--profile", type=Path, metavar="F.yaml", help="a file of settings, for what the line does not say"
    )
    parser.add_argument("--model", choices=MOTION_MODELS.names(), help="motion model to change to at the start")
    parser.add_argument("--agent", metavar="NAME|FILE", help="who answers: a persona, script or wizard (default: mira)")
    parser.add_argument(
        "--hearing", metavar="NAME|FILE",
        help="what hears: sphinx, a Whisper model's name or .pt file (default: the best that is here)",
    )  # fmt: skip
    parser.add_argument(
        "--voice",
        metavar="NAME",
        help="what speaks for the agent: espeak, joe, an imported voice, a server (default: the best)",
    )
    parser.add_argument(
        "--language", metavar="CODE", help="of the person, such as en, for Whisper; auto: it finds out (default: en)"
    )
    parser.add_argument("--head", metavar="NAME", help="your head (default: one that is not the agent's)")
    parser.add_argument("--agent-head", metavar="NAME", help="the agent's head (default: the one of its name)")
    parser.add_argument("--microphone", metavar="NAME", help="a part of its name (default: the system's own)")
    parser.add_argument("--loudspeaker", metavar="NAME", help="a part of its name (default: the system's own)")
    parser.add_argument("--mode", type=_mode, metavar="MODE", help=f"how you may speak: {_MODES} (default: barge-in)")
    add_model_arguments(parser)
    add_live_arguments(parser)


def _mode(text: str) -> Mode:
    """Return the way to speak that an argument names."""
    try:
        return Mode(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no {text!r}: choose one of {_MODES}") from None


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe how DualTalk runs: where, how exactly, and from which file."""
    parser.add_argument("--weights", type=Path, metavar="FILE", help="DualTalk's weights (default: the imported ones)")
    parser.add_argument(
        "--duet-weights",
        type=Path,
        metavar="FILE",
        help="Duet's weights, such as fine-tuned ones (default: the bundled)",
    )
    parser.add_argument("--device", metavar="NAME", help="where DualTalk runs: cuda, mps, cpu (default: the fastest)")
    parser.add_argument("--precision", choices=PRECISIONS, help="of DualTalk's encoders (default: by device)")


def add_live_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe how DualTalk's window slides, live."""
    for name, about in (
        ("context", "sound that it looks back on"), ("future", "how far it hears past the user's frame"),
        ("hop", "how much sound it takes at once"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, metavar="MS", help=f"DualTalk: {about}, in ms (default: by device)")


def add_mood_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what can be asked of both faces."""
    parser.add_argument(
        "--mood", type=_mood, default="", metavar="WORDS", help=f"what is asked of the first face: {MOOD_WORDS}"
    )
    parser.add_argument(
        "--partner-mood", type=_mood, default="", metavar="WORDS", help="what is asked of the second one"
    )


def _mood(text: str) -> str:
    """Return what an argument asks of a face, if it can be understood."""
    try:
        conditions_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _said(parsed: argparse.Namespace, kind: type[Any]) -> dict[str, Any]:
    """Return what a line says of a kind of options, by name."""
    values = {option.name: getattr(parsed, option.name, None) for option in fields(kind)}
    return {name: value for name, value in values.items() if value is not None}


def model_options(parsed: argparse.Namespace) -> ModelOptions:
    """Return how motion models run by a line that `add_model_arguments` describes."""
    return ModelOptions(**_said(parsed, ModelOptions))


def window_settings(models: ModelOptions, model: str) -> Resolved:
    """Return what a window with a motion model begins with where a line says how models run."""
    said = {option.name: getattr(models, option.name) for option in fields(models)}
    return resolved({**{name: value for name, value in said.items() if value is not None}, "model": model})


def settings_of(parsed: argparse.Namespace) -> Resolved:
    """Return what a session begins with by a line that `add_settings_arguments` describes."""
    return resolved(_said(parsed, Settings), parsed.profile)
