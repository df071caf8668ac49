"""The window, which is what happens with no command."""

import argparse
import os
import signal
import sys
from pathlib import Path

from app.session.models import MODELS, add_live_arguments, add_model_arguments


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
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display to open a window on: use ./run render OWN PARTNER -o talk.mp4, which needs none"
    return ""


def run(options: argparse.Namespace) -> int:
    """Open the window and return Qt's exit code; 2 where there is no display."""
    missing = display_missing()
    if missing:
        print(missing, file=sys.stderr)
        return 2
    from app.window.application import application
    from app.window.main_window import MainWindow

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program; Qt would not hear it
    running = application()
    window = MainWindow(options)
    window.show()
    if options.play:
        window.viewport.first_frame.connect(lambda: window.recordings.play(*options.play))
    return running.exec()
