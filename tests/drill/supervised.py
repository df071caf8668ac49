"""Runs trials in worker processes: one that dies or hangs is counted, and another goes on behind it."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.drill.counts import Counts

ROOT: Final = Path(__file__).resolve().parents[2]
_PATIENCE: Final = 6.0  # s without a line and without any processor time taken: it waits for ever
_AT_WORK: Final = ("R", "D")  # it waits for a processor or for the disk: on a machine that does much else
_LAST_WORDS: Final = 600


class _Worker:
    """A worker process and the trial it is at."""

    def __init__(self, command: Sequence[str], errors: Path, environment: dict[str, str]) -> None:
        self._errors = errors
        with errors.open("wb") as sink:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=sink, cwd=ROOT, env=environment, start_new_session=True
            )
        self.at, self.name = -1, "before the first trial"

    def run(self, counts: Counts) -> bool:
        """Count its trials until it ends; return whether it ended well."""
        assert self._process.stdout is not None
        source, waiting = self._process.stdout.fileno(), b""
        taken = self._taken()
        while True:
            heard = select.select([source], [], [], _PATIENCE)[0]
            if not heard and (taken != (taken := self._taken()) or self._state() in _AT_WORK):
                continue
            piece = os.read(source, 1 << 16) if heard else b""
            if not piece:
                return self._ended(counts, bool(heard))
            *lines, waiting = (waiting + piece).split(b"\n")
            for line in lines:
                self._take(json.loads(line), counts)

    def _stat(self) -> list[str]:
        """Return what the system says of the process: its state first."""
        try:
            return Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return ["gone"]

    def _state(self) -> str:
        return self._stat()[0]

    def _taken(self) -> list[str]:
        """Return the processor time it has taken (clock ticks, of the program and of the system)."""
        return self._stat()[11:13]

    def _take(self, message: dict[str, object], counts: Counts) -> None:
        self.name = str(message["name"])
        if "began" in message:
            self.at = int(str(message["began"]))
        else:
            counts.add(self.name, str(message["fault"]), str(message["told"]))
            self.at = -1 - int(str(message["ended"]))

    def _ended(self, counts: Counts, closed: bool) -> bool:
        if not closed:
            self._process.kill()
        code = self._process.wait()
        if code == 0:
            return True
        fault = "hangs" if not closed or code == -signal.SIGXCPU else "tracebacks"
        told = "it waits for ever" if not closed else f"ended with {code}"
        counts.add(self.name, fault, f"{told} {self._errors.read_text(errors='replace')[-_LAST_WORDS:]}")
        return False

    @property
    def next(self) -> int:
        """The number of the trial behind the one it ended at."""
        return self.at + 1 if self.at >= 0 else -self.at


def run_trials(module: str, count: int, seed: int, kinds: Sequence[str] = ()) -> Counts:
    """Run the trials of a module of this package, of some of its kinds (all: none named); return what was counted."""
    counts, first = Counts(), 0
    with TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        environment = os.environ | {
            "OMP_WAIT_POLICY": "passive", "HOME": name, "XDG_DATA_HOME": str(folder / "kept"),
        }  # fmt: skip
        while True:
            numbers = [str(number) for number in (count, seed, first)]
            command = [sys.executable, "-m", "tests.drill.worker", module, *numbers, name, *kinds]
            worker = _Worker(command, folder / "errors.txt", environment)
            if worker.run(counts):
                return counts
            if worker.next <= first and worker.at < 0:
                return counts  # it cannot even begin: counted once
            first = worker.next


def cpu_seconds() -> float:
    """Return the processor time of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def until_ended(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Wait for a process; return whether it ended in time, else kill it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return True
        time.sleep(0.05)
    process.kill()
    process.wait()
    return False
