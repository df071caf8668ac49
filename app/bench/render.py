"""Frames a second of both heads at 1280x720 with the motion model running live beside, and the worst of them."""

import math
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.bench.options import BenchOptions, progress
from avatar.draw.tiers import TIERS, is_software

if TYPE_CHECKING:
    from app.session.session import Session

_SIZE: Final = (1280, 720)
_FULL, _HIGH_SECONDS = (1920, 1080), 4.0
_SECONDS, _QUICK_SECONDS, _WARM_SECONDS = 10.0, 5.0, 3.0
_CONTENTION: Final = 2.0  # how much slower a hop is beside the heads, where these are drawn in software
_SPEECH: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "speech"


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return fps, tier, renderer's name, app_ms (this program's own time in a frame: poses and commands), size; worst_ms of a
    whole frame and app_worst_ms of that time alone; which model ran to the end, and its hop (s) and load; on a graphics
    card also high_fps, the high tier's frames a second at 1920x1080, drawn without being read back."""
    from avatar.export.picture import headless_context

    context = headless_context()
    session = _session(options)
    progress("frames of both heads, the motion model beside")
    seconds = _QUICK_SECONDS if options.quick else _SECONDS
    renderer, whole, own = _drawn(context, session, seconds)
    animator = session.animation._animator
    figures = {
        "fps": round(len(whole) / sum(whole), 1), "tier": renderer.tier.name, "renderer": renderer.name,
        "app_ms": round(float(np.median(own)) * 1000, 2), "width": _SIZE[0], "height": _SIZE[1], "n": len(whole),
        "worst_ms": round(max(whole) * 1000, 1), "p99_ms": round(float(np.percentile(whole, 99)) * 1000, 1),
        "app_worst_ms": round(max(own) * 1000, 1), "model": session.animation.name,
        "hop": animator.model.hop_seconds if animator else 0.0, "load": round(animator.load, 2) if animator else 0.0,
    }  # fmt: skip
    _end(session)
    return figures if is_software(renderer.name) else {**figures, "high_fps": _high_tier(context)}


def _session(options: BenchOptions) -> "Session":
    """Return a conversation of two recordings, whose faces the wanted model moves."""
    from app.session.session import Session

    session = Session(lambda text: progress(text))
    session.start()
    while not session.ready:
        time.sleep(0.05)
    if options.model == "dualtalk":
        session.animation.bring(_dualtalk(options))
        while session.animation.loading:
            time.sleep(0.05)
    session.play(_SPEECH / "lv0870.flac", _SPEECH / "LJ001-0004.flac")
    return session


def _end(session: "Session") -> None:
    """Close, and wait for a model at work: a process cannot end in order while a thread is inside its libraries."""
    session.close()
    for thread in threading.enumerate():
        if thread.name in ("animation", "loading"):
            thread.join()


def _dualtalk(options: BenchOptions) -> Any:
    """Return DualTalk at full size, with a hop that this machine can afford beside the heads."""
    from app.bench.dualtalk import network_of
    from app.session.trial import MOST_LOAD, context_of, offered, tried
    from inference.dualtalk.model import DualTalkModel, best_device, live_defaults

    settings = live_defaults(best_device())
    model = DualTalkModel(network_of(options), settings)
    progress("what a hop of DualTalk costs")
    cost = _CONTENTION * tried(model)
    longer = offered(model, cost).longer
    if cost < MOST_LOAD * settings.hop or longer is None:
        return model
    context = max(settings.context, math.ceil(context_of(longer)))
    return DualTalkModel(model.network, replace(settings, hop=longer, context=context))


def _drawn(context: Any, session: "Session", seconds: float) -> tuple[Any, list[float], list[float]]:
    """Draw for some seconds; return the renderer, and what each frame took (s): in all, and of this program's own time."""
    from app.session.faces import load_heads
    from avatar.draw.camera import SHOTS, head_places
    from avatar.draw.renderer import Renderer

    heads = load_heads()
    renderer = Renderer(context, heads)
    target = context.framebuffer([context.renderbuffer(_SIZE, 4)], context.depth_renderbuffer(_SIZE))
    whole: list[float] = []
    own: list[float] = []
    begun = time.perf_counter() + _WARM_SECONDS
    while (started := time.perf_counter()) < begun + seconds:
        poses = session.shown(heads, "viewer", 0.0)
        asked = time.perf_counter() - started
        renderer.draw(target, SHOTS["both"], poses, head_places("viewer"))
        context.finish()
        if started > begun:
            whole.append(time.perf_counter() - started)
            own.append(asked + renderer.own_seconds)
    return renderer, whole, own


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
