"""The line at the bottom: what the agent shall say, and in words what is happening."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

_WARNING_WORDS = ("cannot", "gone", "no ", "not ", "missing", "failed", "damaged", "error")


class Line(QWidget):
    """Signals `said(text)` and `silenced()`."""

    said = Signal(str)
    silenced = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._text = QLineEdit()
        self._text.setPlaceholderText("What shall the agent say?")
        self._text.setAccessibleName("What the agent says")
        self._text.setMaxLength(2000)
        self._text.returnPressed.connect(self._send)
        say = QPushButton("Say")
        say.clicked.connect(self._send)
        silence = QPushButton("Silence")
        silence.clicked.connect(self.silenced)
        self._status = QLabel("Starting…")
        self._status.setObjectName("status")
        self._figures = QLabel("")
        self._figures.setObjectName("quiet")
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget in (self._text, say, silence):
            first.addWidget(widget)
        second.addWidget(self._status, 1)
        second.addWidget(self._figures)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 10)
        layout.setSpacing(8)
        layout.addLayout(first)
        layout.addLayout(second)

    def _send(self) -> None:
        text = self._text.text().strip()
        if text:
            self._text.clear()
            self.said.emit(text)

    def tell(self, text: str) -> None:
        """Show what is happening or wrong."""
        shown = text[:1].upper() + text[1:]
        self._status.setText(shown)
        self._status.setToolTip(shown)
        self._status.setProperty("warning", any(word in text for word in _WARNING_WORDS))
        self._status.style().polish(self._status)

    def show_figures(self, text: str) -> None:
        """Show the figures at the right."""
        self._figures.setText(text)
