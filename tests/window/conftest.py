"""The program's window on a virtual screen. These tests run apart: a process draws either in a window or without one."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.panels.theme import STYLE
from app.window.viewport import set_surface_format
from tests.window.helpers import PATIENCE, bury

set_surface_format()


@pytest.fixture
def window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The program's window without any sound device: it plays the sample conversation by itself."""
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setStyleSheet(STYLE)
    opened = MainWindow()
    opened.show()
    qtbot.waitUntil(lambda: opened.viewport.frames > 2, timeout=PATIENCE)
    yield opened
    opened.close()
    bury(opened)
