"""The side panel: devices, start and stop, recordings, where the heads face. Tells; does nothing by itself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.models import MODELS, TITLES
from app.panels.devices import DevicePicker
from app.theme import SPACE

_NOTES = {
    "duet": "The bundled listener imitates published rules of how people listen; it was not learned from people.",
    "dualtalk": "DualTalk was learned from people in conversation (Peng et al., CVPR 2025).",
}
_FACINGS = {"Heads face you": "viewer", "Heads face each other": "partner"}


def _section(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("section")
    return label


def _divider() -> QFrame:
    line = QFrame()
    line.setObjectName("divider")
    return line


class Controls(QWidget):
    """Signals say what the person asked for."""

    listening = Signal(bool)
    device_chosen = Signal(str, object)
    sample_asked = Signal()
    recordings_asked = Signal()
    facing_chosen = Signal(str)
    model_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(288)
        title = QLabel("DualTalk Live")
        title.setObjectName("title")
        about = QLabel("Speak, and your head on the left speaks with you. Type, and the agent on the right says it.")
        about.setObjectName("quiet")
        about.setWordWrap(True)
        self.microphone = DevicePicker("microphone", lambda name: self.device_chosen.emit("microphone", name))
        self.loudspeaker = DevicePicker("loudspeaker", lambda name: self.device_chosen.emit("loudspeaker", name))
        self.start = QPushButton("Start listening")
        self.start.setObjectName("primary")
        self.start.setCheckable(True)
        self.start.toggled.connect(self._toggled)
        self.sample = QPushButton("Play the sample conversation")
        self.sample.clicked.connect(self.sample_asked)
        self.recordings = QPushButton("Open two recordings…")
        self.recordings.clicked.connect(self.recordings_asked)
        facing = QComboBox()
        facing.setAccessibleName("Where the heads face")
        facing.addItems(list(_FACINGS))
        facing.currentTextChanged.connect(lambda text: self.facing_chosen.emit(_FACINGS[text]))
        self.model = QComboBox()
        self.model.setAccessibleName("Motion model")
        for name in MODELS:
            self.model.addItem(TITLES[name], name)
        self.model.activated.connect(lambda index: self.model_chosen.emit(self.model.itemData(index)))
        self._note = QLabel(_NOTES["duet"])
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(SPACE)
        for widget in (
            title, about, self.start, _divider(), self.microphone, self.loudspeaker, _divider(),
            _section("CONVERSATION"), self.sample, self.recordings, _divider(), _section("MOTION MODEL"), self.model,
            _divider(), _section("VIEW"), facing,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._note)

    def _toggled(self, on: bool) -> None:
        self.start.setText("Stop listening" if on else "Start listening")
        self.listening.emit(on)

    def show_listening(self, on: bool) -> None:
        """Show whether the microphone is heard, without asking for it."""
        self.start.blockSignals(True)
        self.start.setChecked(on)
        self.start.setText("Stop listening" if on else "Start listening")
        self.start.blockSignals(False)

    def show_model(self, name: str) -> None:
        """Show which motion model runs."""
        self.model.setCurrentIndex(MODELS.index(name))
        self._note.setText(_NOTES[name])

    def show_playing(self, on: bool) -> None:
        """Show whether a recording plays."""
        self.sample.setText("Stop the recording" if on else "Play the sample conversation")
