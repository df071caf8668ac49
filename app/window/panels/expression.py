"""What is asked of the faces: the agent's attitude and emotion, and how expressive both are. Tells; does nothing by itself."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QWidget

from app.session.mood import ATTITUDES
from app.window.panels.theme import SPACE
from inference.motion.model import Conditions

_EMOTIONS: Final = ("neutral", "happy", "sad", "angry", "surprised")
_PARTS: Final = {"mouth": "Mouths", "head": "Heads", "face": "Faces"}
_EYES: Final = {"blinks": "Blinks", "contact": "Eye contact"}
_MOVES: Final = "How much both move; in the middle, as it comes"
_LOOKS: Final = "How often; in the middle, as people do"
_STEPS: Final = 10  # of a slider at 1, as it comes; twice as many at most
_STRENGTH: Final = 0.8  # of an emotion that is held while the agent talks of other things


class ExpressionPicker(QWidget):
    """`changed` says what is asked, in the words of `mood`: of both faces, and of the agent's besides; `eyes_changed` how
    often both blink and look at each other, 1 as people do."""

    changed = Signal(str, str)
    eyes_changed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.attitude, self.emotion = QComboBox(), QComboBox()
        self.attitude.setAccessibleName("The agent's attitude")
        for name in ATTITUDES:
            self.attitude.addItem(f"Attitude: {name}", name)
        self.attitude.setCurrentIndex(self.attitude.findData("neutral"))
        self.emotion.setAccessibleName("The agent's emotion")
        for name in _EMOTIONS:
            self.emotion.addItem(f"Emotion: {name}", name)
        self.sliders = {name: QSlider(Qt.Orientation.Horizontal) for name in _PARTS}
        self.eyes = {name: QSlider(Qt.Orientation.Horizontal) for name in _EYES}
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE - 4)
        layout.addWidget(self.attitude, 0, 0, 1, 2)
        layout.addWidget(self.emotion, 1, 0, 1, 2)
        for row, (name, slider) in enumerate((self.sliders | self.eyes).items(), start=2):
            title, tip = (_PARTS | _EYES)[name], _MOVES if name in _PARTS else _LOOKS
            slider.setAccessibleName(f"{title}: how much")
            slider.setToolTip(tip)
            slider.setRange(0, 2 * _STEPS)
            slider.setValue(_STEPS)
            slider.valueChanged.connect(self._tell if name in _PARTS else self._tell_eyes)
            layout.addWidget(QLabel(title), row, 0)
            layout.addWidget(slider, row, 1)
        for box in (self.attitude, self.emotion):
            box.currentIndexChanged.connect(self._tell)

    def allow_moods(self, allowed: bool) -> None:
        """Let the person ask for moods, or not; eyes are no model's."""
        for widget in (self.attitude, self.emotion, *self.sliders.values()):
            widget.setEnabled(allowed)
            widget.setToolTip(_MOVES if allowed else "DualTalk was not trained to follow moods")

    def show_mood(self, both: Conditions, agent: Conditions) -> None:
        """Show what is asked of both faces, and of the agent's, without asking for it."""
        near = min(ATTITUDES, key=lambda name: abs(ATTITUDES[name] - agent.attitude))
        self._put({self.attitude: self.attitude.findData(near), self.emotion: self.emotion.findData(agent.emotion)})
        self._put({slider: round(getattr(both, name) * _STEPS) for name, slider in self.sliders.items()})

    def show_eyes(self, blinks: float, contact: float) -> None:
        """Show how often both blink and look at each other, without asking for it."""
        self._put({self.eyes["blinks"]: round(blinks * _STEPS), self.eyes["contact"]: round(contact * _STEPS)})

    @staticmethod
    def _put(places: Mapping[QComboBox | QSlider, int]) -> None:
        for widget, place in places.items():
            widget.blockSignals(True)
            if isinstance(widget, QComboBox):
                widget.setCurrentIndex(place)
            else:
                widget.setValue(place)
            widget.blockSignals(False)

    def _tell_eyes(self) -> None:
        self.eyes_changed.emit(*(slider.value() / _STEPS for slider in self.eyes.values()))

    def _tell(self) -> None:
        both = ",".join(f"{name}={slider.value() / _STEPS:g}" for name, slider in self.sliders.items())
        emotion = self.emotion.currentData()
        felt = "" if emotion == "neutral" else f"{emotion}:{_STRENGTH:g}"
        self.changed.emit(both, f"{self.attitude.currentData()},{felt}")
