"""The end of the process: asked for by a signal or a window, and forced where something hangs."""

import atexit
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn, TextIO

_PATIENCE: Final = 4.0  # s
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl+C, kill, a terminal that is closed
_LOG: Final = logging.getLogger(__name__)
_asked = threading.Event()


def end_soon() -> None:
    """Let the process end by itself within four seconds, else end it with code 1; what it hung in is written to the log.

    No thread of Python's sees to it: one that waits in a driver may hold the interpreter. To be asked again changes nothing.
    """
    if _asked.is_set():
        return
    _asked.set()
    _LOG.info("the program is asked to end")
    faulthandler.dump_traceback_later(_PATIENCE, exit=True, file=_log_file())


def _log_file() -> TextIO:
    """Return the run's log, opened once more, for it is closed before the end; nothing's file where there is none."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler) and Path(handler.baseFilename).exists():
            with suppress(OSError):
                return Path(handler.baseFilename).open("a", encoding="utf-8")
    return Path(os.devnull).open("w", encoding="utf-8")


def end(code: int) -> NoReturn:
    """End the process now, tidied up, whatever its other threads are at: Python would wait for those in a driver or loader."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def on_signal(close: Callable[[], object]) -> None:
    """Call `close` on a thread when a signal asks the process to end, which it does soon, whatever the main thread is at."""
    told, telling = socket.socketpair()
    telling.setblocking(False)
    signal.set_wakeup_fd(telling.detach(), warn_on_full_buffer=False)  # it stays open until the end
    for number in [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # the socket has it, too

    def wait() -> None:
        told.recv(1)
        end_soon()
        close()

    threading.Thread(target=wait, name="signals", daemon=True).start()
