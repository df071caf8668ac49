"""What DualTalk costs at full size, live and offline, against the plain way; what a short window loses, and its seams.

Random weights where none are given: they cost the same, but their losses say nothing of the real ones'.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
import soundfile
import torch
from torch import Tensor

from app.bench.options import BenchOptions, progress
from audio_io.files import stream
from audio_io.time.tape import SAMPLE_RATE
from inference.dualtalk import checkpoint
from inference.dualtalk.duo import duo_motion, duo_voices, frame_features
from inference.dualtalk.model import PRECISIONS, DualTalkModel, LiveSettings, best_device, live_defaults
from inference.dualtalk.network import DualTalkNetwork, DualTalkSettings, normalised
from inference.dualtalk.tensors import official_names
from inference.dualtalk.timing import FRAME, FRAMES_PER_SECOND
from inference.dualtalk.whole import animate_whole
from inference.motion.recording import Recording

SPEECH: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "speech"
_CONTEXTS, _FUTURES = (1.0, 2.0, 4.0, 8.0), (0.0, 0.04, 0.08, 0.16)
_QUICK_CONTEXTS, _QUICK_FUTURES = (4.0,), (0.08,)
_CLIP_SECONDS, _STEPPED_SECONDS = 12.0, 3.84
_HOPS: Final = {"cuda": 300, "cpu": 7}
_QUICK_HOPS: Final = 2
_OFFLINE_SECONDS: Final = {"cuda": 240, "cpu": 30}
_QUICK_OFFLINE_SECONDS: Final = 4
_WARM: Final = 2


def _random_network(device: str, precision: str) -> DualTalkNetwork:
    """Return full-size random weights, drawn in the precision they are kept in, so that memory is what a user's is."""
    settings = DualTalkSettings()
    with torch.device("meta"):
        shapes = official_names(DualTalkNetwork(settings).state_dict())
    generator = torch.Generator().manual_seed(0)
    tensors: dict[str, Tensor] = {}
    for name, meta in shapes.items():
        kind = PRECISIONS[precision] if checkpoint.is_transformers(name) else torch.float32
        if name.endswith("weight_g") or ("norm" in name and name.endswith("weight")):
            tensors[name] = torch.ones(meta.shape, dtype=kind)
        else:
            spread = 0.0 if name.endswith("bias") else min(0.05, meta.shape[-1] ** -0.5)
            tensors[name] = torch.empty(meta.shape, dtype=kind).normal_(0, spread, generator=generator)
    return checkpoint.build_network(tensors, settings, device, PRECISIONS[precision])


def network_of(options: BenchOptions) -> DualTalkNetwork:
    """Return DualTalk at full size on the fastest device, with the weights that are given, or random ones."""
    device = best_device()
    precision = live_defaults(device).precision
    progress("weights are read" if options.weights else "random weights of full size are drawn")
    if options.weights:
        return checkpoint.load_network(options.weights, device, PRECISIONS[precision])
    return _random_network(device, precision)


def _timed(action: Callable[[], object], times: int, device: str) -> list[float]:
    """Return milliseconds of each run after the first ones."""
    costs = []
    for _ in range(times + _WARM):
        begun = time.perf_counter()
        action()
        if device == "cuda":
            torch.cuda.synchronize()
        costs.append((time.perf_counter() - begun) * 1000)
    return costs[_WARM:]


def _hop_costs(network: DualTalkNetwork, context: float, device: str, hops: int) -> tuple[list[float], float]:
    """Return the costs of live hops (ms), and the hop (s)."""
    defaults = live_defaults(device)
    model = DualTalkModel(network, LiveSettings(context, 0.08, defaults.hop, defaults.precision))
    ahead = 8 * FRAME
    rng = np.random.default_rng(0)
    audio = (rng.standard_normal((2, round(defaults.hop * SAMPLE_RATE))) * 0.05).astype(np.float32)
    state = [model.start(0, ahead)]

    def hop() -> None:
        _, state[0] = model.step(audio, state[0], model.live_look_aheads)

    return _timed(hop, hops, device), defaults.hop


@torch.inference_mode()
def _plain_costs(network: DualTalkNetwork, context: float, device: str, hops: int) -> list[float]:
    """Return what a hop costs in float32, by four passes one after the other over the whole window, without a graph."""
    frames = round(context * FRAMES_PER_SECOND)
    audio = torch.randn(2, frames * FRAME, device=device)
    motion = torch.zeros(2, frames, 56, device=device)

    def both() -> None:
        for row in (0, 1):
            other = 1 - row
            network(audio[row : row + 1], audio[other : other + 1], motion[other : other + 1])

    return _timed(both, hops, device)


def _offline_factor(network: DualTalkNetwork, seconds: int) -> float:
    """Return how many times faster than real time both heads of a recording are generated together."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{who}.wav" for who in ("own", "partner")]
        for path in paths:
            soundfile.write(path, rng.standard_normal(seconds * SAMPLE_RATE) * 0.05, SAMPLE_RATE)
        recording = Recording(*paths)
        list(animate_whole(network, recording, recording.blocks(SAMPLE_RATE)))
        begun = time.perf_counter()
        list(animate_whole(network, recording, recording.blocks(SAMPLE_RATE)))
        return seconds / (time.perf_counter() - begun)


def _speech() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return two people's recordings [2, 12 s]."""
    samples = round(_CLIP_SECONDS * SAMPLE_RATE)
    rows = []
    for names in (("lv0870", "LJ001-0002"), ("lv0880", "LJ001-0002", "lv0870")):
        sound = np.concatenate([np.concatenate(list(stream(SPEECH / f"{name}.flac", SAMPLE_RATE))) for name in names])
        rows.append(np.resize(sound, samples))
    return np.stack(rows).astype(np.float32)


