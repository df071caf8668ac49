"""`import-whisper`: keep a Whisper model file, or download one by name, with size and consent."""

import argparse
import sys
from pathlib import Path

from app.commands.consent import agreed
from app.session.hearing import suited
from app.session.whisper_files import SIZES, download, keep, warn_of_download


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "model", nargs="?", default=suited()[0], metavar="NAME|FILE",
        help=f"a .pt file, or one of {', '.join(SIZES)} to download (default: {suited()[0]}, which suits this machine)",
    )  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="agree to the download without being asked")


def run(options: argparse.Namespace) -> int:
    """Keep or download; return 0, or 2 where the person did not agree or the name is unknown."""
    if options.model not in SIZES and (Path(options.model).suffix or Path(options.model).exists()):
        if not Path(options.model).is_file():
            raise FileNotFoundError(f"{options.model} is not there")
        print(f"kept as {keep(Path(options.model))}: the window's list of recognisers shows it")
        return 0
    if options.model not in SIZES:
        print(f"there is no Whisper model {options.model!r}: one of {', '.join(SIZES)}, or a .pt file", file=sys.stderr)
        return 2
    print(warn_of_download(options.model), file=sys.stderr)
    if not agreed(options.yes):
        return 2
    from tqdm import tqdm

    with tqdm(total=SIZES[options.model], unit="MB", file=sys.stderr) as bar:
        path = download(options.model, lambda share: bar.update(round(share * bar.total - bar.n, 1)))
    print(f"kept as {path}")
    return 0
