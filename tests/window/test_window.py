"""The real window on a virtual screen: what a person does with it, and that nothing they do or open kills it."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from app import store
from app.session.animation import Offer
from app.settings import Settings
from app.timeline.timeline import AGENT, USER
from app.window.main_window import MainWindow
from avatar.flame.model import import_flame
from tests import tiny_dualtalk
from tests.conftest import SPEECH, Mouth
from tests.synthetic_flame import flame_arrays, write_pickle
from tests.test_files import broken_files
from tests.window.helpers import PATIENCE, bury, picture, silence_sample


def test_two_faces_are_shown_and_the_sample_plays_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.ready, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.session.playback is not None, timeout=PATIENCE)
    shown = picture(window)
    skin = (shown[..., 0] > 110) & (shown[..., 0] > shown[..., 2] + 20)
    half = shown.shape[1] // 2
    assert skin[:, :half].sum() > 2000
    assert skin[:, half:].sum() > 2000
    mouth = Mouth(window.session.tracks[USER], window.session.clock)
    qtbot.waitUntil(lambda: mouth.widest() > 0.05, timeout=PATIENCE)


def test_the_mouse_turns_and_zooms_the_view(window: MainWindow, qtbot: QtBot) -> None:
    view = window.viewport
    before = view._camera
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(view, QPoint(260, 230))
    qtbot.waitUntil(lambda: view._camera.yaw != before.yaw, timeout=PATIENCE)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(260, 230))
    wheel = QWheelEvent(
        QPointF(200, 200), view.mapToGlobal(QPointF(200, 200)), QPoint(), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert view._camera.distance < before.distance
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    assert view._camera == before


def test_what_is_typed_is_said(window: MainWindow, qtbot: QtBot) -> None:
    silence_sample(window, qtbot)
    assert window.session.playback is None
    assert not window.session.speech.speaking
    tape, begun = window.session.tapes[AGENT], window.session.clock.now()
    mouth, dialogue = Mouth(window.session.tracks[AGENT], window.session.clock), window.session.conversation.dialogue

    def said_and_shown() -> bool:
        if dialogue._answer is None:  # or a machine that was too busy has left it out: once more
            qtbot.keyClicks(window.line._text, "Many men moved my boat.")
            qtbot.keyClick(window.line._text, Qt.Key.Key_Return)
        return tape.end > begun + 16_000 and mouth.widest() > 0.05

    qtbot.waitUntil(said_and_shown, timeout=PATIENCE)


def test_stop_and_play_again(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "Stop" in window.look.sample.text(), timeout=PATIENCE)
    window.look.sample.click()
    assert window.session.playback is None
    window.look.sample.click()
    assert window.session.playback is not None


def test_bad_recordings_are_told_and_the_window_lives_on(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    silence_sample(window, qtbot)  # what else would be told then, was told
    good = SPEECH / "LJ001-0002.flac"
    for name, path in broken_files(tmp_path).items():
        window.recordings.play(good, path)
        qtbot.waitUntil(lambda path=path: path.name in window.line._status.text(), timeout=PATIENCE)
        frames = window.viewport.frames
        qtbot.waitUntil(lambda frames=frames: window.viewport.frames > frames + 2, timeout=PATIENCE)
        assert name
    window.recordings.play(tmp_path / "nowhere.wav", good)
    assert "nowhere.wav" in window.line._status.text()


def test_a_missing_microphone_is_told(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.talk.start, Qt.MouseButton.LeftButton)
    assert "no microphone" in window.line._status.text().lower()
    assert not window.talk.start.isChecked()


def test_a_new_gl_context_is_drawn_into(window: MainWindow, qtbot: QtBot) -> None:
    view = window.viewport
    view.setParent(None)  # re-parenting gives the widget another context
    view.resize(640, 400)
    view.show()
    frames = view.frames
    qtbot.waitUntil(lambda: view.frames > frames + 3, timeout=PATIENCE)
    shown = picture(window)
    assert ((shown[..., 0] > 110) & (shown[..., 0] > shown[..., 2] + 20)).sum() > 2000
    view.close()


def test_resizing_never_leaves_the_picture_black(window: MainWindow, qtbot: QtBot) -> None:
    for size in ((700, 500), (1300, 800), (900, 520)):
        window.resize(*size)
        frames = window.viewport.frames
        qtbot.waitUntil(lambda frames=frames: window.viewport.frames > frames + 2, timeout=PATIENCE)
        assert picture(window).mean() > 15


def test_a_model_that_is_not_imported_is_told_and_duet_stays(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    qtbot.waitUntil(lambda: window.session.ready, timeout=PATIENCE)
    told: list[str] = []
    window._messages.told.connect(told.append)
    window.look.model.setCurrentIndex(1)
    window.look.model.activated.emit(1)
    qtbot.waitUntil(lambda: any("import-dualtalk" in text for text in told), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.look.model.currentText() == "Duet", timeout=PATIENCE)


def test_dualtalk_takes_over_on_flames_head_and_gives_back(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("app.session.animation.MOST_LOAD", np.inf)  # however busy the machine is
    monkeypatch.setattr("app.session.animation._OVERLOAD", np.inf)
    import_flame(write_pickle(tmp_path / "f.pkl", flame_arrays()), store.flame_model())
    weights = tiny_dualtalk.write_checkpoint(tmp_path / "d.pth")
    opened = MainWindow(Settings(model="dualtalk", weights=weights, context=2000, hop=240))
    opened.show()
    try:
        qtbot.waitUntil(lambda: opened.session.animation.name == "dualtalk", timeout=PATIENCE)
        shown = lambda: [head.look.name for head in opened.viewport._heads or ()]  # noqa: E731 - it is asked again and again
        qtbot.waitUntil(lambda: shown() == ["FLAME", "FLAME"], timeout=PATIENCE)
        assert opened.look.model.currentText() == "DualTalk"
        frames = opened.viewport.frames
        qtbot.waitUntil(lambda: opened.viewport.frames > frames + 5, timeout=PATIENCE)
        bald = picture(opened)
        opened.look.model.activated.emit(0)
        qtbot.waitUntil(lambda: opened.session.animation.name == "duet", timeout=PATIENCE)
        qtbot.waitUntil(lambda: shown() == ["Theo", "Mira"], timeout=PATIENCE)
        frames = opened.viewport.frames
        qtbot.waitUntil(lambda: opened.viewport.frames > frames + 5, timeout=PATIENCE)
        assert np.abs(picture(opened) - bald).mean() > 3
        haired = picture(opened)
        opened.look.heads[0].activated.emit(opened.look.heads[0].findData("flame"))  # Duet moves FLAME's head too
        qtbot.waitUntil(lambda: shown() == ["FLAME", "Mira"], timeout=PATIENCE)
        frames = opened.viewport.frames
        qtbot.waitUntil(lambda: opened.viewport.frames > frames + 12, timeout=PATIENCE)
        assert np.abs(picture(opened) - haired)[:, : haired.shape[1] // 2].mean() > 3
    finally:
        opened.close()
        bury(opened)


def test_an_offer_is_shown_and_can_be_taken_or_left(window: MainWindow, qtbot: QtBot) -> None:
    taken: list[tuple[str, float]] = []
    window.offer.accepted.disconnect()
    window.offer.accepted.connect(lambda name, hop: taken.append((name, hop)))
    window._messages.offered.emit(Offer("dualtalk", 0.5, 0.24, 0.96))
    qtbot.waitUntil(window.offer.isVisible, timeout=PATIENCE)
    qtbot.mouseClick(window.offer.stay, Qt.MouseButton.LeftButton)
    assert not window.offer.isVisible()
    assert not taken
    window._messages.offered.emit(Offer("dualtalk", 0.5, 0.24, 0.96))
    qtbot.waitUntil(window.offer.isVisible, timeout=PATIENCE)
    qtbot.mouseClick(window.offer.longer, Qt.MouseButton.LeftButton)
    assert taken == [("dualtalk", 0.96)]
    window._messages.offered.emit(Offer("dualtalk", 5.0, 0.24, None))
    qtbot.waitUntil(window.offer.isVisible, timeout=PATIENCE)
    assert not window.offer.longer.isVisible()


def test_captions_follow_what_is_written_and_said(window: MainWindow, qtbot: QtBot) -> None:
    silence_sample(window, qtbot)
    qtbot.keyClicks(window.line._text, "what is your name")
    qtbot.keyClick(window.line._text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "what is your name" in window.captions.person.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: "I am Mira" in window.captions.agent.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.session.conversation.captions()[1][1] > 5, timeout=PATIENCE)


def answer_boxes(answer: QMessageBox.StandardButton) -> None:
    """Press a button of the message box that opens next."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            box.button(answer).click()
        else:
            QTimer.singleShot(50, press)

    QTimer.singleShot(50, press)


def test_nothing_is_recorded_until_the_person_agrees_and_one_key_deletes_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    qtbot.waitUntil(lambda: window.session.ready, timeout=PATIENCE)
    answer_boxes(QMessageBox.StandardButton.No)
    window.talk.record.click()
    assert window.session.conversation.recording is None and not window.talk.record.isChecked()
    answer_boxes(QMessageBox.StandardButton.Yes)
    window.talk.record.click()
    recording = window.session.conversation.recording
    assert recording is not None
    qtbot.waitUntil(lambda: (recording.folder / "agent.motion").stat().st_size > 20_000, timeout=PATIENCE)
    window.talk.record.click()
    assert (recording.folder / "transcript.txt").exists()
    answer_boxes(QMessageBox.StandardButton.Yes)
    window.talk.record.click()
    second = window.session.conversation.recording
    assert second is not None and second.folder.exists()
    window.desk.delete_recording()
    assert not second.folder.exists() and recording.folder.exists()
