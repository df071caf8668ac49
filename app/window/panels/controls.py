"""The side panel: a title and two tabs, talk and look."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from app.window.panels.look import Look
from app.window.panels.talk import Talk


def _scrolled(tab: QWidget) -> QScrollArea:
    """Return a tab that can be scrolled on a low screen."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(tab)
    return area


class Controls(QWidget):
    """The two tabs, `talk` and `look`."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(300)
        title = QLabel("DualTalk Live")
        title.setObjectName("title")
        self.talk, self.look = Talk(), Look()
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.addTab(_scrolled(self.talk), "Talk")
        tabs.addTab(_scrolled(self.look), "Look")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 16, 4, 4)
        layout.setSpacing(8)
        title.setContentsMargins(14, 0, 0, 0)
        layout.addWidget(title)
        layout.addWidget(tabs, 1)
