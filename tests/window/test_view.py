"""How the heads are shown in the real window: quality, backgrounds, a window of their own, who a FLAME head is."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app import store
from app.window.main_window import MainWindow
from avatar.draw import programs
from avatar.export.motion_file import MotionFile, read_motion
from avatar.flame.model import import_flame
from tests.synthetic_flame import flame_arrays, write_pickle
from tests.window.helpers import PATIENCE, bury, button, picture


def go_on(window: MainWindow, qtbot: QtBot, frames: int = 3) -> None:
    drawn = window.viewport.frames
    qtbot.waitUntil(lambda: window.viewport.frames >= drawn + frames, timeout=PATIENCE)


def test_quality_can_be_chosen_and_frames_go_on(window: MainWindow, qtbot: QtBot) -> None:
    view = window.viewport
    assert view.renderer is not None
    assert view.renderer.tier.name == "light"  # software
    seen = {}
    for quality in ("high", "standard", "light"):
        window.look.view.quality_chosen.emit(quality)
        assert view.renderer.tier.name == quality
        go_on(window, qtbot)
        seen[quality] = picture(window)
        skin = (seen[quality][..., 0] > 110) & (seen[quality][..., 0] > seen[quality][..., 2] + 20)
        assert skin.mean() > 0.05
    assert np.abs(seen["high"] - seen["light"]).mean() > 1.5
    window.look.view.quality_chosen.emit("auto")
    assert view.renderer.tier.name == "light"


def test_a_picture_goes_behind_the_heads_or_is_refused(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (10, 200, 40)).save(tmp_path / "wall.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    told: list[str] = []
    window._messages.told.connect(told.append)
    window.backdrop.show(str(tmp_path / "wall.png"))
    go_on(window, qtbot)
    assert np.abs(picture(window)[3, 3] - [10, 200, 40]).max() < 6
    window.backdrop.show(str(tmp_path / "bad.png"))
    assert "bad.png" in window.line._status.text()
    go_on(window, qtbot)
    assert np.abs(picture(window)[3, 3] - [10, 200, 40]).max() < 6  # as it was


def test_the_heads_go_to_a_window_of_their_own_and_back(window: MainWindow, qtbot: QtBot) -> None:
    view = window.viewport
    for _ in range(2):  # each move gives the viewport another context
        button(window, "window of their own").click()
        apart = view.window()
        assert apart is not window
        go_on(window, qtbot)
        apart.resize(700, 500)
        go_on(window, qtbot)
        assert picture(window).std() > 10
        apart.close()
        assert view.window() is window
        go_on(window, qtbot)
        assert picture(window).std() > 10


def test_nothing_is_drawn_behind_the_heads_where_it_is_transparent(window: MainWindow, qtbot: QtBot) -> None:
    window.look.view.background_chosen.emit("transparent")
    button(window, "window of their own").click()
    go_on(window, qtbot)
    image = window.viewport.grabFramebuffer()
    assert image.pixelColor(2, 2).alpha() == 0
    assert image.pixelColor(image.width() // 4, image.height() // 2).alpha() == 255


def test_the_dials_of_the_eyes_reach_them(window: MainWindow) -> None:
    window.look.expression.eyes["blinks"].setValue(0)
    window.look.expression.eyes["contact"].setValue(15)
    assert [(dials.blinks, dials.contact) for dials in window.session.faces.dials] == [(0.0, 1.5)] * 2


def test_a_flame_head_can_be_somebody(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    import_flame(write_pickle(tmp_path / "f.pkl", flame_arrays()), store.flame_model())
    with MotionFile(tmp_path / "m.npz", 25, "flame") as file:
        file.write(np.zeros((4, 56), np.float32), np.zeros((4, 6), np.float32))
    arrays = dict(np.load(tmp_path / "m.npz"))
    np.savez(tmp_path / "who.npz", **arrays, shape=np.tile(np.float32([0, 1.5, 0.5]), (4, 1)))
    assert read_motion(tmp_path / "who.npz").shape == (0.0, 1.5, 0.5)
    opened = MainWindow()
    opened.show()
    try:
        qtbot.waitUntil(lambda: opened.viewport.frames > 2, timeout=PATIENCE)
        opened.look.show_heads(("theo", "mira"))
        opened.casting.choose(0, "flame")
        qtbot.waitUntil(lambda: opened.look.heads[0].currentData() == "flame", timeout=PATIENCE)
        assert not opened.look.shapes[0].isHidden()
        go_on(opened, qtbot)
        average = picture(opened)
        opened.look.dialogs[0].take(tmp_path / "who.npz")
        assert opened.look.dialogs[0].sliders[1].value() == 15
        qtbot.waitUntil(lambda: opened.casting._shown[1][0] == (0.0, 1.5, 0.5), timeout=PATIENCE)
        go_on(opened, qtbot)
        assert np.abs(picture(opened) - average)[:, : average.shape[1] // 2].mean() > 1
        opened.look.dialogs[0].take(tmp_path / "m.npz")
        assert "no shape" in opened.line._status.text()
    finally:
        opened.close()
        bury(opened)


def test_a_tier_that_is_too_much_is_given_up(window: MainWindow, qtbot: QtBot) -> None:
    view = window.viewport
    window.look.view.quality_chosen.emit("high")
    view._quality = "auto"  # as if the graphics' name had promised it
    assert view.renderer is not None
    view.renderer.card_seconds = 0.03
    view._afford(view.renderer)
    qtbot.waitUntil(lambda: view.renderer is not None and view.renderer.tier.name == "standard", timeout=PATIENCE)
    go_on(window, qtbot)
    view.renderer.card_seconds = 0.001
    view._afford(view.renderer)
    go_on(window, qtbot)
    assert view.renderer.tier.name == "standard"  # high was too much before


def test_a_tier_that_cannot_be_made_leaves_the_old_one(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shaders = shutil.copytree(programs.SHADERS, tmp_path / "shaders")
    (shaders / "high_hair.frag").write_text("no shader", "utf-8")
    monkeypatch.setattr(programs, "SHADERS", shaders)
    window.look.view.quality_chosen.emit("high")
    assert window.viewport.renderer is not None
    assert window.viewport.renderer.tier.name == "light"
    assert "quality stays light" in window.line._status.text()
    go_on(window, qtbot)
    assert picture(window).std() > 10
