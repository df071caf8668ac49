"""The window, which is what happens with no command."""

import argparse
import importlib
import sys
from pathlib import Path

from app.ending import end, end_soon, on_signal
from app.session.models import MODELS, add_live_arguments, add_model_arguments
from app.window.display import Trial


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--play", nargs=2, type=Path, metavar=("OWN", "PARTNER"), help="begin with two recordings")
    parser.add_argument("--model", choices=MODELS, default="duet", help="motion model to change to at the start")
    parser.add_argument("--agent", metavar="NAME|FILE", help="who answers: a persona, script or wizard (default: mira)")
    parser.add_argument(
        "--hearing", default="auto", metavar="NAME|FILE",
        help="what hears: sphinx, a Whisper model's name or .pt file (default: the best that is here)",
    )  # fmt: skip
    parser.add_argument(
        "--language", metavar="CODE", help="of the person, such as en, for Whisper (default: it finds out)"
    )
    add_model_arguments(parser)
    add_live_arguments(parser)


def display_missing() -> str:
    """Return what is wrong with the display in words, empty where a window can be shown."""
    return Trial().missing()


def run(options: argparse.Namespace) -> int:
    """Open the window, and end the process with it; return 2 where there is no display."""
    trial = Trial()
    if trial.begun:
        importlib.import_module("app.window.main_window")  # which takes longer
    if missing := trial.missing():
        print(missing, file=sys.stderr)
        return 2
    from app.window.application import application, close_windows
    from app.window.main_window import MainWindow

    running = application()
    on_signal(close_windows)
    window = MainWindow(options)
    window.closing.connect(end_soon)
    window.show()
    if options.play:
        window.viewport.first_frame.connect(lambda: window.play(*options.play))
    return end(running.exec())
