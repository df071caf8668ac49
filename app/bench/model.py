"""What a hop costs the motion model for both speakers on one core, that live equals offline, and a day of streaming."""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
from numpy.typing import NDArray

from app.bench.options import BenchOptions, progress
from audio_io import files
from audio_io.time.tape import SAMPLE_RATE
from inference.duet.timing import FRAME

HOP_SAMPLES: Final = 2 * FRAME
_HOPS, _QUICK_HOPS = 600, 150
_WARM: Final = 20
_SAMPLE: Final = Path(__file__).resolve().parents[2] / "resources" / "sample"
_BLOCK_SECONDS: Final = 1
_TOLD: Final = 1000  # blocks from one word of progress to the next
_AGAIN_SECONDS: Final = 60  # after which one that began later has heard as much as matters


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return hop (ms of sound), p50 and p95 of its cost (ms), load time (s), memory (MB), live_equals_offline.

    frame_p95: ms from the end of a frame's sound to its motion with 40 ms of look-ahead, in hops of a frame. Of the hours of
    simulated streaming (`options.hours`), its growth of memory and its drift. n: hops timed.
    """
    started = time.perf_counter()
    import torch

    from inference.duet.model import load_duet

    torch.set_num_threads(1)
    model = load_duet()
    loaded = time.perf_counter() - started
    hops = options.count(_HOPS, _QUICK_HOPS)
    progress(f"{hops} hops of both speakers on one core")
    audio = _conversation(HOP_SAMPLES * hops)
    costs, live = _streamed(model, audio, HOP_SAMPLES)
    frame_costs, _ = _streamed(model, audio[:, : audio.shape[1] // 2], FRAME)
    offline, _ = model.step(audio, model.start(0), (1, 3))
    difference = float(np.abs(live - offline).max())
    return {
        "hop": HOP_SAMPLES / 16,
        "p50": round(float(np.percentile(costs[_WARM:], 50)), 3),
        "p95": round(float(np.percentile(costs[_WARM:], 95)), 3),
        "frame_p95": round(model.look_aheads[1] * 1000 + float(np.percentile(frame_costs[_WARM:], 95)), 2),
        "load_s": round(loaded, 3),
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6, 1),
        "live_equals_offline": difference < 1e-5,
        "largest_difference": difference,
        "n": hops - _WARM,
    } | (_streaming(model, options.hours) if options.hours else {})


def _conversation(samples: int) -> NDArray[np.float32]:
    """Return the sample conversation [2, samples], again and again."""
    voices = [np.concatenate(list(files.stream(path, SAMPLE_RATE))) for path in sorted(_SAMPLE.glob("*.flac"))[:2]]
    return np.stack([np.resize(voice, samples) for voice in voices]).astype(np.float32)


def _streamed(model: Any, audio: NDArray[np.float32], hop: int) -> tuple[list[float], NDArray[np.float32]]:
    state, costs, live = model.start(0), [], []
    for first in range(0, audio.shape[1], hop):
        begun = time.perf_counter()
        motion, state = model.step(audio[:, first : first + hop], state, (1, 3))
        costs.append((time.perf_counter() - begun) * 1000)
        live.append(motion)
    return costs, np.concatenate(live, 1)


def _streaming(model: Any, hours: float) -> dict[str, Any]:
    """Return rss_growth_mb since the first hundredth, and drift: how far the last seconds' motion is from that of a model
    which began a minute before them."""
    from dataclasses import replace

    block, blocks = _BLOCK_SECONDS * SAMPLE_RATE, round(hours * 3600 / _BLOCK_SECONDS)
    audio = _conversation(64 * block)
    state, again, first_rss, drift = model.start(0), None, 0, 0.0
    for number in range(blocks):
        heard = audio[:, number % 64 * block : (number % 64 + 1) * block]
        motion, state = model.step(heard, state, (1, 3))
        if number % _TOLD == 0:
            progress("blocks of sound streamed", number, blocks)
        if number == blocks // 100:
            first_rss = psutil.Process().memory_info().rss
        if number == blocks - _AGAIN_SECONDS - 10:
            again = replace(model.start(0), frame=state.frame)
        elif again is not None:
            other, again = model.step(heard, again, (1, 3))
            if number >= blocks - 10:
                drift = max(drift, float(np.abs(motion - other).max()))
    grown = (psutil.Process().memory_info().rss - first_rss) / 1e6
    return {"hours": hours, "rss_growth_mb": round(grown, 1), "drift": round(drift, 5), "frames": state.frame}
