"""One way to run a loop on a thread: call `step` over and over, and hand any exception to whoever shows it."""

import logging
import threading
from collections.abc import Callable
from typing import Final

_LOG: Final = logging.getLogger(__name__)
_PAUSE_AFTER_FAILURE: Final = 1.0


class Loop:
    """Runs `step()` on a thread of its own until `stop`. A step returns whether it did something; else it rests.

    failed: told of every exception that differs from the last one; the loop then goes on after a pause.
    """

    def __init__(
        self, name: str, step: Callable[[], bool], rest_seconds: float, failed: Callable[[str, Exception], None]
    ) -> None:
        self._name, self._step, self._rest, self._failed = name, step, rest_seconds, failed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 3.0) -> None:
        """End after the step under way, or give up waiting for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        told = ""
        while not self._stopping.is_set():
            try:
                busy = self._step()
            except Exception as error:  # the one place where a loop's failures are caught
                if repr(error) != told:
                    told = repr(error)
                    _LOG.error("the loop %s failed", self._name, exc_info=error)
                    self._failed(self._name, error)
                self._stopping.wait(_PAUSE_AFTER_FAILURE)
            else:
                if not busy:
                    self._stopping.wait(self._rest)
