"""How many of the faults that can be tried break the program: what `python -m tests.drill` of this checkout counts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from app.bench.options import BenchOptions
from app.errors import MissingError

_ROOT: Final = Path(__file__).resolve().parents[2]


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return trials, tracebacks, hangs, lost (what was there and is gone), over_memory, wrong (a promise not kept), the same
    of each kind, and found: every fault in words. Progress goes to standard error.

    Raises MissingError where the program came without its tests.
    """
    if not (_ROOT / "tests" / "drill").is_dir():
        raise MissingError("the drill is part of the program's tests, which are not here: get the whole source")
    command = [sys.executable, "-m", "tests.drill", *(["--quick"] if options.quick else [])]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the drill itself ended with {done.returncode}: its last words are above")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
