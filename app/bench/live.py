"""The real window on a virtual screen with virtual sound, each drawn frame noted, for `latency` and `sync`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.bench.virtual import virtual_screen, virtual_sound
from app.settings import Settings
from app.timeline.timeline import AGENT, USER
from audio_io.time.tape import SAMPLE_RATE
from avatar.rig.layout import JAW

_READY_SECONDS: Final = 60.0
_SILENT: Final = Settings(agent="wizard", fetch=False)  # who says nothing by itself


@dataclass
class Shown:
    """Frames that reached the screen: when (monotonic s), the timeline's sample shown, both jaws (rad)."""

    at: list[float] = field(default_factory=list)
    sample: list[float] = field(default_factory=list)
    jaws: list[tuple[float, float]] = field(default_factory=list)


class Live:
    """A running window whose frames are noted; `run(seconds)` lets it live."""

    def __init__(self, settings: Settings) -> None:
        from app.window.application import application
        from app.window.main_window import MainWindow

        self.application = application()
        self.window = MainWindow(settings)
        self.session = self.window.session
        self.shown = Shown()
        self._drawn: tuple[float, tuple[float, float]] | None = None
        view = self.window.viewport
        view._poses = self._noting(view._poses)
        view.frameSwapped.connect(self._swapped)
        self.window.show()

    def _noting(self, poses: Callable[[str, float], Any]) -> Callable[[str, float], Any]:
        def noted(facing: str, ahead: float) -> Any:
            sample = self.session.clock.now() + ahead * SAMPLE_RATE
            result = poses(facing, ahead)
            self._drawn = (sample, (float(result[USER].motion[JAW.start]), float(result[AGENT].motion[JAW.start])))
            return result

        return noted

    def _swapped(self) -> None:
        if self._drawn:
            self.shown.at.append(time.monotonic())
            self.shown.sample.append(self._drawn[0])
            self.shown.jaws.append(self._drawn[1])

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let the window live for some seconds, or until something is so."""
        from app.window.application import live_for

        live_for(seconds, until)

    def frames(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return times [N], samples [N], jaws [N, 2] of the frames so far."""
        return np.array(self.shown.at), np.array(self.shown.sample), np.array(self.shown.jaws)


@contextmanager
def live(settings: Settings = _SILENT) -> Iterator[Live]:
    """Open the window on virtual devices and wait until the motion model runs."""
    with virtual_sound(), virtual_screen():
        running = Live(settings)
        try:
            running.run(_READY_SECONDS, lambda: running.session.ready)
            running.run(1.5)
            yield running
        finally:
            running.window.close()
            running.application.shutdown()
