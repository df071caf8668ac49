"""How long another head takes: to be read and drawn for the first time, and while the window talks on."""

import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, Final

import numpy as np

from app.bench.options import BenchOptions, progress

_SIZE: Final = (1280, 720)
_SECONDS: Final = 3.0  # before and after each change
_CHANGES: Final = ((1, "ruth"), (0, "ken"), (1, "yuna"), (0, "amara"))  # who (0 the person), and which head

_QUICK_CHANGES: Final = 2


def _shows(picker: Any, name: str) -> bool:
    return bool(picker.currentData() == name)


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return load_ms (slowest head: files, meshes, upload, first frame), dropouts of the loudspeaker while n heads are
    changed, frames_lost (most at a change, at the rate before it), change_ms (the longest from choice to first frame)."""
    # In a process of its own: a context without a display and a window's do not go together in one.
    progress("every head, read and drawn for the first time")
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        loaded = apart.submit(_load).result()
    return {"load_ms": loaded, **_change(_CHANGES[: options.count(len(_CHANGES), _QUICK_CHANGES)])}


def _load() -> float:
    from app.session.faces import bundled_looks, load_heads
    from avatar.draw.camera import SHOTS, head_places
    from avatar.draw.renderer import Renderer
    from avatar.export.picture import headless_context
    from avatar.rig.head import Pose

    context = headless_context()
    target = context.framebuffer([context.renderbuffer(_SIZE, 4)], context.depth_renderbuffer(_SIZE))
    renderer = Renderer(context, load_heads(("mira", "mira")))
    taken = []
    for name in bundled_looks():
        started = time.perf_counter()
        renderer.show([*load_heads((name, name))[:1], *load_heads(("mira", "mira"))[:1]])
        renderer.draw(target, SHOTS["both"], [Pose.rest(), Pose.rest()], head_places("viewer"))
        context.finish()
        taken.append(time.perf_counter() - started)
    context.release()
    return round(1000 * max(taken), 1)


def _change(changes: tuple[tuple[int, str], ...]) -> dict[str, float]:
    from app.bench.live import live

    with live() as running:
        running.run(60, lambda: running.session.ready)
        running.window.look.sample.click()
        running.run(_SECONDS)
        player = running.session.devices
        before = player.dropouts
        lost, taken = [], []
        for number, (who, name) in enumerate(changes):
            progress("heads changed while the window talks", number + 1, len(changes))
            usual = float(np.median(np.diff(running.frames()[0][-60:])))
            begun = time.monotonic()
            running.window.casting.choose(who, name)
            shown = running.window.look.heads[who]
            running.run(10, partial(_shows, shown, name))
            taken.append(time.monotonic() - begun)
            running.run(_SECONDS)
            at = running.frames()[0]
            lost.append(float(np.diff(at[at > begun - 0.1]).max()) / usual - 1)
        return {
            "dropouts": player.dropouts - before,
            "frames_lost": round(max(lost), 1),
            "change_ms": round(1000 * max(taken), 1),
            "n": len(changes),
        }
