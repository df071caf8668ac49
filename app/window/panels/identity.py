"""Dials of who a FLAME head is: its first shape coefficients, or those of a motion file. Tells; does nothing by itself."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QGridLayout, QLabel, QPushButton, QSlider, QWidget

from avatar.export.motion_file import read_motion

_DIALS: Final = 10
_STEPS: Final = 10  # of a slider in one deviation
_FURTHEST: Final = 3  # deviations


class IdentityDialog(QDialog):
    """`changed` says whose head (0 the user's, 1 the agent's) and its coefficients, in deviations from the average."""

    changed = Signal(int, tuple)
    failed = Signal(str)

    def __init__(self, who: int, whose: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{whose} FLAME head")
        self._who = who
        self.sliders = [QSlider(Qt.Orientation.Horizontal) for _ in range(_DIALS)]
        layout = QGridLayout(self)
        for row, slider in enumerate(self.sliders):
            slider.setRange(-_FURTHEST * _STEPS, _FURTHEST * _STEPS)
            slider.setAccessibleName(f"Shape {row + 1}")
            slider.setMinimumWidth(240)
            slider.sliderReleased.connect(self._tell)
            layout.addWidget(QLabel(f"Shape {row + 1}"), row, 0)
            layout.addWidget(slider, row, 1)
        average, opened = QPushButton("The average"), QPushButton("As in a motion file…")
        average.clicked.connect(lambda: self.show_identity(()))
        opened.clicked.connect(self._open)
        layout.addWidget(average, _DIALS, 0)
        layout.addWidget(opened, _DIALS, 1)

    def _tell(self) -> None:
        self.changed.emit(self._who, tuple(slider.value() / _STEPS for slider in self.sliders))

    def show_identity(self, identity: tuple[float, ...]) -> None:
        """Put the dials where an identity has them, and be it, with all the coefficients it has."""
        self.put(identity)
        self.changed.emit(self._who, identity)

    def put(self, identity: tuple[float, ...]) -> None:
        """Put the dials where an identity has them."""
        for slider, value in zip(self.sliders, (*identity, *[0.0] * _DIALS), strict=False):
            slider.setValue(round(value * _STEPS))

    def _open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "A motion file with FLAME's shape", "", "Motion (*.npz)")
        if name:
            self.take(Path(name))

    def take(self, path: Path) -> None:
        """Be who a motion file says; `failed` says where it does not."""
        try:
            identity = read_motion(path).shape
            if not identity:
                raise ValueError(f"{path} holds no shape: a motion file of the DualTalk data set has one")
        except (ValueError, FileNotFoundError) as error:
            self.failed.emit(str(error))
            return
        self.show_identity(identity)
