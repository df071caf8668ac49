"""The stage tab in the real window: moods and heads."""

import numpy as np
from pytestqt.qtbot import QtBot

from app.agents.agents import load_agent
from app.window.main_window import MainWindow
from avatar.draw.camera import SHOTS
from avatar.rig.layout import SLOT
from tests.window.helpers import PATIENCE, picture


def test_a_mood_reaches_the_agents_face(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.ready, timeout=PATIENCE)
    picker = window.look.expression
    picker.emotion.setCurrentIndex(picker.emotion.findData("happy"))
    picker.sliders["head"].setValue(4)
    user, agent = window.session.animation.conditions
    assert (agent.emotion, agent.head, user.emotion, user.head) == ("happy", 0.4, "neutral", 0.4)
    smile = SLOT["mouthSmileLeft"]
    agents_face = window.session.tracks[1]
    qtbot.waitUntil(lambda: agents_face.sample(window.session.clock.now())[smile] > 0.2, timeout=PATIENCE)


def test_heads_can_be_chosen_and_follow_the_agent(window: MainWindow, qtbot: QtBot) -> None:
    assert window.look.heads[1].currentData() == "mira"
    before = picture(window)
    names = [window.look.heads[0].itemData(i) for i in range(window.look.heads[0].count())]
    other = next(name for name in names if name not in ("mira", "theo"))
    window.look.heads[0].setCurrentIndex(names.index(other))
    window.look.heads[0].activated.emit(names.index(other))
    qtbot.waitUntil(lambda: np.abs(picture(window) - before).mean() > 1, timeout=PATIENCE)
    window.session.conversation.use_agent(load_agent("theo", print))
    qtbot.waitUntil(lambda: window.look.heads[1].currentData() == "theo", timeout=PATIENCE)
    assert window.look.heads[0].currentData() == other


def test_the_camera_goes_over_to_what_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    view = window.viewport
    qtbot.waitUntil(lambda: view.frames > 3, timeout=PATIENCE)
    both = last = picture(window)

    def difference(other: np.ndarray) -> float:
        return float(np.abs(picture(window) - other).mean())

    for shot in ("agent", "split"):
        window.look.view.shot_chosen.emit(shot)
        qtbot.waitUntil(lambda last=last: min(difference(both), difference(last)) > 8, timeout=PATIENCE)
        qtbot.waitUntil(lambda shot=shot: view._views()[0].camera == SHOTS[shot][0].camera, timeout=PATIENCE)
        last = picture(window)
    window.look.view.shot_chosen.emit("both")
    qtbot.waitUntil(lambda: difference(both) < 8, timeout=PATIENCE)
