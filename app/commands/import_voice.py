"""`import-voice`: check and keep a Piper voice, which can then be asked for by name."""

import argparse
from pathlib import Path

from app.conversation.imported_voices import keep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", type=Path, metavar="F.onnx", help="a Piper voice, with its F.onnx.json beside it")
    parser.add_argument("--name", default="", help="what it is called (default: by its file)")


def run(options: argparse.Namespace) -> int:
    """Keep it; return 0. Raises as `keep` does."""
    voice = keep(options.file, options.name)
    print(f"kept as {voice.file}: ./run --voice {voice.name} speaks with it, and a persona whose pool begins with it")
    return 0
