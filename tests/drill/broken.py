"""Trials that break in every way that is counted, by which the drill itself is tried."""

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.drill.worker import Trial


def _told(_prepared: object) -> str:
    raise ValueError("it is damaged: get it anew")


def _not_named(_prepared: object) -> str:
    raise OSError("it is damaged")


def _wordless(_prepared: object) -> str:
    return {"a": ""}["event"]


def _crashes(_prepared: object) -> str:
    os.kill(os.getpid(), signal.SIGSEGV)
    return ""


def _waits(_prepared: object) -> str:
    threading.Event().wait()
    return ""


def _fills(_prepared: object) -> str:
    return str(len(bytearray(4 << 30)))


def trials(_count: int, _seed: int, _folder: Path, _kinds: Sequence[str] = ()) -> list[Trial]:
    """Return one that is well and one of each that is not."""
    ways = (_told, _not_named, _wordless, _crashes, _waits, _fills)
    whole = Trial("well", "", lambda: None, lambda _: "")
    return [whole, *(Trial(way.__name__, "damaged" if way is _told else "a.wav", lambda: None, way) for way in ways)]
