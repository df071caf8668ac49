"""Pickers for microphone and loudspeaker, each with a level meter."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.window.panels.theme import ACCENT, RAISED, WARNING
from app.window.panels.words import entries, whole
from audio_io.devices.listing import Kind

_QUIETEST_DB, _LOUDEST_DB = -60.0, 0.0
_FALL_PER_TICK: Final = 0.06
_TOO_LOUD: Final = 0.94
DEFAULT_DEVICE: Final = "System default"


class Meter(QWidget):
    """A bar that shows a level in dB, falling slowly."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a slim bar."""
        return QSize(120, 6)

    def show_level(self, decibels: float) -> None:
        """Move to a level."""
        share = min(max((decibels - _QUIETEST_DB) / (_LOUDEST_DB - _QUIETEST_DB), 0.0), 1.0)
        shown = max(share, self._shown - _FALL_PER_TICK)
        if shown != self._shown:
            self._shown = shown
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bar; the end turns to warning where sound is near clipping."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(0, 0, self.width(), self.height())
        painter.setBrush(QColor(RAISED))
        painter.drawRoundedRect(whole, 3, 3)
        painter.setBrush(QColor(WARNING if self._shown > _TOO_LOUD else ACCENT))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._shown, self.height()), 3, 3)


class _List(QComboBox):
    """A list that says when it is opened."""

    opened = Signal()

    def showPopup(self) -> None:
        self.opened.emit()
        super().showPopup()


class DevicePicker(QWidget):
    """A labelled list of devices of a kind; `chosen(name)` is called with None for the system's default."""

    opened = Signal()

    def __init__(self, kind: Kind, chosen: Callable[[str | None], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self.meter = Meter()
        self._list = _List()
        self._list.opened.connect(self.opened)
        self._list.setAccessibleName(kind.title())
        self._list.activated.connect(self._activated)
        self._list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        label = QLabel(kind.upper())
        label.setObjectName("section")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (label, self._list, self.meter):
            layout.addWidget(widget)
        self.show_devices([])

    def show_devices(self, names: list[str], chosen: str | None = None) -> None:
        """List these devices, and which of them is chosen: by its name or a part of it, None for the system's default."""
        offered = [DEFAULT_DEVICE, *names]
        if offered != whole(self._list):
            entries(self._list, offered)
        if not self._list.view().isVisible():
            exact = [name for name in names if name == chosen]
            alike = [name for name in names if chosen is not None and chosen.lower() in name.lower()]
            self._list.setCurrentIndex(offered.index([*exact, *alike, DEFAULT_DEVICE][0]))

    def _activated(self, index: int) -> None:
        self._chosen(None if index == 0 else self._list.itemData(index))
