"""The bar that shows what is being fetched, how far it is, and lets the person put it off."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from app.window.panels.words import Words

_BAR_WIDTH: Final = 200


class FetchBar(QWidget):
    """Hidden until `show_part`. `put_off`: the person does not want it now."""

    put_off = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("offer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._text, self.bar = Words(), QProgressBar()
        self.bar.setMaximumWidth(_BAR_WIDTH)
        self.bar.setTextVisible(False)
        self.later = QPushButton("Not now")
        self.later.setToolTip("It goes on with what is here; ./run fetch gets it another time")
        self.later.clicked.connect(self.put_off)
        layout = QHBoxLayout(self)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.later)
        self.hide()

    def show_part(self, what: str, there: float, whole: int) -> None:
        """Say what comes, and how many of its MB are there."""
        self._text.setText(f"Fetching {what}, {min(there, whole):.0f} of {whole} MB")
        self.bar.setRange(0, whole)
        self.bar.setValue(round(min(there, whole)))
        self.show()
