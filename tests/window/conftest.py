"""The program's window on a virtual screen. These tests run apart: a process draws either in a window or without one."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.settings import DEFAULTS, Settings
from app.window.main_window import MainWindow
from app.window.panels.theme import STYLE
from app.window.viewport import set_surface_format
from tests.window.helpers import PATIENCE, bury

set_surface_format()


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is chosen in a folder of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "kept"))


@pytest.fixture
def open_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MainWindow]]:
    """Opens the program's window without any sound device: it plays the sample conversation by itself."""
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setStyleSheet(STYLE)
    opened: list[MainWindow] = []

    def begun(settings: Settings = DEFAULTS, saved: Collection[str] = ()) -> MainWindow:
        opened.append(MainWindow(settings, saved))
        opened[-1].show()
        qtbot.waitUntil(lambda: opened[-1].viewport.frames > 2, timeout=PATIENCE)
        return opened[-1]

    yield begun
    for window in opened:
        window.close()
        bury(window)


@pytest.fixture
def window(open_window: Callable[..., MainWindow]) -> MainWindow:
    """The program's window as it begins."""
    return open_window()
