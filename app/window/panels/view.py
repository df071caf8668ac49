"""How the heads are shown: camera, where they face, what is behind them, how finely. Tells; does nothing by itself."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from app.window.panels.theme import SPACE
from avatar.draw.background import BACKGROUNDS
from avatar.draw.tiers import QUALITIES

_SHOTS: Final = {
    "Both heads": "both", "The agent": "agent", "You": "user", "Over your shoulder": "shoulder", "Split screen": "split",
}  # fmt: skip
_FACINGS: Final = {"Heads face you": "viewer", "Heads face each other": "partner"}


class ViewPicker(QWidget):
    """Signals say what the person asked for; `picture_asked` that they want a picture of their own behind the heads."""

    shot_chosen = Signal(str)
    facing_chosen = Signal(str)
    background_chosen = Signal(str)
    picture_asked = Signal()
    quality_chosen = Signal(str)
    window_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.shots = self._box("What the camera shows", _SHOTS)
        self.shots.currentIndexChanged.connect(lambda: self.shot_chosen.emit(self.shots.currentData()))
        self.facings = self._box("Where the heads face", _FACINGS)
        self.facings.currentIndexChanged.connect(lambda: self.facing_chosen.emit(self.facings.currentData()))
        names = {f"Background: {name}": name for name in BACKGROUNDS}
        self.backgrounds = self._box("What is behind the heads", names | {"Background: a picture…": ""})
        self.backgrounds.activated.connect(self._ask_background)
        self.qualities = self._box("How finely the heads are drawn", {f"Quality: {name}": name for name in QUALITIES})
        self.qualities.setToolTip("auto: as finely as the graphics can afford")
        self.qualities.currentIndexChanged.connect(lambda: self.quality_chosen.emit(self.qualities.currentData()))
        self.window_button = QPushButton("Heads in a window of their own")
        self.window_button.setToolTip("For a second screen, or to capture in streaming software")
        self.window_button.clicked.connect(self.window_asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE - 4)
        for widget in (self.shots, self.facings, self.backgrounds, self.qualities, self.window_button):
            layout.addWidget(widget)

    @staticmethod
    def _box(name: str, entries: dict[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for text, value in entries.items():
            box.addItem(text, value)
        return box

    def _ask_background(self) -> None:
        name = self.backgrounds.currentData()
        if name:
            self.background_chosen.emit(name)
        else:
            self.picture_asked.emit()

    def show_background(self, name: str) -> None:
        """Show which background is behind the heads, a name or a picture's file."""
        index = self.backgrounds.findData(name)
        self.backgrounds.setCurrentIndex(index if index >= 0 else self.backgrounds.count() - 1)

    def show_apart(self, apart: bool) -> None:
        """Show whether the heads are in a window of their own."""
        self.window_button.setText("Heads back in this window" if apart else "Heads in a window of their own")
