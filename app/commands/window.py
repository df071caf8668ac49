"""The window, which is what happens with no command."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from app.commands.arguments import add_settings_arguments, settings_of
from app.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--play", nargs=2, type=Path, metavar=("OWN", "PARTNER"), help="begin with two recordings")
    add_settings_arguments(parser)


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
    return opened(settings_of(options).settings, options.play)


def opened(settings: Settings, play: Sequence[Path] | None = None) -> int:
    """Open the window, with two recordings (own, partner) where they are given; return Qt's exit code."""
    from app.window.application import application
    from app.window.main_window import MainWindow

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program; Qt would not hear it
    running = application()
    window = MainWindow(settings)
    window.show()
    if play:
        own, partner = play
        window.viewport.first_frame.connect(lambda: window.recordings.play(own, partner))
    return running.exec()
