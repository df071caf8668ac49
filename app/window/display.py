"""Whether a window can be shown. Where it cannot, Qt ends its process at once: so another process tries it first."""

import os
import subprocess
import sys
from typing import Final

_VARIABLES: Final = ("WAYLAND_DISPLAY", "DISPLAY")
_PATIENCE: Final = 30.0  # s, for a display on another machine
_INSTEAD: Final = "or use ./run render OWN PARTNER -o talk.mp4, which needs none"
_TRIAL: Final = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from PySide6.QtGui import QGuiApplication
QGuiApplication(sys.argv)
"""


class Trial:
    """Qt's attempt at the display, which begins at once: whoever waits for it can load libraries meanwhile."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        if sys.platform == "linux" and _named():
            command = [sys.executable, "-P", "-c", _TRIAL]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    @property
    def begun(self) -> bool:
        """Whether there is a display to try at all."""
        return self._process is not None

    def missing(self) -> str:
        """Return what is wrong with the display in words, empty where a window can be shown; waits for the attempt."""
        if self._process is None:
            missing = sys.platform == "linux" and not _named()
            return f"there is no display to open a window on: log in on a screen, {_INSTEAD}" if missing else ""
        try:
            _, complaint = self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return f"the display {_named()} does not answer: set it to a screen that is there, {_INSTEAD}"
        if self._process.returncode >= 0:  # what is wrong with Qt itself is told where it is used
            return ""
        reason = complaint.strip().splitlines()[0] if complaint.strip() else "Qt gives no reason"
        return f"no window can be opened on the display {_named()} ({reason}): set it to a screen that is there, {_INSTEAD}"


def _named() -> str:
    """Return the display's names as they are given."""
    return " ".join(f"{name}={os.environ[name]}" for name in _VARIABLES if os.environ.get(name))
