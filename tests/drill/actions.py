"""Random actions in the real window on a virtual screen, and windows that are closed while they begin."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from app.bench.virtual import virtual_screen
from tests.drill.acting import BEGUN_SECONDS
from tests.drill.counts import Counts
from tests.drill.supervised import ROOT

_END_SECONDS: Final = 60.0  # for a window that was closed, on a machine that does much else; the program promises 5
_GROWN: Final = 1 << 30
_NOBODY: Final = "http://127.0.0.1:9"  # a download that is agreed to by chance fails at once
_SCREEN: Final = 1400  # pixels


class _Watched:
    """The process of a window, the lines that it has printed, and whether it ended in time."""

    def __init__(self, arguments: list[str], environment: dict[str, str], errors: Path, seconds: float) -> None:
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.drill.acting", *arguments]
        with errors.open("w") as sink:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=sink, text=True
            )
        self.lines: list[dict[str, Any]] = []
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        self._wait(1, BEGUN_SECONDS + seconds)
        self._wait(2, seconds + BEGUN_SECONDS)
        self._wait(9, _END_SECONDS)
        self.ended = self._process.poll() is not None
        self._process.kill()
        self.code = self._process.wait()
        reader.join(5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self.lines.append(json.loads(line))

    def _wait(self, lines: int, seconds: float) -> None:
        """Wait for so many lines, or the end."""
        end = time.monotonic() + seconds
        while self._process.poll() is None and len(self.lines) < lines and time.monotonic() < end:
            time.sleep(0.1)


def _round(counts: Counts, name: str, seconds: float, seed: int, early: bool) -> None:
    with TemporaryDirectory(prefix="drill-") as folder:
        environment = os.environ | {
            "XDG_DATA_HOME": folder, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": folder, "QT_QPA_PLATFORM": "xcb",
            "PULSE_SERVER": "unix:/nowhere", "HTTPS_PROXY": _NOBODY, "HTTP_PROXY": _NOBODY, "OMP_WAIT_POLICY": "passive",
        }  # fmt: skip
        errors = Path(folder) / "errors.txt"
        window = _Watched([str(seconds), str(seed), str(int(early))], environment, errors, seconds)
        acts = sum(line.get("acts", 0) for line in window.lines)
        counts.trials += max(acts - 1, 0)  # every action is a trial
        counts.add(name, *_judged(window, errors.read_text(errors="replace"), Path(folder)))


def _judged(window: _Watched, errors: str, kept: Path) -> tuple[str, str]:
    """Return a window's fault and words, both empty where all was well."""
    last = window.lines[-1] if window.lines else {}
    if not window.ended:
        return "hangs", f"it did not end within {_END_SECONDS:.0f} s, after {last}; {errors[-300:]}"
    if window.code != 0 or "Traceback" in errors or last.get("failed"):
        return "tracebacks", f"ended with {window.code}: {last.get('failed')} {errors[-600:]}"
    if last.get("grown", 0) > _GROWN:
        return "over_memory", f"grew by {last['grown'] >> 20} MB"
    if broken := _broken_sessions(kept):
        return "lost", broken
    return ("wrong", f"the window wants {last['widest']} px") if last.get("widest", 0) > _SCREEN else ("", "")


def _broken_sessions(kept: Path) -> str:
    """Return what is wrong with the sessions that were recorded on the way."""
    from app.timeline.lines import read

    for lines in kept.rglob("timeline.jsonl"):
        try:
            read(lines.parent)
        except (ValueError, OSError) as error:
            return str(error)
    return ""


def drill(seconds: float, seed: int, rounds: int, early: int) -> Counts:
    """Act in so many windows for so many seconds each, and close others while they begin."""
    counts = Counts()
    with virtual_screen():
        for number in range(rounds):
            _round(counts, f"random actions, seed {seed + number}", seconds, seed + number, False)
        for number in range(early):
            _round(counts, f"closed while it begins, seed {seed + number}", 0.0, seed + number, True)
    return counts
