"""The real window on a virtual screen with virtual sound, each drawn frame noted, for `latency` and `sync`."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEventLoop, QTimer

from tests.virtual import virtual_screen, virtual_sound

_READY_SECONDS: Final = 60.0


@dataclass
class Shown:
    """Frames that reached the screen: when (monotonic s), the timeline's sample shown, both jaws (rad)."""

    at: list[float] = field(default_factory=list)
    sample: list[float] = field(default_factory=list)
    jaws: list[tuple[float, float]] = field(default_factory=list)


class Live:
    """A running window whose frames are noted; `run(seconds)` lets it live."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from app.main_window import MainWindow
        from app.theme import STYLE
        from app.viewport import set_surface_format

        set_surface_format()
        self.application = QApplication.instance() or QApplication(["bench"])
        self.application.setStyleSheet(STYLE)
        self.window = MainWindow(argparse.Namespace(agent="wizard"))  # who says nothing by itself
        self.session = self.window.session
        self.shown = Shown()
        self._drawn: tuple[float, tuple[float, float]] | None = None
        view = self.window.viewport
        view._poses = self._noting(view._poses)
        view.frameSwapped.connect(self._swapped)
        self.window.show()

    def _noting(self, poses: Callable[[str, float], Any]) -> Callable[[str, float], Any]:
        def noted(facing: str, ahead: float) -> Any:
            sample = self.session.clock.now() + ahead * 16_000
            result = poses(facing, ahead)
            self._drawn = (sample, (float(result[0].motion[50]), float(result[1].motion[50])))
            return result

        return noted

    def _swapped(self) -> None:
        if self._drawn:
            self.shown.at.append(time.monotonic())
            self.shown.sample.append(self._drawn[0])
            self.shown.jaws.append(self._drawn[1])

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let the window live for some seconds, or until something is so."""
        loop, check = QEventLoop(), QTimer()
        end = time.monotonic() + seconds
        check.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
        check.start(20)
        loop.exec()  # rather than processEvents, which some versions of PySide6 leak in
        check.stop()

    def frames(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return times [N], samples [N], jaws [N, 2] of the frames so far."""
        return np.array(self.shown.at), np.array(self.shown.sample), np.array(self.shown.jaws)


@contextmanager
def live() -> Iterator[Live]:
    """Open the window on virtual devices and wait until the motion model runs."""
    with virtual_sound(), virtual_screen():
        running = Live()
        try:
            running.run(_READY_SECONDS, lambda: running.session.ready)
            running.run(1.5)
            yield running
        finally:
            running.window.close()
            running.application.shutdown()
