"""The stage tab: recordings, the motion model, heads, expression, where they face. Tells; does nothing by itself."""

from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from app.models import MODELS, TITLES
from app.panels.expression import ExpressionPicker
from app.panels.talk import section
from app.stage import HEADS, available_looks, bundled_looks
from app.theme import SPACE
from avatar.background import BACKGROUNDS
from avatar.basis import FLAME

_NOTES: Final = {
    "duet": "The bundled listener imitates published rules of how people listen; it was not learned from people.",
    "dualtalk": "DualTalk was learned from people in conversation (Peng et al., CVPR 2025).",
}
_WHOSE: Final = ("Your", "The agent's")
_THUMBNAIL: Final = 28  # pixels
_SHOTS: Final = {
    "Both heads": "both", "The agent": "agent", "You": "user", "Over your shoulder": "shoulder", "Split screen": "split",
}  # fmt: skip
_FACINGS: Final = {"Heads face you": "viewer", "Heads face each other": "partner"}


class StageTab(QWidget):
    """Signals say what the person asked for."""

    sample_asked = Signal()
    recordings_asked = Signal()
    facing_chosen = Signal(str)
    shot_chosen = Signal(str)
    background_chosen = Signal(str)
    model_chosen = Signal(str)
    mood_chosen = Signal(str, str)
    head_chosen = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.sample = QPushButton("Play the sample conversation")
        self.sample.clicked.connect(self.sample_asked)
        self.recordings = QPushButton("Open two recordings…")
        self.recordings.clicked.connect(self.recordings_asked)
        facing = QComboBox()
        facing.setAccessibleName("Where the heads face")
        facing.addItems(list(_FACINGS))
        facing.currentTextChanged.connect(lambda text: self.facing_chosen.emit(_FACINGS[text]))
        shots = QComboBox()
        shots.setAccessibleName("What the camera shows")
        shots.addItems(list(_SHOTS))
        shots.currentTextChanged.connect(lambda text: self.shot_chosen.emit(_SHOTS[text]))
        backgrounds = QComboBox()
        backgrounds.setAccessibleName("What is behind the heads")
        for name in BACKGROUNDS:
            backgrounds.addItem(f"Background: {name}", name)
        backgrounds.currentIndexChanged.connect(lambda: self.background_chosen.emit(backgrounds.currentData()))
        self.model = QComboBox()
        self.model.setAccessibleName("Motion model")
        for name in MODELS:
            self.model.addItem(TITLES[name], name)
        self.model.activated.connect(lambda index: self.model_chosen.emit(self.model.itemData(index)))
        self._note = QLabel(_NOTES["duet"])
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        self.heads = tuple(QComboBox() for _ in _WHOSE)
        for row, (box, whose) in enumerate(zip(self.heads, _WHOSE, strict=True)):
            box.setAccessibleName(f"{whose} head")
            for name in bundled_looks():
                box.addItem(QIcon(str(HEADS / name / "thumbnail.webp")), f"{whose} head: {name.title()}", name)
            box.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
            box.activated.connect(lambda index, row=row: self.head_chosen.emit(row, self.heads[row].itemData(index)))
        self.expression = ExpressionPicker()
        self.expression.changed.connect(self.mood_chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(SPACE)
        for widget in (
            section("RECORDINGS"), self.sample, self.recordings, section("MOTION MODEL"), self.model, self._note,
            section("HEADS"), *self.heads, section("EXPRESSION"), self.expression, section("VIEW"), shots, facing, backgrounds,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_model(self, name: str) -> None:
        """Show which motion model runs."""
        self.model.setCurrentIndex(MODELS.index(name))
        self._note.setText(_NOTES[name])
        self.expression.setEnabled(name == "duet")
        self.expression.setToolTip("" if name == "duet" else "DualTalk was not trained to follow moods")

    def show_heads(self, names: tuple[str, str]) -> None:
        """Show whose head is which, among the heads that there are now."""
        for box, name, whose in zip(self.heads, names, _WHOSE, strict=True):
            if box.findData(FLAME) < 0 and FLAME in available_looks():
                box.addItem(f"{whose} head: FLAME", FLAME)
            box.setCurrentIndex(box.findData(name))

    def show_playing(self, on: bool) -> None:
        """Show whether a recording plays."""
        self.sample.setText("Stop the recording" if on else "Play the sample conversation")
