"""The look tab: recordings, the motion model, heads, expression, where they face. Tells; does nothing by itself."""

from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from app.session.faces import HEADS, LOOKS, available_looks
from app.session.models import FALLBACK, MOTION_MODELS
from app.window.panels.expression import ExpressionPicker
from app.window.panels.identity import IdentityDialog
from app.window.panels.talk import section
from app.window.panels.theme import SPACE
from app.window.panels.view import ViewPicker
from avatar.rig.basis import FLAME

_WHOSE: Final = ("Your", "The agent's")
_THUMBNAIL: Final = 28  # pixels


class Look(QWidget):
    """Signals say what the person asked for."""

    sample_asked = Signal()
    recordings_asked = Signal()
    model_chosen = Signal(str)
    mood_chosen = Signal(str, str)
    eyes_chosen = Signal(float, float)
    head_chosen = Signal(int, str)
    identity_chosen = Signal(int, tuple)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.sample = QPushButton("Play the sample conversation")
        self.sample.clicked.connect(self.sample_asked)
        self.recordings = QPushButton("Open two recordings…")
        self.recordings.clicked.connect(self.recordings_asked)
        self.view = ViewPicker()
        self.model = QComboBox()
        self.model.setAccessibleName("Motion model")
        for entry in MOTION_MODELS.entries():
            self.model.addItem(entry.shown, entry.name)
        self.model.activated.connect(lambda index: self.model_chosen.emit(self.model.itemData(index)))
        self._note = QLabel(MOTION_MODELS.entry(FALLBACK).about)
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        self.heads = tuple(self._head_box(row) for row in range(len(_WHOSE)))
        self.dialogs = [IdentityDialog(row, whose, self) for row, whose in enumerate(_WHOSE)]
        self.shapes = [QPushButton(f"{whose} FLAME head's shape…") for whose in _WHOSE]
        for button, dialog in zip(self.shapes, self.dialogs, strict=True):
            button.hide()  # until the head is FLAME's
            button.clicked.connect(dialog.show)
            dialog.changed.connect(self.identity_chosen)
            dialog.failed.connect(self.failed)
        self.expression = ExpressionPicker()
        self.expression.changed.connect(self.mood_chosen)
        self.expression.eyes_changed.connect(self.eyes_chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(SPACE)
        for widget in (
            section("RECORDINGS"), self.sample, self.recordings, section("MOTION MODEL"), self.model, self._note,
            section("HEADS"), *self.heads, *self.shapes, section("EXPRESSION"), self.expression, section("VIEW"), self.view,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)

    def _head_box(self, row: int) -> QComboBox:
        """Return the list of heads that one of both can have."""
        box, whose = QComboBox(), _WHOSE[row]
        box.setAccessibleName(f"{whose} head")
        for name in available_looks():
            picture = QIcon(str(HEADS / name / "thumbnail.webp"))  # other packages' heads have none
            box.addItem(picture, f"{whose} head: {LOOKS.entry(name).shown}", name)
        box.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        box.activated.connect(lambda index: self.head_chosen.emit(row, box.itemData(index)))
        return box

    def show_model(self, name: str) -> None:
        """Show which motion model runs."""
        entry = MOTION_MODELS.entry(name)
        self.model.setCurrentIndex(self.model.findData(name))
        self._note.setText(entry.about)
        self.expression.allow_moods(entry.moods)

    def show_heads(self, names: tuple[str, str]) -> None:
        """Show whose head is which, among the heads that there are now."""
        for box, name, whose in zip(self.heads, names, _WHOSE, strict=True):
            if box.findData(FLAME) < 0 and FLAME in available_looks():
                box.addItem(f"{whose} head: FLAME", FLAME)
            box.setCurrentIndex(box.findData(name))
        for button, name in zip(self.shapes, names, strict=True):
            button.setVisible(name == FLAME)

    def show_playing(self, on: bool) -> None:
        """Show whether a recording plays."""
        self.sample.setText("Stop the recording" if on else "Play the sample conversation")
