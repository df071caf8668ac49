"""Frames a second of both heads at 1280x720 with the motion model running live beside."""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

_SIZE: Final = (1280, 720)
_SECONDS, _WARM_SECONDS = 10.0, 3.0
_SPEECH: Final = Path(__file__).resolve().parents[1] / "data" / "speech"


def measure() -> dict[str, Any]:
    """Return fps, tier, renderer's name, app_ms (this program's own time in a frame: poses and commands), size."""
    from app.session import Session
    from app.stage import load_heads
    from avatar.camera import SHOTS, head_places
    from avatar.export.picture import headless_context
    from avatar.renderer import Renderer

    context = headless_context()
    renderer = Renderer(context, load_heads())
    target = context.framebuffer([context.renderbuffer(_SIZE, 4)], context.depth_renderbuffer(_SIZE))
    session = Session(lambda _text: None)
    session.start()
    recordings = (_SPEECH / "lv0870.flac", _SPEECH / "LJ001-0004.flac")
    while not session.ready:
        time.sleep(0.05)
    session.play(*recordings)
    own: list[float] = []
    begun, frames = time.perf_counter() + _WARM_SECONDS, 0
    while time.perf_counter() < begun + _SECONDS:
        started = time.perf_counter()
        if started < begun:
            frames = 0
        poses = session.poses("viewer", 0.0)
        own.append(time.perf_counter() - started)
        renderer.draw(target, SHOTS["both"], poses, head_places("viewer"))
        own[-1] += renderer.own_seconds
        context.finish()
        frames += 1
    elapsed = time.perf_counter() - begun
    session.close()
    return {
        "fps": round(frames / elapsed, 1),
        "tier": renderer.tier.name,
        "renderer": renderer.name,
        "app_ms": round(float(np.median(own)) * 1000, 2),
        "width": _SIZE[0],
        "height": _SIZE[1],
    }
