"""Both talk at once in the real window: what the whole program takes of the processor, and how many frames it still draws."""

import itertools
import os
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.bench.options import BenchOptions, progress
from app.session.session import SAMPLE
from app.settings import Settings
from app.timeline.timeline import WORDS

if TYPE_CHECKING:
    from app.bench.live import Live

_SECONDS, _QUICK_SECONDS = 60.0, 20.0
_PIECE: Final = 5.0  # s, at most, until the agent says its next line
_LINES: Final = (
    "Two heads are on the screen, yours and mine, and both of them listen while the other speaks.",
    "I can go on for quite a while about microphones, loudspeakers, and rooms of every size.",
    "Somebody who talks at the same time hears little, and yet people do it every day.",
)


class _Program:
    """This process and the helpers it started, without the virtual screen and sound."""

    def __init__(self) -> None:
        import psutil

        self._own, self._gone = psutil.Process(), (psutil.NoSuchProcess, psutil.ZombieProcess)

    def _all(self) -> list[Any]:
        helpers = []
        for child in self._own.children(recursive=True):
            with suppress(*self._gone):
                if child.name().startswith("python"):
                    helpers.append(child)
        return [self._own, *helpers]

    def look(self) -> tuple[dict[int, float], float]:
        """Return the processor's seconds of each process, and MB that all of them hold."""
        seconds, held = {}, 0.0
        for process in self._all():
            with suppress(*self._gone):
                times = process.cpu_times()
                seconds[process.pid] = times.user + times.system
                held += process.memory_info().rss / 1e6
        return seconds, held


def _both_talk(running: "Live", seconds: float) -> None:
    """Let a person and the agent talk at the same time."""
    begun, lines = time.monotonic(), itertools.cycle(_LINES)
    while (now := time.monotonic() - begun) < seconds:
        progress("seconds of talk", round(now), round(seconds))
        with subprocess.Popen(["paplay", "--device=vmic_in", str(SAMPLE / "own.flac")]) as person:
            while person.poll() is None and time.monotonic() - begun < seconds:
                if not running.session.speech.speaking:
                    running.session.conversation.dialogue.say(next(lines))
                running.run(_PIECE, lambda: person.poll() is not None or not running.session.speech.speaking)
            person.terminate()


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return `cpu` (share of all cores), `own`, `helpers` (processor's seconds a second), frames_per_second, worst_ms, rss_mb,
    turns (of the person that were understood), sentences (of the agent's that were spoken), seconds."""
    from app.bench.live import live

    with live(Settings(agent="wizard", fetch=False, hearing=options.hearing, voice=options.voice)) as running:
        program = _Program()
        running.session.listen(True)
        running.run(60.0, lambda: running.session.conversation.ears.pid is not None)
        begun, (before, _) = time.monotonic(), program.look()
        _both_talk(running, _QUICK_SECONDS if options.quick else _SECONDS)
        spent = time.monotonic() - begun
        after, held = program.look()
        at, _, _ = running.frames()
        entries = running.session.timeline.entries("turn", WORDS)
    used = {pid: ended - before.get(pid, 0.0) for pid, ended in after.items()}
    own = used.pop(os.getpid())
    gaps = np.diff(at[at >= begun])
    return {
        "cpu": round((own + sum(used.values())) / spent / (os.cpu_count() or 1), 3), "own": round(own / spent, 3),
        "helpers": round(sum(used.values()) / spent, 3),
        "frames_per_second": round(float(1 / gaps.mean()), 1), "worst_ms": round(float(gaps.max() * 1000), 1),
        "rss_mb": round(held), "turns": sum(entry.kind == "turn" for entry in entries),
        "sentences": sum(entry.kind == WORDS for entry in entries), "seconds": round(spent, 1),
    }  # fmt: skip
