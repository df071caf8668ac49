"""What the person wants to see behind the heads: a background by name, or a picture of theirs."""

from collections.abc import Callable

from PySide6.QtWidgets import QFileDialog, QWidget

from app.window.viewport import Viewport
from audio_io.notice import Tell, Trouble


class Backdrop:
    """Shows backgrounds in a viewport; `window` is what asks for files; keep: takes what was chosen, for the next start."""

    def __init__(self, window: QWidget, viewport: Viewport, tell: Tell, keep: Callable[..., None]) -> None:
        self._window, self._viewport, self._tell, self._keep = window, viewport, tell, keep

    def show(self, name: str) -> None:
        """Show a background, or say what is wrong with it."""
        try:
            self._viewport.show_background(name)
        except ValueError as error:
            self._tell(Trouble(error))
        else:
            self._keep(background=name)

    def open(self) -> None:
        """Ask for a picture and show it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, "A picture to go behind the heads", "", "Pictures (*.jpg *.jpeg *.png *.webp)"
        )
        if name:
            self.show(name)
