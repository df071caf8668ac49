"""Recording in the window where the disk is full: told, never stuck, and closing closes everything."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.session.shown import Replayed
from app.timeline.folder import Folder
from app.timeline.stored import load
from app.timeline.timeline import Entry
from app.window.main_window import MainWindow
from audio_io.time.tape import SAMPLE_RATE
from tests.drill.outputs import room
from tests.window.helpers import PATIENCE
from tests.window.test_window import answer_boxes


@pytest.mark.parametrize("way", ["stop", "close"])
def test_a_full_disk_leaves_no_button_pressed_and_nothing_open(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    qtbot.waitUntil(lambda: window.session.opened.is_set(), timeout=PATIENCE)
    answer_boxes(QMessageBox.StandardButton.Yes)
    window.talk.record.click()
    recording = window.session.conversation.recording
    assert recording is not None
    qtbot.waitUntil(lambda: (recording.folder / "agent.motion").stat().st_size > 0, timeout=PATIENCE)
    with room(1):
        if way == "stop":
            qtbot.mouseClick(window.talk.record, Qt.MouseButton.LeftButton)
            assert not window.talk.record.isChecked()
        else:
            window.close()
            qtbot.waitUntil(
                lambda: not any(loop._thread.is_alive() for loop in window.session._loops), timeout=PATIENCE
            )
            assert window.session.voice.pid is None
    assert not recording.open and window.session.conversation.recording is None


def test_a_stored_session_is_shown_with_its_heads_and_words(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    folder, seconds = Folder(tmp_path / "talk", 32_000, 50, {"seed": 7}, ("user", "agent")), 120
    folder.write([
        Entry("heads", 0, facts={"names": ["yuna", "theo"], "identities": [[], []]}),
        Entry("agent", 0, facts={"name": "Somebody"}),
        *(Entry("turn", 32_000 + second * SAMPLE_RATE, facts={"text": "as it was"}) for second in range(seconds)),
    ])  # fmt: skip
    silence = np.zeros(seconds * SAMPLE_RATE, np.float32)
    folder.add({"user": silence, "agent": silence}, [np.zeros((seconds * 50, 56), np.float32)] * 2)
    folder.end()
    window.recordings.play_again(Replayed(load(folder.path)))
    qtbot.waitUntil(lambda: "as it was" in window.captions.person.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.casting._looks == ("yuna", "theo"), timeout=PATIENCE)
    assert window.session.replay is not None and not window.viewport.loading
