"""`build-heads`: the bundled heads from their CC0 source, which is downloaded and checked."""

import argparse
from pathlib import Path

from app.session.faces import HEADS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--output", type=Path, default=HEADS, help="the folder to write (default: the program's own)")


def run(options: argparse.Namespace) -> int:
    """Build; return 0."""
    from avatar.build.heads import build_heads

    build_heads(options.output)
    print(f"wrote {options.output}")
    return 0
