"""The one Qt application of a process: its GL form, name and look; and a wait that lets it live."""

import sys
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEventLoop, QMetaObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.window.panels.theme import STYLE
from app.window.viewport import set_surface_format

_LOOK_MS: Final = 20


def application() -> QApplication:
    """Return the application, made where there is none yet."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    set_surface_format()
    made = QApplication(sys.argv[:1])
    made.setApplicationName("DualTalk Live")
    made.setStyle("Fusion")
    made.setStyleSheet(STYLE)
    return made


def close_windows() -> None:
    """Close all windows, and end the application with them, soon; from any thread."""
    there = QApplication.instance()
    if there is not None:
        QMetaObject.invokeMethod(there, "quit", Qt.ConnectionType.QueuedConnection)


def live_for(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the windows live for some seconds, or until something is so."""
    loop, check = QEventLoop(), QTimer()
    end = time.monotonic() + seconds
    check.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
    check.start(_LOOK_MS)
    loop.exec()  # rather than processEvents, which some versions of PySide6 leak in
    check.stop()
