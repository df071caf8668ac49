"""The process that trials run in: one after the other, each with limits of memory and of processor time."""

import faulthandler
import importlib
import json
import os
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from tests.drill.counts import fault_of

_ROOM: Final = 3 << 30  # bytes of address space beyond what the process has
_RESIDENT: Final = 1 << 30  # bytes that a trial may take
_SECONDS: Final = 10  # of processor time


@dataclass(frozen=True)
class Trial:
    """`ready` prepares and is not judged; `act` does what the program does, and returns "" or "FAULT: words".

    named: what an error's words have to name.
    """

    name: str
    named: str
    ready: Callable[[], Any]
    act: Callable[[Any], str]


class Drill(Protocol):
    """A module of trials."""

    def trials(self, count: int, seed: int, folder: Path, kinds: Sequence[str]) -> list[Trial]:
        """Return the trials, always the same for the same arguments."""


def _status(name: str) -> int:
    """Return a size (bytes) of this process as the system tells it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    raise LookupError(name)


def _limit() -> None:
    """Give the next trial its room and time; what it takes beyond ends this process."""
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize:") + _ROOM, resource.RLIM_INFINITY))
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + _SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    Path("/proc/self/clear_refs").write_text("5")  # the highest size counts from here


def judged(trial: Trial) -> tuple[str, str]:
    """Run a trial; return its fault and words, both empty where all was well."""
    prepared = trial.ready()
    before = _status("VmRSS:")
    _limit()
    try:
        fault, _, told = trial.act(prepared).partition(": ")
    except Exception as error:  # which of them are faults is what the drill finds out
        fault, told = fault_of(error, trial.named), "".join(traceback.format_exception(error)[-2:])
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    taken = _status("VmHWM:") - before
    return ("over_memory", f"took {taken >> 20} MB") if not fault and taken > _RESIDENT else (fault, told)


def main(module: str, count: int, seed: int, first: int, folder: Path, kinds: Sequence[str]) -> None:
    """Run the trials from the first on, a line of JSON before and after each."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print stays off the lines

    def tell(**message: object) -> None:
        lines.write(json.dumps(message) + "\n")
        lines.flush()

    drill: Drill = importlib.import_module(f"tests.drill.{module}")  # type: ignore[assignment]
    for number, trial in enumerate(drill.trials(count, seed, folder, kinds)):
        if number >= first:
            tell(began=number, name=trial.name)
            fault, told = judged(trial)
            tell(ended=number, name=trial.name, fault=fault, told=told)


if __name__ == "__main__":
    main(sys.argv[1], *(int(text) for text in sys.argv[2:5]), Path(sys.argv[5]), sys.argv[6:])
