"""A window of their own for the heads: for a second screen, or for streaming software to capture."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

_SIZE: Final = (1280, 720)


class _HeadsWindow(QWidget):
    """Holds the viewport until it is closed; transparent where the background is, if the desktop can show that."""

    closed = Signal()

    def __init__(self, viewport: QWidget) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setWindowTitle("DualTalk Live: the heads")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setStyleSheet("background: transparent")
        self.resize(*_SIZE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(viewport)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell, so that the heads go back where they were."""
        self.closed.emit()
        super().closeEvent(event)


class Apart:
    """Where the viewport is: first in `place`, on `toggle` in a window of its own and back. told: whether it is apart."""

    def __init__(self, viewport: QWidget, place: QBoxLayout, told: Callable[[bool], None]) -> None:
        self._viewport, self._place, self._told = viewport, place, told
        self._window: _HeadsWindow | None = None

    def toggle(self) -> None:
        """Put the heads in a window of their own, or back."""
        if self._window is not None:
            self._window.close()
            return
        self._window = _HeadsWindow(self._viewport)
        self._window.closed.connect(self._take_back)
        self._window.show()
        self._told(True)

    def close(self) -> None:
        """Put the heads back."""
        if self._window is not None:
            self._window.close()

    def _take_back(self) -> None:
        window, self._window = self._window, None
        self._place.insertWidget(0, self._viewport, 1)
        self._viewport.show()
        self._told(False)
        if window is not None:
            window.deleteLater()
