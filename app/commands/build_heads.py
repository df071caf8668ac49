"""`build-heads`: the bundled heads from their CC0 source, which is downloaded and checked."""

import argparse
import sys
from pathlib import Path

from app.commands.outputs import add_overwrite, refusal
from app.session.faces import HEADS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    add_overwrite(parser)
    parser.add_argument("--output", type=Path, default=HEADS, help="the folder to write (default: the program's own)")


def run(options: argparse.Namespace) -> int:
    """Build; return 0, or 2 where there are heads already, which may not be replaced."""
    wrong = refusal((), (options.output / "model.npz",), options.overwrite) if options.output.is_dir() else ""
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    from avatar.build.heads import build_heads

    build_heads(options.output)
    print(f"wrote {options.output}")
    return 0
