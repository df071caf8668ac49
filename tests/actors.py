"""Threads that each do something at random times, and keep what went wrong."""

import itertools
import random
import threading
from collections.abc import Callable

from tests.conftest import PATIENCE


def pause(most: float) -> None:
    """Let a random time pass, up to `most` seconds."""
    threading.Event().wait(random.random() * most)


class Actors:
    """Threads that each do something so many times, and keep what went wrong."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._threads: list[threading.Thread] = []
        self.over = threading.Event()

    def add(self, action: Callable[[], object], times: int | None = None, most: float = 0.003) -> None:
        """Do something at random times, `times` often or until all is over."""

        def run() -> None:
            try:
                for _ in itertools.count() if times is None else range(times):
                    if self.over.is_set():
                        return
                    action()
                    pause(most)
            except Exception as error:
                self.errors.append(f"{action}: {error!r}")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        if times is not None:
            self._threads.append(thread)

    def finish(self) -> None:
        """Wait until those who do something a certain number of times have."""
        for thread in self._threads:
            thread.join(10 * PATIENCE)
            assert not thread.is_alive()