@torch.inference_mode()
def _whole(network: DualTalkNetwork, audio: np.ndarray[Any, np.dtype[np.float32]], device: str) -> Any:
    heard = normalised(torch.from_numpy(audio).to(device))
    own, partner = duo_voices(network, heard)
    return duo_motion(network, own, partner, torch.zeros(2, own.shape[1], 56, device=device)).cpu().numpy()


def _losses(
    network: DualTalkNetwork, device: str, contexts: tuple[float, ...], futures: tuple[float, ...]
) -> tuple[list[dict[str, float]], dict[str, float], float]:
    """Return, by context and future, how far live is from the whole clip's result, and the seams; and the loss by reuse.

    loss: mean absolute difference (rad, or units of expression). border_speed: mean speed from hop to hop over that inside
    hops, 1 where no seam shows. Loss by reuse: the change of a window's motion when the past's features are made anew.
    """
    audio, hop, precision = _speech(), live_defaults(device).hop, live_defaults(device).precision
    whole = _whole(network, audio, device)
    rows: list[dict[str, float]] = []
    reuse: dict[str, float] = {}
    first = audio.shape[1] - round(_STEPPED_SECONDS * SAMPLE_RATE)
    for context in contexts:
        for future in futures:
            progress(f"what is lost with context {context:.0f} s, future {future * 1000:.0f} ms")
            model = DualTalkModel(network, LiveSettings(context, future, min(hop, context / 2), precision))
            look = (model.live_look_aheads[0],) * 2
            _, state = model.step(audio[:, :first], model.start(), look)
            step, live = round(model.hop_seconds * SAMPLE_RATE) // FRAME * FRAME, []
            for at in range(first, audio.shape[1] - step + 1, step):
                motion, state = model.step(audio[:, at : at + step], state, look)
                live.append(motion)
            drawn = np.concatenate(live, 1)
            begins = first // FRAME - look[0]
            true = whole[:, begins : begins + drawn.shape[1]]
            speed = np.abs(np.diff(drawn, axis=1)).mean((0, 2))
            border = np.arange(len(speed)) % (step // FRAME) == step // FRAME - 1
            rows.append({
                "context_s": context, "future_ms": future * 1000, "loss": round(float(np.abs(drawn - true).mean()), 5),
                "border_speed": round(float(speed[border].mean() / max(speed[~border].mean(), 1e-12)), 3),
            })  # fmt: skip
        end = first + len(live) * step
        reuse[f"{context:.0f}"] = round(_reuse_loss(model, state, audio[:, :end]), 6)
    return rows, reuse, float(whole.std(1).mean())


@torch.inference_mode()
def _reuse_loss(model: DualTalkModel, state: Any, audio: np.ndarray[Any, np.dtype[np.float32]]) -> float:
    window = round(model.context_seconds * FRAMES_PER_SECOND)
    heard = normalised(torch.from_numpy(audio).to(model.device))[:, -window * FRAME :]
    faces = torch.zeros(2, window, 56, device=model.device)
    fresh = [frame_features(encoder, heard) for encoder in model.network.encoders]
    kept = [state.own[:, -window:], state.partner[:, -window:]]
    drawn = [model._compute(own, partner.flip(0), faces) for own, partner in (fresh, kept)]
    return float((drawn[0] - drawn[1]).abs().mean())


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return device, window_s (4), p50, p95 of n live hops and plain_p50 (ms), speedup, offline_factor, rss_mb, and losses."""
    device, weights = best_device(), options.weights
    precision = live_defaults(device).precision
    network = network_of(options)
    count = options.count(_HOPS.get(device, 20), _QUICK_HOPS)
    hops = {}
    for context in (4.0, 8.0):
        progress(f"{count + _WARM} live hops with {context:.0f} s of context")
        hops[context] = _hop_costs(network, context, device, count)
    seconds = options.count(_OFFLINE_SECONDS.get(device, 30), _QUICK_OFFLINE_SECONDS)
    progress(f"{seconds} s of a recording, twice")
    offline = _offline_factor(network, seconds)
    memory = psutil.Process().memory_info().rss / 1e6
    kinds = (_QUICK_CONTEXTS, _QUICK_FUTURES) if options.quick else (_CONTEXTS, _FUTURES)
    losses, reuse, spread = _losses(network, device, *kinds)
    network.compute_in(torch.float32)
    plain = {}
    for context in hops:
        progress(f"hops in float32 with {context:.0f} s of context, the plain way")
        plain[context] = _plain_costs(network, context, device, options.count(max(3, count // 4), 1))

    def figures(context: float) -> dict[str, float]:
        costs = hops[context][0]
        p50, p95 = (round(float(np.percentile(costs, share)), 2) for share in (50, 95))
        slow = round(float(np.median(plain[context])), 2)
        return {"window_s": context, "p50": p50, "p95": p95, "plain_p50": slow, "speedup": round(slow / p50, 2)}

    name = torch.cuda.get_device_name(0) if device == "cuda" else device
    return {
        "device": name, "precision": precision, "hop": hops[4.0][1] * 1000, **figures(4.0), "offline_factor": round(offline, 2),
        "rss_mb": round(memory, 1), "window_8s": figures(8.0), "loss": losses, "reuse_loss": reuse,
        "spread": round(spread, 5),
        "weights": str(weights.name) if weights else "random", "n": count,
    }  # fmt: skip
