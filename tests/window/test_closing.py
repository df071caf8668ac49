"""app.window: what is told where nothing can be kept, and a window that ends while it checks the sound."""

import threading

import pytest
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from audio_io.devices.listing import Device
from tests.conftest import until
from tests.window.helpers import PATIENCE, bury


def test_a_home_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, qtbot: QtBot
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/dev/null/home")
    window = MainWindow()
    window.show()
    qtbot.waitUntil(lambda: "nothing is kept, for /dev/null/home" in caplog.text, timeout=PATIENCE)
    window.close()
    bury(window)


@pytest.mark.usefixtures("qtbot")
def test_closing_in_the_sound_check_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    window, failures = MainWindow(), []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    window.session.devices.device = lambda _: Device(0, "there", 16_000, 1)
    window.talk.check.click()
    session = window.session
    assert until(lambda: session._source.checking)
    window.close()
    bury(window)
    assert until(lambda: all(thread.name != "desk" for thread in threading.enumerate()))
    assert not session._source.checking
    assert not failures, failures
