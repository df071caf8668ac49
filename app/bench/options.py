"""How much a bench measures, and where its progress is told."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BenchOptions:
    """What a bench is asked for; each reads what concerns it, None standing for its own default.

    quick: measure the same with less, within two minutes on a slow machine. minutes: how long `sync` listens, and how long
    `conversation` simulates. hours: that `model` streams besides. turns: spoken ones of `conversation` and `pauses`.
    hearing: what hears, as `./run` takes it. agent: who answers, in `conversation` and `persona`, or speaks in `voice`.
    voice: by name, for `voice` and `talk`. model: that runs beside `render`. weights: DualTalk's, random where none are
    given. speech, noise: a folder of recordings with texts, and conditions, for `recognition`.
    """

    quick: bool = False
    minutes: float | None = None
    hours: float = 0.0
    turns: int | None = None
    hearing: str = "auto"
    agent: str | None = None
    voice: str = "auto"
    model: str = "duet"
    weights: Path | None = None
    speech: Path | None = None
    noise: tuple[str, ...] = ()

    def count(self, whole: int, quick: int) -> int:
        """Return how many times something is measured."""
        return quick if self.quick else whole


def progress(text: str, done: int = 0, whole: int = 0) -> None:
    """Tell on standard error what is being measured, and how much of it is done."""
    print(f"{text} {done}/{whole}" if whole else text, file=sys.stderr, flush=True)
