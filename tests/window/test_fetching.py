"""app.window.fetching: what hears and speaks well comes beside the conversation, or words say why it does not."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.fetch import Brought
from app.session.hearing import chosen
from app.window.fetching import Fetching
from app.window.main_window import MainWindow
from app.window.panels.fetch_bar import FetchBar
from audio_io.notice import Notice
from tests.window.helpers import PATIENCE


@pytest.fixture
def absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Brought]:
    """A group that is not here, and no index that has it."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lock = tmp_path / "requirements-absent.lock"
    lock.write_text(f"nowhere-to-be-had==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    return {"absent": Brought(lock, "better dreams", 7, 9)}


def test_what_cannot_be_fetched_is_told_and_the_bar_goes(absent: dict[str, Brought], qtbot: QtBot) -> None:
    told: list[Notice] = []
    shown: list[str] = []
    bar = FetchBar()
    qtbot.addWidget(bar)
    fetching = Fetching(bar, told.append, shown.append, lambda: None, absent)
    fetching.begin()
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE)
    assert "it goes on with what is here" in told[0] and "./run fetch" in told[0]
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=PATIENCE)
    assert not shown


def test_a_person_may_put_it_off(absent: dict[str, Brought], qtbot: QtBot) -> None:
    told: list[Notice] = []
    put_off: list[bool] = []
    bar = FetchBar()
    qtbot.addWidget(bar)
    fetching = Fetching(bar, told.append, lambda _: None, lambda: put_off.append(True), absent)
    bar.show_part("better dreams", 3.4, 7)
    assert bar.bar.value() == 3 and bar.bar.maximum() == 7
    qtbot.mouseClick(bar.later, Qt.MouseButton.LeftButton)
    assert put_off and not bar.isVisible()
    with qtbot.waitSignal(fetching._all, timeout=PATIENCE):
        fetching.begin()
    assert not told  # nobody who put it off is told that it did not come


def test_what_has_come_is_used_where_the_best_is_wanted(window: MainWindow) -> None:
    window.desk.ears.take("ears")
    heard, best = window.session.conversation.ears.hearing, chosen("auto")
    assert (heard.engine, heard.model) == (best.engine, best.model)
