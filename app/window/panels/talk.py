"""The talk tab: listening, who answers and how it hears, devices, the way to speak, recording. Tells; does nothing itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from app.settings import Mode
from app.window.panels.devices import DevicePicker
from app.window.panels.theme import SPACE
from app.window.panels.words import entries, tip, whole
from audio_io.devices.listing import Kind

_MODES: Final = {
    Mode.BARGE_IN: "Interrupt at any time", Mode.HALF_DUPLEX: "Take turns (loudspeaker is loud)",
    Mode.PUSH_TO_TALK: "Hold F8 to talk",
}  # fmt: skip


def section(text: str) -> QLabel:
    """Return a small heading."""
    label = QLabel(text)
    label.setObjectName("section")
    return label


def _list(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


class Talk(QWidget):
    """Signals say what the person asked for; agent_chosen and hearing_chosen tell which entry of what was shown."""

    listening = Signal(bool)
    device_chosen = Signal(str, object)
    agent_chosen = Signal(int)
    hearing_chosen = Signal(int)
    mode_chosen = Signal(str)
    check_asked = Signal()
    murmurs_chosen = Signal(float)
    recording_asked = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.microphone = DevicePicker("microphone", lambda name: self.device_chosen.emit("microphone", name))
        self.loudspeaker = DevicePicker("loudspeaker", lambda name: self.device_chosen.emit("loudspeaker", name))
        self.start = QPushButton("Start listening")
        self.start.setObjectName("primary")
        self.start.setCheckable(True)
        self.start.toggled.connect(self._toggled)
        self.agent, self.hearing, self.mode = _list("Agent"), _list("Speech recognition"), _list("How to speak")
        self.agent.activated.connect(self.agent_chosen)
        self.hearing.activated.connect(self.hearing_chosen)
        for mode, title in _MODES.items():
            self.mode.addItem(title, mode.value)
        self.mode.activated.connect(lambda index: self.mode_chosen.emit(self.mode.itemData(index)))
        self.check = QPushButton("Check the sound")
        self.check.clicked.connect(self.check_asked)
        self.murmurs = QSlider(Qt.Orientation.Horizontal)
        self.murmurs.setAccessibleName("How often the agent murmurs while it listens")
        self.murmurs.setRange(0, 10)
        self.murmurs.valueChanged.connect(lambda value: self.murmurs_chosen.emit(value / 10))
        self.record = QPushButton("Record this session…")
        self.record.setCheckable(True)
        self.record.toggled.connect(self.recording_asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(SPACE - 4)
        for widget in (
            self.start, section("AGENT"), self.agent, section("IT HEARS WITH"), self.hearing, self.microphone,
            self.loudspeaker, section("HOW TO SPEAK"), self.mode, self.check, section("IT MURMURS WHILE IT LISTENS"),
            self.murmurs, self.record,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)

    def _toggled(self, on: bool) -> None:
        self.start.setText("Stop listening" if on else "Start listening")
        self.listening.emit(on)

    def show_listening(self, on: bool) -> None:
        """Show whether the microphone is heard, without asking for it."""
        self.start.blockSignals(True)
        self.start.setChecked(on)
        self.start.setText("Stop listening" if on else "Start listening")
        self.start.blockSignals(False)

    def show_agents(self, titles: list[str]) -> None:
        """List agents; the one that was chosen stays so while it is there."""
        _fill(self.agent, titles)

    def show_recognisers(self, titles: list[str]) -> None:
        """List recognisers; the one that was chosen stays so while it is there."""
        _fill(self.hearing, titles)

    def show_devices(self, present: Mapping[Kind, list[str]], names: Mapping[Kind, str | None]) -> None:
        """List the devices that are there, and show which are chosen; see `DevicePicker`."""
        self.microphone.show_devices(present["microphone"], names["microphone"])
        self.loudspeaker.show_devices(present["loudspeaker"], names["loudspeaker"])

    def show_mode(self, mode: Mode) -> None:
        """Show how the person speaks."""
        self.mode.setCurrentIndex(list(_MODES).index(mode))

    def show_murmurs(self, share: float) -> None:
        """Show how readily the agent murmurs, without asking for it."""
        self.murmurs.blockSignals(True)
        self.murmurs.setValue(round(share * self.murmurs.maximum()))
        self.murmurs.blockSignals(False)

    def show_recording(self, folder: Path | None) -> None:
        """Show whether the session is recorded, without asking for it."""
        self.record.blockSignals(True)
        self.record.setChecked(folder is not None)
        self.record.setText("Stop recording" if folder else "Record this session…")
        self.record.setToolTip(tip(f"{folder}; Shift+Delete deletes it") if folder else "")
        self.record.blockSignals(False)


def _fill(box: QComboBox, titles: list[str]) -> None:
    current = box.currentData()
    if titles != whole(box) and not box.view().isVisible():
        entries(box, titles)
        box.setCurrentIndex(titles.index(current) if current in titles else 0)
