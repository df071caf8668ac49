"""A window of their own for the heads: for a second screen, or for streaming software to capture."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

_SIZE: Final = (1280, 720)


class HeadsWindow(QWidget):
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
