"""The desk and the line: language models are looked for when the person asks, and what is wrong is shown as that."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.window.desk import LOOK_FOR_MODELS
from app.window.main_window import MainWindow
from app.window.panels.line import Line
from audio_io.notice import Notice, Trouble
from tests.test_language_model import Loopback
from tests.window.helpers import PATIENCE


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    opened = Loopback()
    monkeypatch.setattr("app.agents.language_model.server.LOCAL_SERVERS", {"Ollama": opened.address})
    monkeypatch.setattr("app.agents.language_model.server._LOOK_SECONDS", 30.0)
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    yield opened
    opened.close()


def choose(window: MainWindow, title: str) -> None:
    """Choose an agent as a person does: it is shown, then used."""
    index = window.talk.agent.findText(title)
    assert index >= 0, title
    window.talk.agent.setCurrentIndex(index)
    window.talk.agent.activated.emit(index)


def test_language_models_are_looked_for_when_asked_and_told_no_key(
    server: Loopback, window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: window.session.ready and window.session.playback is not None, timeout=PATIENCE)
    assert not server.headers  # nobody asked
    was = window.talk.agent.currentText()
    choose(window, LOOK_FOR_MODELS)
    assert window.talk.agent.currentText() == was
    qtbot.waitUntil(lambda: window.talk.agent.findText("tiny-talker (Ollama)") >= 0, timeout=PATIENCE)
    assert len(server.headers) == 1
    choose(window, "tiny-talker (Ollama)")
    window.session.conversation.ask("how are you")
    qtbot.waitUntil(lambda: bool(server.asked), timeout=PATIENCE)
    assert not any("Authorization" in headers for headers in server.headers)
    choose(window, LOOK_FOR_MODELS)
    assert window.talk.agent.currentText() == "tiny-talker (Ollama)"
    server.models = []
    choose(window, LOOK_FOR_MODELS)
    qtbot.waitUntil(lambda: "no language model was found" in window.line._status.text().lower(), timeout=PATIENCE)


def test_how_serious_a_notice_is_does_not_hang_on_its_words(qtbot: QtBot) -> None:
    line = Line()
    qtbot.addWidget(line)
    for told, warns in (
        (Trouble("the loudspeaker left"), True),
        (Notice("no error is missing, nothing failed"), False),
    ):
        line.told.emit(told)
        qtbot.waitUntil(lambda told=told: line._status.text() == told[0].upper() + told[1:], timeout=PATIENCE)
        assert line._status.property("warning") is warns
