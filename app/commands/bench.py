"""`bench NAME`: figures of this machine, each by a module of app/bench."""

import argparse
import importlib
import json
from pathlib import Path
from typing import Final

BENCHES: Final = ("latency", "sync", "model", "render", "start", "dualtalk", "conversation", "heads")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("name", choices=BENCHES, help="what to measure")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument(
        "--minutes",
        type=float,
        help="how long `sync` listens (default: 1); how long `conversation` simulates (default: 10)",
    )
    parser.add_argument("--hours", type=float, default=0.0, help="how long `model` streams besides (default: 0)")
    parser.add_argument("--turns", type=int, default=100, help="spoken turns of `conversation` (default: 100)")
    parser.add_argument("--hearing", type=Path, metavar="FILE", help="a Whisper model for `conversation`")
    parser.add_argument("--agent", metavar="NAME|FILE", help="who answers in `conversation` (default: mira)")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="DualTalk's weights for `dualtalk` (default: random)"
    )


def run(options: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    module = importlib.import_module(f"app.bench.{options.name}")
    settings = {
        "sync": (options.minutes or 1.0,), "model": (options.hours,), "dualtalk": (options.weights,),
        "conversation": (options.turns, options.minutes or 10.0, options.hearing, options.agent),
    }.get(options.name, ())  # fmt: skip
    figures = module.measure(*settings)
    if options.json:
        print(json.dumps(figures))
    else:
        for key, value in figures.items():
            print(f"{key:>22}  {value}")
    return 0
