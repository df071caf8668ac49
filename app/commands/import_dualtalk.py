"""`import-dualtalk`: checks the authors' checkpoint, converts it once to safetensors, and keeps it."""

import argparse
import sys
from pathlib import Path

from app import store
from app.commands.consent import agreed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="DualTalk.pth, or a converted file")
    parser.add_argument("--download", action="store_true", help="fetch the file from the model hub first")
    parser.add_argument("--yes", action="store_true", help="download without asking")
    parser.add_argument("--half", action="store_true", help="keep the encoders in bfloat16: half the size")


def run(options: argparse.Namespace) -> int:
    """Import; return 0, or 2 where no file was named."""
    from inference.dualtalk.checkpoint import PARAMETERS, convert

    source = _downloaded(options.yes) if options.download else options.file
    if source is None:
        if not options.download:
            print("name the file: ./run import-dualtalk DualTalk.pth, or --download it", file=sys.stderr)
        return 2
    target = store.dualtalk_weights()
    if target.exists() and source.exists() and source.samefile(target):
        print(f"{source} is the imported file itself: name the one that it was made from", file=sys.stderr)
        return 2
    print(f"checking {source} …", file=sys.stderr)
    about = convert(source, target, options.half)
    if options.download:
        source.unlink()  # the converted file holds all of it
    size = target.stat().st_size / 1e9
    print(
        f"DualTalk is imported: {about.parameters / 1e6:.0f} M parameters, {about.precision}, {size:.1f} GB at {target}"
    )
    print(f"SHA-256 of {about.source}: {about.sha256}")
    if about.parameters != PARAMETERS:
        print(f"it is not of the paper's size, which is {PARAMETERS / 1e6:.0f} M parameters")
    return 0


def _downloaded(yes: bool) -> Path | None:
    """Return the fetched file, None where the person did not agree."""
    from inference.dualtalk import hub

    offer = hub.offer()
    print(f"{hub.FILE} of {hub.REPOSITORY}: {offer.size / 1e9:.2f} GB, licence: {offer.licence}", file=sys.stderr)
    if not agreed(yes):
        return None
    return hub.download(store.store() / "download", offer)
