"""app.window.desk and what the talk tab asks for: wizard's lines, consent to downloads, the sound check, the key to talk."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.window.helpers import PATIENCE, silence_sample
from tests.window.test_window import answer_boxes


def test_a_wizards_lines_are_offered_and_said(window: MainWindow, qtbot: QtBot) -> None:
    silence_sample(window, qtbot)
    assert window.talk.agent.currentText().startswith("Mira")
    titles = [window.talk.agent.itemText(i) for i in range(window.talk.agent.count())]
    wizard = next(n for n, title in enumerate(titles) if title.startswith("Wizard"))
    window.talk.agent.activated.emit(wizard)
    assert window.line.lines.isVisibleTo(window) and not window.line.ask.isVisibleTo(window)
    window.line.lines.activated.emit(1)
    qtbot.waitUntil(lambda: "Hello, and welcome." in window.captions.agent.text(), timeout=PATIENCE)
    window.talk.agent.activated.emit(titles.index(next(t for t in titles if t.startswith("Theo"))))
    assert window.line.ask.isVisibleTo(window)
    assert window.session.conversation.dialogue.agent.name == "Theo"


def test_a_whisper_model_is_downloaded_only_with_consent(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("app.session.whisper_files.download", lambda name, _: asked.append(name))
    offered = next(n for n, r in enumerate(window.desk.ears.recognizers) if r.download)
    heard = window.session.conversation.ears.hearing
    answer_boxes(QMessageBox.StandardButton.No)
    window.talk.hearing.activated.emit(offered)
    assert not asked and window.session.conversation.ears.hearing == heard


def test_the_sound_check_says_what_is_missing(window: MainWindow, qtbot: QtBot) -> None:
    silence_sample(window, qtbot)
    window.talk.check.click()
    qtbot.waitUntil(lambda: "sound check needs" in window.line._status.text().lower(), timeout=PATIENCE)
    assert window.talk.check.isEnabled()


def test_the_key_to_talk_is_down_while_it_is_held(window: MainWindow, qtbot: QtBot) -> None:
    window.talk.mode.activated.emit(2)
    assert window.session.conversation.listener.mode == "push-to-talk"
    qtbot.keyPress(window, Qt.Key.Key_F8)
    assert window.session.conversation.listener.key
    qtbot.keyRelease(window, Qt.Key.Key_F8)
    assert not window.session.conversation.listener.key
