"""Frames a second of both heads at 1280x720 with the motion model running live beside."""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.bench.options import BenchOptions, progress
from avatar.draw.tiers import TIERS, is_software

_SIZE: Final = (1280, 720)
_FULL, _HIGH_SECONDS = (1920, 1080), 4.0
_SECONDS, _QUICK_SECONDS, _WARM_SECONDS = 10.0, 5.0, 3.0
_SPEECH: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "speech"


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return fps, tier, renderer's name, app_ms (this program's own time in a frame: poses and commands), size; on a graphics
    card also high_fps, the high tier's frames a second at 1920x1080, drawn without being read back."""
    from app.session.faces import load_heads
    from app.session.session import Session
    from avatar.draw.camera import SHOTS, head_places
    from avatar.draw.renderer import Renderer
    from avatar.export.picture import headless_context

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
    more: dict[str, float] = {}
    progress("frames of both heads, the motion model beside")
    seconds = _QUICK_SECONDS if options.quick else _SECONDS
    begun, frames = time.perf_counter() + _WARM_SECONDS, 0
    while time.perf_counter() < begun + seconds:
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
    if not is_software(renderer.name):
        more["high_fps"] = _high_tier(context)
    return {
        "fps": round(frames / elapsed, 1),
        "tier": renderer.tier.name,
        "renderer": renderer.name,
        "app_ms": round(float(np.median(own)) * 1000, 2),
        "width": _SIZE[0],
        "height": _SIZE[1],
        "n": frames,
        **more,
    }


def _high_tier(context: Any) -> float:
    from app.session.faces import load_heads
    from avatar.draw.camera import SHOTS, head_places
    from avatar.draw.renderer import Renderer
    from avatar.rig.head import Pose

    renderer = Renderer(context, load_heads(), TIERS["high"])
    target = context.framebuffer([context.renderbuffer(_FULL, 4)], context.depth_renderbuffer(_FULL))
    places, poses, frames = head_places("viewer"), [Pose.rest(), Pose.rest()], 0
    begun = time.perf_counter() + 1.0  # shaders are compiled before
    while (now := time.perf_counter()) < begun + _HIGH_SECONDS:
        frames = frames + 1 if now > begun else 0
        renderer.draw(target, SHOTS["both"], poses, places)
        context.finish()
    return round(frames / _HIGH_SECONDS, 1)
