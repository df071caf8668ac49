"""The key that is held to talk."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

_KEY: Final = Qt.Key.Key_F8


class TalkKey(QObject):
    """Watches a window's keys. held: called with whether the key is down."""

    def __init__(self, window: QObject, held: Callable[[bool], None]) -> None:
        super().__init__(window)
        self._held = held
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the key's events, and leave all others."""
        if not isinstance(event, QKeyEvent) or event.key() != _KEY:
            return super().eventFilter(watched, event)
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and not event.isAutoRepeat():
            self._held(event.type() == QEvent.Type.KeyPress)
        return True
