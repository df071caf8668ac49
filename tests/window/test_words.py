"""Words of any length in the real window: nothing that is told, typed, said or plugged in makes it wider."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.panels.words import ENTRY, MESSAGE, TIP, cut, tip
from tests.window.helpers import PATIENCE, button, picture

LONG, MEGABYTE = "m" * 10_000, "W" * 1_000_000


def fits(window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    """See that the window is as large as it was, could be as small as it could, and goes on drawing."""
    drawn = window.viewport.frames
    qtbot.waitUntil(lambda: window.viewport.frames > drawn + 2, timeout=PATIENCE)
    assert (window.width(), window.height()) == size
    assert window.minimumSizeHint().width() < 900
    assert picture(window).std() > 10


def test_what_is_typed_and_told_never_widens_the_window(window: MainWindow, qtbot: QtBot) -> None:
    size = window.width(), window.height()
    qtbot.mouseClick(button(window, "Silence"), Qt.MouseButton.LeftButton)
    window.line._text.insert(LONG)
    qtbot.keyClick(window.line._text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: LONG[:220] in window.captions.person.text().replace("\u200b", ""), timeout=PATIENCE)
    fits(window, qtbot, size)
    for text in (LONG, MEGABYTE, "\n" * 10_000 + "end", "<b>" * 1000, "name\udcff.wav cannot be read"):
        window.line.tell(text)
        assert len(window.line._status.text()) <= MESSAGE
        fits(window, qtbot, size)
    window.line.tell(f"/{LONG}.wav cannot be read: convert it to WAV")
    assert window.line._status.text().endswith("cannot be read: convert it to WAV")


def test_names_and_captions_never_widen_the_window(window: MainWindow, qtbot: QtBot) -> None:
    size = window.width(), window.height()
    window._meters.stop()  # which show the conversation's own words
    window.captions.show_words(MEGABYTE, True, LONG, MEGABYTE, 500_000)
    assert len(window.captions.agent.text()) < 1000
    window.line.show_lines((LONG, "a line"))
    window.talk.show_agents([LONG, "Mira"])
    window.talk.show_recognisers([LONG])
    window.talk.microphone.show_devices([LONG])
    fits(window, qtbot, size)
    boxes = (window.line.lines, window.talk.agent, window.talk.microphone._list)
    for box in boxes:
        assert max(len(box.itemText(index)) for index in range(box.count())) <= ENTRY
    said: list[str] = []
    window.line.said.connect(said.append)
    window.line.lines.activated.emit(1)
    assert said == [LONG]


@pytest.mark.parametrize("text", [LONG, "a b " * 5000, "<img src=x>" * 500])
def test_what_is_under_the_pointer_wraps_and_is_no_mark_up(window: MainWindow, text: str) -> None:
    shown = tip(text)
    assert "<img" not in shown
    assert len(shown) < 4 * TIP
    QToolTip.showText(window.pos(), shown, window)
    assert QToolTip.isVisible()
    tips = [label for label in window.findChildren(object) if type(label).__name__ == "QTipLabel"]
    assert all(label.width() < 1400 for label in tips)
    QToolTip.hideText()


def test_a_text_that_fits_is_not_cut() -> None:
    assert cut("ready: speak", 20) == "ready: speak"
    assert cut("0123456789", 7) == "0123…89"
    assert tip("") == ""
