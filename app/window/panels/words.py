"""Words from elsewhere in the window, however long: they are cut, and wrap anywhere, so that they never widen it."""

import html
import re
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy

MESSAGE, TIP, NAME, ENTRY = 320, 1200, 40, 80  # letters shown of a message, under the pointer, of a name, in a list
_MAY_BREAK: Final = "\u200b"  # a space without width
_LONG_WORD: Final = re.compile(r"\S{30}\S+")
_PIECE: Final = 10  # letters of such a word


def cut(text: str, letters: int) -> str:
    """Return a text in one line of at most so many letters: where it is longer, its beginning, and its end with the remedy."""
    if len(text) > letters:
        end = letters // 3
        text = f"{text[: letters - end - 1]}…{text[-end:]}"
    return " ".join(text.split())


def breakable(text: str) -> str:
    """Return a text whose very long words may go on in another line."""
    return _LONG_WORD.sub(lambda word: _MAY_BREAK.join(re.findall(f".{{1,{_PIECE}}}", word[0])), text)


def tip(text: str) -> str:
    """Return a text as Qt shows it under the pointer: in lines, and never taken for mark-up."""
    return f"<p>{html.escape(breakable(cut(text, TIP)))}</p>" if text else ""


class Words(QLabel):
    """A label as wide as there is room, whose text wraps; `text` is what was set, `setText` cuts no letter of it."""

    def __init__(self, text: str = "", form: Qt.TextFormat = Qt.TextFormat.PlainText) -> None:
        super().__init__()
        self.setTextFormat(form)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text; mark-up makes its own words breakable."""
        super().setText(breakable(text) if self.textFormat() == Qt.TextFormat.PlainText else text)

    def text(self) -> str:
        """Return the text without the places where it may break."""
        return super().text().replace(_MAY_BREAK, "")


def entries(box: QComboBox, texts: list[str]) -> None:
    """Let a list offer these, cut to what can be read; an entry's data is the whole text."""
    box.clear()
    for text in texts:
        box.addItem(cut(text, ENTRY), text)


def whole(box: QComboBox) -> list[str]:
    """Return what a list offers, as `entries` was given it."""
    return [box.itemData(index) for index in range(box.count())]
