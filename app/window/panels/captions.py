"""What is being said, under the heads: the person's words, grey while they may change, and the agent's, lit as they sound."""

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.window.panels.theme import ACCENT, QUIET, TEXT

_LONGEST = 220  # letters: what was said before is cut


class Captions(QWidget):
    """Two lines, the person's and the agent's. `show_words` as often as wanted; it draws only what changed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("captions")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.person, self.agent = QLabel(), QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.setSpacing(4)
        for label in (self.person, self.agent):
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            label.setMinimumHeight(20)
            layout.addWidget(label)
        self._shown: tuple[object, ...] = ()

    def show_words(self, words: str, final: bool, name: str, text: str, heard: int) -> None:
        """Show the person's words, and the agent's text of which `heard` letters have been heard."""
        if (words, final, name, text, heard) == self._shown:
            return
        self._shown = (words, final, name, text, heard)
        colour = TEXT if final else QUIET
        shown = html.escape(words[-_LONGEST:])
        self.person.setText(
            f'<span style="color:{QUIET}">You&nbsp;&nbsp;</span><span style="color:{colour}">{shown}</span>'
        )
        start = max(heard - _LONGEST // 2, 0) if len(text) > _LONGEST else 0
        said, coming = html.escape(text[start:heard]), html.escape(text[heard : start + _LONGEST])
        label = html.escape(name)
        self.agent.setText(
            f'<span style="color:{ACCENT}">{label}&nbsp;&nbsp;</span><span style="color:{TEXT}">{said}</span>'
            f'<span style="color:{QUIET}">{coming}</span>'
        )
