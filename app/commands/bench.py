"""`bench NAME`: figures of this machine, each by a module of app/bench; `bench all` takes them one after the other."""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from app.bench.options import BenchOptions, progress
from app.session.models import MOTION_MODELS

BENCHES: Final = (
    "latency", "sync", "model", "render", "start", "dualtalk", "conversation", "pauses", "persona", "recognition", "talk",
    "heads", "voice",
)  # fmt: skip
# Faults are tried for an hour or more, and say nothing about the machine: not one of all.
DRILL: Final = "drill"
_ROOT: Final = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("name", choices=(*BENCHES, DRILL, "all"), help="what to measure; all: every one but the drill")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--quick", action="store_true", help="the same figures from less, in at most two minutes")
    parser.add_argument(
        "--minutes",
        type=float,
        help="how long `sync` listens (default: 1); how long `conversation` simulates (default: 10)",
    )
    parser.add_argument("--hours", type=float, default=0.0, help="how long `model` streams besides (default: 0)")
    parser.add_argument("--turns", type=int, help="spoken turns of `conversation` and `pauses` (default: 100)")
    parser.add_argument(
        "--hearing", default="auto", metavar="NAME|FILE",
        help="what hears in `conversation`, `recognition`, `talk` (default: the best)",
    )  # fmt: skip
    parser.add_argument(
        "--speech", type=Path, metavar="DIR", help="recordings with texts for `recognition` (default: its own)"
    )
    parser.add_argument(
        "--noise", nargs="+", default=(), metavar="KIND",
        help="for `recognition`: clean, babble:DB, white:DB, reverb, telephone",
    )  # fmt: skip
    parser.add_argument(
        "--agent", metavar="NAME|FILE", help="who answers in `conversation` and `persona` (mira), or speaks in `voice`"
    )
    parser.add_argument(
        "--voice",
        default="auto",
        metavar="NAME",
        help="which `voice` measures, and `talk` speaks with (default: the best)",
    )
    parser.add_argument(
        "--model", choices=MOTION_MODELS.names(), default="duet", help="what runs beside `render` (default: duet)"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="DualTalk's weights for `dualtalk` and `render` (default: random)"
    )


def options_of(parsed: argparse.Namespace) -> BenchOptions:
    """Return what the line asks of a bench."""
    return BenchOptions(
        quick=parsed.quick, minutes=parsed.minutes, hours=parsed.hours, turns=parsed.turns, hearing=parsed.hearing,
        agent=parsed.agent, voice=parsed.voice, model=parsed.model, weights=parsed.weights,
        speech=parsed.speech, noise=tuple(parsed.noise),
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    """Measure and print; return 0, or 1 where one of all benches failed."""
    if parsed.name == "all":
        return _all(parsed.quick, parsed.json)
    figures = importlib.import_module(f"app.bench.{parsed.name}").measure(options_of(parsed))
    print(json.dumps(figures) if parsed.json else table(figures))
    return 0


def table(figures: dict[str, Any]) -> str:
    """Return figures as lines."""
    return "\n".join(f"{key:>22}  {value}" for key, value in figures.items())


def _all(quick: bool, as_json: bool) -> int:
    """Take every bench in a process of its own, since some need a display and some must not have one."""
    found: dict[str, Any] = {}
    for number, name in enumerate(BENCHES):
        progress(f"bench {name}", number + 1, len(BENCHES))
        command = [sys.executable, str(_ROOT / "main.py"), "bench", name, "--json"]
        done = subprocess.run([*command, *(["--quick"] if quick else [])], stdout=subprocess.PIPE, text=True)
        lines = done.stdout.splitlines()
        found[name] = json.loads(lines[-1]) if done.returncode == 0 else {"failed": done.returncode}
        if not as_json:
            print(f"{name}\n{table(found[name])}", flush=True)
    if as_json:
        print(json.dumps(found))
    return int(any("failed" in figures for figures in found.values()))
