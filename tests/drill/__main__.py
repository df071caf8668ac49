"""Runs the drills and prints one line of JSON: `python -m tests.drill [--quick] [--seed N] [--only DRILL …]`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Final

from tests.drill.counts import Counts
from tests.drill.supervised import cpu_seconds, run_trials


@dataclass(frozen=True)
class Sizes:
    """How much is tried: of files a kind; of each way a disk fails; of commands; harms of each child; kills of the sound
    server; seconds of random actions in a window, in how many windows, and how many are closed while they begin."""

    files: int
    disk: int
    commands: int
    harms: int
    kills: int
    seconds: float
    windows: int
    early: int


_FULL: Final = Sizes(300, 30, 1000, 40, 50, 90.0, 5, 20)
_QUICK: Final = Sizes(4, 1, 25, 1, 1, 4.0, 1, 0)


def _files(sizes: Sizes, seed: int) -> dict[str, Counts]:
    from tests.drill.kinds import KINDS

    if sizes is _QUICK:  # one process for all: loading torch takes longer than the trials
        return {"files": run_trials("files", sizes.files, seed)}
    found = {}
    for number, name in enumerate(KINDS, 1):
        print(f"files {number}/{len(KINDS)}: {name}", flush=True)
        found[name] = run_trials("files", sizes.files, seed, [name])
    return found


def _children(sizes: Sizes, seed: int) -> dict[str, Counts]:
    from tests.drill.children import drill

    return {"children": drill(sizes.harms, seed, sizes is _QUICK)}


def _language_server(sizes: Sizes, _seed: int) -> dict[str, Counts]:
    from tests.drill.language_server import drill

    return {"language_server": drill(sizes is _QUICK)}


def _server(sizes: Sizes, seed: int) -> dict[str, Counts]:
    from tests.drill.server import kills

    found = kills(sizes.kills, seed, lambda line: print(line, flush=True))
    broken = {name: found[name] for name in ("deaf", "mute", "hung") if found[name]}
    crashed = 0 if found["hung"] else sizes.kills - found["trials"]  # each kill that was never tried
    counts = Counts(trials=sizes.kills, hangs=sum(broken.values()), tracebacks=crashed)
    if counts.hangs or counts.tracebacks:
        counts.found.append(f"sound server killed: {broken}, {crashed} not tried after a crash")
    return {"server": counts}


def _actions(sizes: Sizes, seed: int) -> dict[str, Counts]:
    from tests.drill.actions import drill

    return {"actions": drill(sizes.seconds, seed, sizes.windows, sizes.early)}


DRILLS: Final[dict[str, Callable[[Sizes, int], dict[str, Counts]]]] = {
    "files": _files,
    "disk": lambda sizes, seed: {"disk": run_trials("disk", sizes.disk, seed)},
    "commands": lambda sizes, seed: {"commands": run_trials("commands", sizes.commands, seed)},
    "children": _children,
    "language_server": _language_server,
    "server": _server,
    "actions": _actions,
}


def main() -> None:
    """Run what is asked for; figures on standard output, what is under way and each fault in words beside it."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few trials of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=DRILLS, default=list(DRILLS), metavar="DRILL")
    options = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    whole, kinds = Counts(), dict[str, dict[str, int]]()
    for name in options.only:
        began, taken = time.monotonic(), cpu_seconds()
        with redirect_stdout(sys.stderr):
            found = DRILLS[name](_QUICK if options.quick else _FULL, options.seed)
        for kind, counts in found.items():
            whole.join(counts)
            kinds[kind] = counts.figures()
        told = f"{time.monotonic() - began:.0f} s, {cpu_seconds() - taken:.0f} s of processor time"
        print(f"{name}: {told}: {sum(c.trials for c in found.values())} trials", file=sys.stderr, flush=True)
        for fault in (fault for counts in found.values() for fault in counts.found):
            print(f"  {fault}", file=sys.stderr, flush=True)
    print(json.dumps(whole.figures() | {"kinds": kinds, "found": whole.found}))


if __name__ == "__main__":
    main()
