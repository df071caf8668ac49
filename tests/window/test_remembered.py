"""app.window.remembered: what is chosen in the window is there at the next start; what settings name in vain is told."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.agents.agents import own_folder
from app.errors import MissingError
from app.settings import DEFAULTS, Mode, Settings, resolved, saved_file
from app.timeline.timeline import AGENT, USER
from app.window.main_window import MainWindow
from tests.window.helpers import PATIENCE

Open = Callable[..., MainWindow]


def pick(box: QComboBox, data: object) -> None:
    """Choose an entry as a person does: it is shown, then used."""
    box.setCurrentIndex(box.findData(data))
    assert box.currentData() == data
    box.activated.emit(box.currentIndex())


def settled(window: MainWindow, qtbot: QtBot) -> MainWindow:
    qtbot.waitUntil(lambda: window.session.ready and window._settled and window._model_told, timeout=PATIENCE)
    return window


def test_what_is_chosen_is_found_again_at_the_next_start(open_window: Open, qtbot: QtBot) -> None:
    first = settled(open_window(), qtbot)
    assert not saved_file().exists()
    pick(first.look.heads[USER], "yuna")
    pick(first.talk.mode, "push-to-talk")
    pick(first.look.view.backgrounds, "green")
    first.look.view.shots.setCurrentIndex(first.look.view.shots.findData("split"))
    first.look.view.qualities.setCurrentIndex(first.look.view.qualities.findData("light"))
    first.talk.murmurs.setValue(4)
    first.look.expression.emotion.setCurrentIndex(first.look.expression.emotion.findData("sad"))
    first.look.expression.eyes["blinks"].setValue(5)
    first.talk.device_chosen.emit("loudspeaker", "Studio Nine")
    first.close()
    found = resolved({})
    assert found.saved >= {
        "head",
        "mode",
        "background",
        "shot",
        "quality",
        "murmurs",
        "agent_mood",
        "blinks",
        "loudspeaker",
    }
    second = settled(open_window(found.settings, found.saved), qtbot)
    talk, look, session = second.talk, second.look, second.session
    assert [head.look.name for head in second.viewport._heads or ()] == ["Yuna", "Mira"]
    assert [box.currentData() for box in look.heads] == ["yuna", "mira"]
    assert (session.conversation.listener.mode, talk.mode.currentData()) == (Mode.PUSH_TO_TALK, "push-to-talk")
    assert (session.conversation.dialogue.murmurs.readiness, talk.murmurs.value()) == (0.4, 4)
    assert session.faces.dials[USER].blinks == 0.5
    assert (session.animation.conditions[AGENT].emotion, look.expression.emotion.currentData()) == ("sad", "sad")
    assert (second.viewport._shot, second.viewport._quality) == ("split", "light")
    assert look.view.backgrounds.currentData() == "green"
    assert session.devices.names["loudspeaker"] == "Studio Nine"
    assert second.remembered._chosen == {}  # what is shown is not chosen


def test_an_agent_that_is_chosen_is_found_again_with_its_head(open_window: Open, qtbot: QtBot) -> None:
    first = settled(open_window(Settings(agent_head="yuna", mode=Mode.HALF_DUPLEX)), qtbot)
    assert first.look.heads[AGENT].currentData() == "yuna"
    pick(first.talk.agent, next(t for t in map(first.talk.agent.itemData, range(9)) if t.startswith("Theo")))
    qtbot.waitUntil(lambda: first.look.heads[AGENT].currentData() == "theo", timeout=PATIENCE)
    qtbot.waitUntil(saved_file().exists, timeout=PATIENCE)  # while the window is open
    assert saved_file().read_text() == "agent: theo\n"  # what only the line said is not kept
    found = resolved({})
    second = open_window(found.settings, found.saved)
    assert second.session.conversation.dialogue.agent.name == "Theo"
    assert [box.currentData() for box in second.look.heads] == ["mira", "theo"]


def test_a_profile_sets_heads_and_mode(open_window: Open, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "stand.yaml").write_text(
        "head: omar\nagent_head: yuna\nmode: half-duplex\nfacing: partner\nmood: head=0.4\n"
    )
    found = resolved({"agent_head": "theo"}, tmp_path / "stand.yaml")
    window = settled(open_window(found.settings, found.saved), qtbot)
    assert [box.currentData() for box in window.look.heads] == ["omar", "theo"]
    assert window.talk.mode.currentData() == window.session.conversation.listener.mode == "half-duplex"
    assert window.viewport.facing == "partner"
    assert window.session.animation.conditions[USER].head == 0.4
    assert not saved_file().exists()


def test_names_that_are_not_known_are_told_and_the_defaults_are_there(
    open_window: Open, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Settings(head="nobody", shot="moon", quality="best", background="nowhere.png", mood="sleepy")
    window = open_window(asked)
    settled(window, qtbot)
    for word in (
        "no head 'nobody'",
        "no shot 'moon'",
        "no quality 'best'",
        "'nowhere.png' is no background",
        "'sleepy'",
    ):
        assert word in caplog.text
    assert [box.currentData() for box in window.look.heads] == ["theo", "mira"]
    assert (window.viewport._shot, window.viewport._quality) == (DEFAULTS.shot, DEFAULTS.quality)


def test_an_agent_that_was_saved_and_is_gone_gives_way_and_one_that_is_asked_for_does_not(
    open_window: Open, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    own_folder().mkdir(parents=True)
    window = settled(open_window(Settings(agent="anna", hearing="base.en"), {"agent", "hearing"}), qtbot)
    assert window.session.conversation.dialogue.agent.name == "Mira"
    assert "no agent 'anna'" in caplog.text and "base.en" in caplog.text
    with pytest.raises(MissingError, match="anna"):
        MainWindow(Settings(agent="anna"), {"hearing"})


def test_choices_that_cannot_be_saved_are_told_once(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(window, qtbot)
    monkeypatch.setenv("XDG_DATA_HOME", "/dev/null")
    told: list[str] = []
    monkeypatch.setattr(window.remembered, "_tell", told.append)
    for mode in ("half-duplex", "push-to-talk"):
        pick(window.talk.mode, mode)
        window.remembered.save()
    assert len(told) == 1 and "not kept for the next start" in told[0]
    assert window.session.conversation.listener.mode == "push-to-talk"
