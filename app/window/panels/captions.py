"""What is being said, under the heads: the person's words, grey while they may change, and the agent's, lit as they sound."""

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.window.panels.theme import ACCENT, QUIET, TEXT
from app.window.panels.words import NAME, Words, breakable, cut

_LONGEST = 220  # letters: what was said before is cut


def _marked(text: str) -> str:
    return html.escape(breakable(text))


class Captions(QWidget):
    """Two lines, the person's and the agent's. `show_words` as often as wanted; it draws only what changed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("captions")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.person, self.agent = (Words(form=Qt.TextFormat.RichText) for _ in range(2))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.setSpacing(4)
        for label in (self.person, self.agent):
            label.setMinimumHeight(20)
            layout.addWidget(label)
        self._shown: tuple[object, ...] = ()

    def show_words(self, words: str, final: bool, name: str, text: str, heard: int) -> None:
        """Show the person's words, and the agent's text of which `heard` letters have been heard."""
        if (words, final, name, text, heard) == self._shown:
            return
        self._shown = (words, final, name, text, heard)
        colour = TEXT if final else QUIET
        shown = _marked(words[-_LONGEST:])
        self.person.setText(
            f'<span style="color:{QUIET}">You&nbsp;&nbsp;</span><span style="color:{colour}">{shown}</span>'
        )
        start = max(heard - _LONGEST // 2, 0) if len(text) > _LONGEST else 0
        said, coming = _marked(text[start:heard]), _marked(text[heard : start + _LONGEST])
        label = _marked(cut(name, NAME))
        self.agent.setText(
            f'<span style="color:{ACCENT}">{label}&nbsp;&nbsp;</span><span style="color:{TEXT}">{said}</span>'
            f'<span style="color:{QUIET}">{coming}</span>'
        )
