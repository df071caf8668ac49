"""One way to run a loop on a thread: call `step` over and over, and hand any exception to whoever shows it."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

_LOG: Final = logging.getLogger(__name__)
_PAUSE_AFTER_FAILURE: Final = 1.0


class Loop:
    """Runs `step()` on a thread of its own until `stop`. A step returns whether it did something; else it rests.

    failed: told of every exception that differs from the last one; the loop then goes on after a pause. ended: called on
    the same thread after the last step, to close what the loop owns. mended: told when a step does something again.
    """

    def __init__(
        self, name: str, step: Callable[[], bool], rest_seconds: float, failed: Callable[[str, Exception], None],
        ended: Callable[[], object] = lambda: None, mended: Callable[[str], object] = lambda _: None,
    ) -> None:  # fmt: skip
        self.name, self._step, self._rest, self._failed, self._ended = name, step, rest_seconds, failed, ended
        self._mended = mended
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step under way; returns at once. One that never began closes what it owns all the same."""
        self._stopping.set()
        if self._thread.ident is None:
            self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended, so many seconds at most; return whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._repeat()
        try:
            self._ended()
        except Exception as error:  # nobody is left to go on for
            self._failed(self.name, error)

    def _repeat(self) -> None:
        told = ""
        while not self._stopping.is_set():
            try:
                busy = self._step()
            except Exception as error:  # the one place where a loop's failures are caught
                if repr(error) != told and not self._stopping.is_set():
                    told = repr(error)
                    _LOG.error("the loop %s failed", self.name, exc_info=error)
                    self._failed(self.name, error)
                self._stopping.wait(_PAUSE_AFTER_FAILURE)
            else:
                if not busy:
                    self._stopping.wait(self._rest)
                elif told:
                    told = ""
                    self._mended(self.name)


def stopped(loops: Sequence[Loop], seconds: float) -> list[str]:
    """Tell all loops to end, then wait for them until one deadline, `seconds` from now; return the names of those that hang.

    They are left behind: their threads end with the process.
    """
    deadline = time.monotonic() + seconds
    for loop in loops:
        loop.stop()
    return [loop.name for loop in loops if not loop.join(max(0.0, deadline - time.monotonic()))]
