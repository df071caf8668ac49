"""The line at the bottom: what the person writes, what the agent shall say, and in words what is happening."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app import log
from app.window.panels.words import MESSAGE, Words, cut, entries, tip
from audio_io.notice import Notice, Trouble

_LONGEST_LINE = 2000  # letters that can be typed
_LIST_LETTERS = 14  # of lines to pick, in the closed list


class Line(QWidget):
    """Signals `asked(text)`, to the agent; `said(text)`, by the agent; `silenced()`. `told` may be emitted on any thread."""

    asked = Signal(str)
    said = Signal(str)
    silenced = Signal()
    told = Signal(object)  # a Notice: Qt would make a plain string of it

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._text = QLineEdit()
        self._text.setPlaceholderText("Write to the agent…")
        self._text.setAccessibleName("What you write")
        self._text.setMaxLength(_LONGEST_LINE)
        self._text.returnPressed.connect(self._enter)
        self._wizard = False
        self.lines = QComboBox()
        self.lines.setAccessibleName("Lines to pick")
        self.lines.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.lines.setMinimumContentsLength(_LIST_LETTERS)
        self.lines.activated.connect(self._picked)
        self.lines.hide()
        self.ask, self.say = QPushButton("Ask"), QPushButton("Let it say this")
        self.ask.clicked.connect(lambda: self._send(self.asked))
        self.say.clicked.connect(lambda: self._send(self.said))
        silence = QPushButton("Silence")
        silence.clicked.connect(self.silenced)
        self._status = Words("Starting…")
        self._status.setObjectName("status")
        self._figures = QLabel("")
        self._figures.setObjectName("quiet")
        self.told.connect(self.tell, Qt.ConnectionType.QueuedConnection)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self._text, 1)
        for widget in (self.lines, self.ask, self.say, silence):
            first.addWidget(widget)
        second.addWidget(self._status, 1)
        second.addWidget(self._figures)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 10)
        layout.setSpacing(8)
        layout.addLayout(first)
        layout.addLayout(second)

    def _enter(self) -> None:
        self._send(self.said if self._wizard else self.asked)

    def _send(self, signal: object) -> None:
        text = self._text.text().strip()
        if text:
            self._text.clear()
            signal.emit(text)  # type: ignore[attr-defined]

    def _picked(self, index: int) -> None:
        if index > 0:
            self.said.emit(self.lines.itemData(index))
            self.lines.setCurrentIndex(0)

    def show_lines(self, lines: tuple[str, ...]) -> None:
        """Offer lines to pick where an operator speaks for the agent; none where it answers by itself."""
        self._wizard = bool(lines)
        entries(self.lines, ["Pick a line…", *lines])
        self.lines.setVisible(self._wizard)
        self.ask.setVisible(not self._wizard)
        self._text.setPlaceholderText("What shall the agent say?" if self._wizard else "Write to the agent…")

    def tell(self, text: Notice) -> None:
        """Show and log what is happening or wrong."""
        log.note(text)
        told = cut(text, MESSAGE)
        self._status.setText(told[:1].upper() + told[1:])
        self._status.setToolTip(tip(text))
        self._status.setProperty("warning", isinstance(text, Trouble))
        self._status.style().polish(self._status)

    def show_figures(self, text: str) -> None:
        """Show the figures at the right."""
        if text != self._figures.text():
            self._figures.setText(text)

    def show_waterfall(self, text: str) -> None:
        """Show, under the pointer, how the last answer's time was spent, from when the person really stopped."""
        if text != self._figures.toolTip():
            self._figures.setToolTip(text)
