"""`bench NAME`: figures of this machine, each by a module of tests/bench."""

import argparse
import importlib
import json
from pathlib import Path
from typing import Final

BENCHES: Final = ("latency", "sync", "model", "render", "start", "dualtalk")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("name", choices=BENCHES, help="what to measure")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long `sync` listens (default: 1)")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="DualTalk's weights for `dualtalk` (default: random)"
    )


def run(options: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    module = importlib.import_module(f"tests.bench.{options.name}")
    settings = {"sync": (options.minutes,), "dualtalk": (options.weights,)}.get(options.name, ())
    figures = module.measure(*settings)
    if options.json:
        print(json.dumps(figures))
    else:
        for key, value in figures.items():
            print(f"{key:>22}  {value}")
    return 0
