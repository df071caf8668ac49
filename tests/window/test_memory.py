"""The real window for a long time: changes of heads, tiers and windows leave no GL object and no memory behind."""

from pytestqt.qtbot import QtBot

from app.session.faces import bundled_looks, load_heads
from app.window.main_window import MainWindow
from tests.gl_objects import gl_objects, memory_mb
from tests.window.helpers import PATIENCE

CHANGES = 36
SAME = 12  # changes, after which tier and window are the same again and the renderer is a new one
TIERS = ("standard", "light")  # the finest is too slow in software for so many frames


def objects(window: MainWindow) -> dict[str, int]:
    view = window.viewport
    assert view.renderer is not None
    view.makeCurrent()
    counts = gl_objects(view.renderer.ctx)
    view.doneCurrent()
    return counts


def change(window: MainWindow, qtbot: QtBot, number: int) -> None:
    """Show another head, tier and window: three of each in turn."""
    view, names = window.viewport, bundled_looks()
    if number % 3 == 0:
        view.show_heads(load_heads((names[number % len(names)], "mira")))
    elif number % 3 == 1:
        view.choose_quality(TIERS[number % 2])
    else:
        window.apart.toggle()
    drawn = view.frames
    qtbot.waitUntil(lambda: view.frames > drawn + 1, timeout=PATIENCE)


def test_changes_leave_no_gl_object_and_no_memory_behind(window: MainWindow, qtbot: QtBot) -> None:
    counts, memory = [], []
    for number in range(CHANGES):
        change(window, qtbot, number)
        if number % SAME == SAME - 1:
            counts.append(objects(window))
            memory.append(memory_mb())
    assert counts[1:] == [counts[0]] * (len(counts) - 1)
    assert memory[-1] < memory[0] + 150  # a renderer that is left behind takes 70
