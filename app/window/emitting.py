"""Signals of Qt that threads emit which may outlive the window."""

from contextlib import suppress

from PySide6.QtCore import SignalInstance


def emit(signal: SignalInstance, *values: object) -> None:
    """Emit a signal on any thread; nothing happens where the window has gone meanwhile: nobody is left to be told."""
    with suppress(RuntimeError):  # Qt's, of a source that was deleted
        signal.emit(*values)
