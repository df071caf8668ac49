"""The window, which is what happens with no command."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.arguments import add_settings_arguments, settings_of
from app.ending import end, end_soon, on_signal
from app.settings import Resolved
from app.window.display import Trial
from audio_io.files import Sound

if TYPE_CHECKING:
    from app.session.shown import Replayed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--play", nargs=2, type=Path, metavar=("OWN", "PARTNER"), help="begin with two recordings")
    add_settings_arguments(parser)


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
    return opened(settings_of(options), options.play)


def opened(begun: Resolved, play: Sequence[Sound] | None = None, again: "Replayed | None" = None) -> int:
    """Open the window, and end the process with it.

    play: two recordings or voices, own and partner's; again: a stored session.
    """
    from app.window.application import application, close_windows
    from app.window.main_window import MainWindow

    running = application()
    on_signal(close_windows)
    window = MainWindow(begun.settings, begun.saved)
    window.closing.connect(end_soon)
    window.show()
    if play:
        own, partner = play
        window.viewport.first_frame.connect(lambda: window.recordings.play(own, partner))
    if again is not None:
        window.viewport.first_frame.connect(lambda: window.recordings.play_again(again))
    return end(running.exec())
