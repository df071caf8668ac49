"""What a hop costs the motion model for both speakers on one core, and that live equals offline."""

import time
from typing import Any, Final

import numpy as np
import psutil

HOP_SAMPLES: Final = 640
_HOPS: Final = 600
_WARM: Final = 20


def measure() -> dict[str, Any]:
    """Return hop (ms of sound), p50 and p95 of its cost (ms), load time (s), memory (MB), live_equals_offline."""
    started = time.perf_counter()
    import torch

    from inference.duet.model import load_duet

    torch.set_num_threads(1)
    model = load_duet()
    loaded = time.perf_counter() - started
    rng = np.random.default_rng(0)
    audio = (rng.standard_normal((2, HOP_SAMPLES * _HOPS)) * 0.05).astype(np.float32)
    state, costs, live = model.start(0), [], []
    for hop in range(_HOPS):
        begun = time.perf_counter()
        motion, state = model.step(audio[:, hop * HOP_SAMPLES : (hop + 1) * HOP_SAMPLES], state, (1, 3))
        costs.append((time.perf_counter() - begun) * 1000)
        live.append(motion)
    offline, _ = model.step(audio, model.start(0), (1, 3))
    difference = float(np.abs(np.concatenate(live, 1) - offline).max())
    return {
        "hop": HOP_SAMPLES / 16,
        "p50": round(float(np.percentile(costs[_WARM:], 50)), 3),
        "p95": round(float(np.percentile(costs[_WARM:], 95)), 3),
        "load_s": round(loaded, 3),
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6, 1),
        "live_equals_offline": difference < 1e-5,
        "largest_difference": difference,
    }
