"""A window that somebody acts in by chance, in a process of its own: buttons, lists, keys, lines, sizes, and an end."""

import json
import logging
import resource
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

from app import log
from tests.drill.counts import fault_of

BEGUN_SECONDS: Final = 240.0  # until the window is ready, on a machine that does much else
_PAUSE: Final = 0.05
_DIALOG_MS: Final = 700  # that a dialog stays open at most
_TEXTS: Final = (
    "hello", "what is your name", "x" * 10_000, "a b " * 3000, "é😀\u202e", "[smile] [nod] yes", "", " ", "\t\n", "\x00",
    "<b>bold</b>", "one. two. three. " * 100, "\u0301" * 500, "%s %n {0}",
)  # fmt: skip


class _Acted:
    """A window, and what may be done to it by chance."""

    def __init__(self, chance: Random) -> None:
        from PySide6.QtCore import QTimer

        from app.window.application import application
        from app.window.main_window import MainWindow

        self.application = application()
        self.window: Any = MainWindow()
        self.window.show()
        self._chance = chance
        self._dialogs = QTimer()
        self._dialogs.timeout.connect(self._close_dialogs)
        self._dialogs.start(_DIALOG_MS)
        self._acts: list[Callable[[], None]] = [
            self._click, self._click, self._choose, self._slide, self._write, self._key, self._size,
        ]  # fmt: skip

    def live(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        from app.window.application import live_for

        live_for(seconds, until)

    def act(self) -> None:
        """Do something."""
        self._chance.choice(self._acts)()

    def _one(self, kind: str) -> Any:
        from PySide6 import QtWidgets

        found = [
            one for one in self.window.findChildren(getattr(QtWidgets, kind)) if one.isVisible() and one.isEnabled()
        ]
        return self._chance.choice(found) if found else None

    def _later(self, act: Callable[[], None]) -> None:
        """Do something from the event loop, so that a dialog that it opens holds up nothing."""
        from PySide6.QtCore import QTimer

        QTimer.singleShot(0, act)

    def _click(self) -> None:
        button = self._one("QAbstractButton")
        if button is not None:
            self._later(button.click)

    def _choose(self) -> None:
        box = self._one("QComboBox")
        if box is not None and box.count():
            index = self._chance.randrange(box.count())
            box.setCurrentIndex(index)
            self._later(lambda: box.activated.emit(index))

    def _slide(self) -> None:
        slider = self._one("QSlider")
        if slider is not None:
            slider.setValue(self._chance.randint(slider.minimum(), slider.maximum()))

    def _write(self) -> None:
        field = self._one("QLineEdit")
        if field is not None:
            field.setText(self._chance.choice(_TEXTS))
            self._later(field.returnPressed.emit)

    def _key(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        key = self._chance.choice(
            (Qt.Key.Key_F8, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Return)
        )
        QTest.keyClick(self.window, key)

    def _size(self) -> None:
        self.window.resize(self._chance.randrange(1, 1400), self._chance.randrange(1, 900))

    def _close_dialogs(self) -> None:
        """Answer what asks, whichever way, and leave what lets choose files."""
        from PySide6.QtWidgets import QApplication, QDialog, QMessageBox

        for one in QApplication.topLevelWidgets():
            if isinstance(one, QMessageBox) and one.isVisible():
                self._chance.choice(one.buttons()).click()
            elif isinstance(one, QDialog) and one.isVisible():
                one.reject()

    def close(self) -> None:
        """Close the window, once no dialog is open."""
        self._close_dialogs()
        self.live(_PAUSE)
        self.window.close()
        self.live(_PAUSE)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class _Faults(logging.Handler):
    """Gathers the errors that a loop, a thread or the window met and that were not raised in words."""

    def __init__(self, failed: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._failed = failed

    def emit(self, record: logging.LogRecord) -> None:
        """Gather an error, if the record is of one."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and fault_of(error, ""):
            self._failed.append("".join(traceback.format_exception(error)[-3:]))


def play(seconds: float, seed: int, early: bool) -> None:
    """Act for so long, then close; a line of JSON at the start, at the close, and of what went wrong.

    early: close before anything is loaded.
    """
    failed: list[str] = []
    log.begin("drill")
    logging.getLogger().addHandler(_Faults(failed))
    sys.excepthook = lambda *told: failed.append("".join(traceback.format_exception(*told)[-3:]))
    threading.excepthook = lambda told: failed.append("".join(traceback.format_exception(told.exc_value)[-3:]))
    chance = Random(seed)
    acted = _Acted(chance)
    limit = chance.uniform(0.0, 3.0) if early else BEGUN_SECONDS
    acted.live(limit, lambda: bool(acted.window.session.ready))
    _tell(began=True)
    before, acts, end = _resident(), 0, time.monotonic() + (0.0 if early else seconds)
    while time.monotonic() < end:
        acted.act()
        acts += 1
        acted.live(_PAUSE)
    _tell(closing=True, acts=acts)
    widest = acted.window.minimumSizeHint().width()
    acted.close()
    _tell(failed=failed, grown=_resident() - before, widest=widest)
    acted.application.shutdown()


def _tell(**message: object) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    play(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1")
