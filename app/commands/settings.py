"""`settings`: what a session would begin with, and where each value comes from; `--save` keeps it for the next start."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.arguments import add_settings_arguments, settings_of
from app.settings import save


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    add_settings_arguments(parser)
    parser.add_argument("--save", action="store_true", help="keep these values, which every later start begins with")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(options: argparse.Namespace) -> int:
    """Print each value and its source; return 0."""
    found = settings_of(options)
    values: dict[str, Any] = {
        name: str(value) if isinstance(value, Path) else value for name, value in asdict(found.settings).items()
    }
    if options.json:
        print(json.dumps({name: {"value": value, "from": found.sources[name]} for name, value in values.items()}))
    else:
        for name, value in values.items():
            print(f"{name:>14}  {'-' if value is None else value!s:<24}  {found.sources[name]}")
    if options.save:
        path = save(found.settings)
        if not options.json:
            print(f"kept in {path}")
    return 0
