"""Motion against the truth over a whole data set: a row of measures a clip, in a CSV that a stopped run goes on from."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from avatar.export.motion_file import at_rate, of_length, read_motion
from avatar.rig.basis import FLAME, same_basis
from inference.data.dataset import Clip, motions
from inference.dualtalk.timing import FRAMES_PER_SECOND
from inference.measures.metrics import clip_measures, lip_vertex_error, upper_face_dynamics_deviation
from inference.measures.results import KEYS, Results, Row
from inference.motion.model import Motion

if TYPE_CHECKING:
    from avatar.flame.regions import FaceRegion

# The paper's table on the test set, and for DualTalk out of distribution.
PUBLISHED: Final[dict[str, dict[str, dict[str, float]]]] = {
    "test": {
        "FaceFormer": {"fd_expression": 34.90, "fd_jaw": 5.40e-3, "fd_neck": 8.00e-2},
        "SelfTalk": {"fd_expression": 35.77, "fd_jaw": 5.49e-3, "fd_neck": 8.14e-2},
        "Learning2Listen": {"fd_expression": 24.61, "fd_jaw": 3.69e-3, "fd_neck": 7.08e-2},
        "DualTalk": {
            "fd_expression": 11.14, "fd_jaw": 1.90e-3, "fd_neck": 3.83e-2, "pfd_expression": 11.88,
            "mse_expression": 0.359, "rpcc_expression": 4.73e-2, "sid_expression": 3.48, "sid_jaw": 2.23, "sid_neck": 1.72,
        },
    },
    "ood": {"DualTalk": {"fd_expression": 21.2}},
}  # fmt: skip
_WAITING: Final = 4  # clips a worker whose motion is in memory


@dataclass(frozen=True)
class Work:
    """A clip to be measured, and what a blind guess is: the motion of another clip. prediction: [T, 56], or a motion file."""

    set_name: str
    clip: Clip
    other: Clip | None
    prediction: Motion | Path
    basis: str
    flame: Path | None


def prepare_worker() -> None:
    """Keep a worker's libraries to one thread: the workers are as many as the cores."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def measure(work: Work) -> Row:
    """Return a clip's row: the measures of the prediction, of a still face (`still_`) and of another clip's (`chance_`).

    Raises FileNotFoundError or ValueError where the prediction's file cannot be read.
    """
    truth, partner = motions(work.clip)
    prediction, basis = work.prediction, work.basis
    if isinstance(prediction, Path):
        read = read_motion(prediction)
        prediction, basis = at_rate(read.motion, read.frames_per_second, FRAMES_PER_SECOND), read.basis
    frames = min(len(truth), len(prediction))
    truth, partner, prediction = truth[:frames], partner[:frames], prediction[:frames]
    whole = same_basis(basis, FLAME)
    row: Row = {"set": work.set_name, "clip": work.clip.key, "frames": frames}
    row |= clip_measures(prediction, truth, partner, whole)
    guesses = {"still_": np.zeros_like(truth)}
    if work.other is not None:
        guesses["chance_"] = of_length(motions(work.other)[0], frames)
    if work.flame is not None and whole:
        row |= _vertex_measures(work.flame, prediction, truth, guesses)
    for prefix, guess in guesses.items():
        row |= {prefix + name: value for name, value in clip_measures(guess, truth, partner).items()}
    return row


@cache
def _regions(flame: Path) -> "tuple[FaceRegion, FaceRegion]":
    from avatar.flame.model import load_flame
    from avatar.flame.regions import face_region, lip_vertices, upper_face_vertices

    model = load_flame(flame)
    return face_region(model, lip_vertices(model)), face_region(model, upper_face_vertices(model))


def _vertex_measures(flame: Path, prediction: Motion, truth: Motion, guesses: dict[str, Motion]) -> Row:
    lips, upper = _regions(flame)
    true_lips, true_upper = lips.vertices(truth), upper.vertices(truth)
    row: Row = {}
    for prefix, motion in {"": prediction, **guesses}.items():
        row[f"{prefix}lve"] = lip_vertex_error(lips.vertices(motion), true_lips)
        row[f"{prefix}fdd"] = upper_face_dynamics_deviation(upper.vertices(motion), true_upper, upper.rest)
    return row


Predict = Callable[[Clip], Motion | Path]


def evaluate(
    sets: dict[str, list[Clip]], predict: Predict, basis: str, flame: Path | None, results: Results, workers: int,
    shown: Callable[[], object],
) -> dict[str, str]:  # fmt: skip
    """Measure every clip that has no row yet, by several processes; return why each clip that failed did.

    predict: a clip's motion, made here, or the file where it is, read by the worker. shown: called after each clip.
    """
    faults: dict[str, str] = {}
    with ProcessPoolExecutor(workers, get_context("spawn"), prepare_worker) as pool:
        waiting: dict[Future[Row], str] = {}
        for work in _work(sets, predict, basis, flame, results, faults):
            if isinstance(work, str):
                shown()
                continue
            waiting[pool.submit(measure, work)] = work.clip.key
            if len(waiting) >= _WAITING * workers:
                _take_one(waiting, results, faults, shown)
        while waiting:
            _take_one(waiting, results, faults, shown)
    return faults


def _work(
    sets: dict[str, list[Clip]],
    predict: Predict,
    basis: str,
    flame: Path | None,
    results: Results,
    faults: dict[str, str],
) -> Iterator[Work | str]:
    done = {(row["set"], row["clip"]) for row in results.rows}
    for set_name, clips in sets.items():
        others = len(clips) > 2
        for number, clip in enumerate(clips):
            if (set_name, clip.key) in done:
                yield clip.key
                continue
            try:
                other = clips[(number + 2) % len(clips)] if others else None
                yield Work(set_name, clip, other, predict(clip), basis, flame)
            except (ValueError, OSError) as error:
                faults[clip.key] = str(error)
                yield clip.key


def _take_one(
    waiting: dict[Future[Row], str], results: Results, faults: dict[str, str], shown: Callable[[], object]
) -> None:
    """Keep the row of the first clip that is done."""
    future = next(as_completed(waiting))
    key = waiting.pop(future)
    try:
        results.add(future.result())
    except (ValueError, OSError) as error:
        faults[key] = str(error)
    shown()


def summary(rows: Iterable[Row]) -> list[Row]:
    """Return the mean over a set's clips of each measure, its value for a still face and for another clip's motion.

    Clips of which a measure cannot be taken are left out of its mean; `clips` says how many are in it.
    """
    by_set: dict[str, list[Row]] = {}
    for row in rows:
        by_set.setdefault(row["set"], []).append(row)
    table = []
    for set_name, members in sorted(by_set.items()):
        names = [n for n in members[0] if n not in KEYS and not n.startswith(("still_", "chance_"))]
        for name in names:
            value, count = _mean(members, name)
            table.append({
                "measure": name, "set": set_name, "value": value, "baseline": _mean(members, f"still_{name}")[0],
                "chance": _mean(members, f"chance_{name}")[0],
                "published": PUBLISHED.get(set_name, {}).get("DualTalk", {}).get(name), "clips": count,
            })  # fmt: skip
    return table


def _mean(rows: list[Row], name: str) -> tuple[float | None, int]:
    values: NDArray[np.float64] = np.array([row.get(name, np.nan) for row in rows], float)
    values = values[np.isfinite(values)]
    return (float(values.mean()), len(values)) if len(values) else (None, 0)


def default_workers() -> int:
    """Return how many processes measure: one a core."""
    return max(1, os.cpu_count() or 1)
