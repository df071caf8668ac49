"""What the window's tests share: its end, its picture, its buttons."""

import gc

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests import conftest

PATIENCE = round(conftest.PATIENCE * 1000)  # as qtbot counts it


def bury(window: MainWindow) -> None:
    """End a closed window here, on its own thread: left to the collector, it could end on another, where Qt aborts."""
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)
    gc.unfreeze()
    gc.collect()


def picture(window: MainWindow) -> np.ndarray:
    image = window.viewport.grabFramebuffer().convertToFormat(window.viewport.grabFramebuffer().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def silence_sample(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until the sample plays by itself, as it does without a microphone, and stop it."""
    qtbot.waitUntil(lambda: window.session.ready and window.session.playback is not None, timeout=PATIENCE)
    qtbot.mouseClick(button(window, "Silence"), Qt.MouseButton.LeftButton)


def button(window: MainWindow, text: str) -> QPushButton:
    return next(b for b in window.findChildren(QPushButton) if text in b.text())
