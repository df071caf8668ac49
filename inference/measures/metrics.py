"""The measures of the DualTalk paper, between a clip's predicted motion and the true one. Pure functions of arrays.

Arrays are frames of one part of the motion (expression, jaw or neck), [T, D], at 25 frames/s. What a measure cannot be
taken of (too few frames, no variation) is nan.
"""

import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import EXPRESSION, JAW, NECK

Array = NDArray[np.floating]
PARTS: Final[dict[str, slice]] = {"expression": EXPRESSION, "jaw": JAW, "neck": NECK}
CLUSTERS: Final = {"expression": 40, "jaw": 10, "neck": 10}
_ENTROPY_FLOOR: Final = 1e-6
_STS_SECONDS: Final = 0.1
_PAIRS: Final = 100


def frechet_distance(prediction: Array, truth: Array) -> float:
    """Return FD: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) of both's means and covariances (Heusel et al. 2017).

    The trace of the root is the sum of the singular values of R1 R2', where Ri'Ri = Si: exact where a covariance is
    singular too, and far quicker than a matrix root.
    """
    if min(len(prediction), len(truth)) < 2:
        return float("nan")
    first, second = np.asarray(prediction, np.float64), np.asarray(truth, np.float64)
    difference = first.mean(0) - second.mean(0)
    roots: list[NDArray[np.float64]] = []
    traces = 0.0
    for frames in (first, second):
        centred = (frames - frames.mean(0)) / np.sqrt(len(frames) - 1)
        roots.append(np.asarray(np.linalg.qr(centred, mode="r")))
        traces += float(np.square(centred).sum())
    mixed = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    return max(float(difference @ difference + traces - 2 * mixed), 0.0)


def paired_frechet_distance(prediction: Array, truth: Array, partner: Array) -> float:
    """Return P-FD: FD of frames [partner, own] side by side, so that the answer to the partner counts (Ng et al. 2022)."""
    return frechet_distance(np.concatenate([partner, prediction], 1), np.concatenate([partner, truth], 1))


def mean_squared_error(prediction: Array, truth: Array) -> float:
    """Return MSE: the mean squared difference over frames and dimensions."""
    return float(np.square(np.subtract(prediction, truth, dtype=np.float64)).mean())


def shannon_index(fitted: Array, assigned: Array, clusters: int) -> float:
    """Return SID: the entropy in bits of how often frames fall into k-means clusters (Ng et al. 2022).

    Clusters are fitted on `fitted` (random state 0, n_init auto) and `assigned` is counted, -sum p log2(p + 1e-6).
    The paper's script fits on the prediction and counts the truth; the textbook's way is the other way round.
    """
    if len(fitted) < clusters:
        return float("nan")
    from sklearn.cluster import KMeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fewer different frames than clusters: a still face has one
        found = KMeans(n_clusters=clusters, random_state=0, n_init="auto").fit(fitted)
        labels = found.predict(np.ascontiguousarray(assigned, dtype=found.cluster_centers_.dtype))
    share = np.bincount(labels, minlength=clusters) / len(labels)
    return float(-(share * np.log2(share + _ENTROPY_FLOOR)).sum())


def _correlation(one: Array, other: Array) -> float:
    a, b = (np.asarray(x, np.float64).ravel() for x in (one, other))
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else float("nan")


def residual_correlation(prediction: Array, truth: Array, partner: Array) -> float:
    """Return rPCC: |corr(truth, partner) - corr(prediction, partner)|, Pearson's on flattened arrays (Zhou et al. 2022)."""
    return abs(_correlation(truth, partner) - _correlation(prediction, partner))


def spatio_temporal_similarity(prediction: Array, truth: Array) -> float:
    """Return STS: the root of the summed squared differences of frame-to-frame changes, over 0.1 s (Zhou et al. 2022).

    As in the paper's script, squares are divided by the time rather than changes: sqrt(sum (dp - dt)^2 / 0.1).
    """
    difference = np.diff(np.subtract(prediction, truth, dtype=np.float64), axis=0)
    return float(np.sqrt((np.square(difference) / _STS_SECONDS).sum()))


def variance(motion: Array) -> float:
    """Return the variance over time, averaged over dimensions (Ng et al. 2022, as the paper's script has it)."""
    return float(np.var(np.asarray(motion, np.float64), axis=0).mean())


def diversity(motion: Array, seed: int = 0) -> float:
    """Return the mean distance of 100 random pairs of frames (Ng et al. 2022); the same seed picks the same pairs."""
    rng = np.random.default_rng(seed)
    again = len(motion) < _PAIRS
    first, second = (rng.choice(len(motion), _PAIRS, replace=again) for _ in range(2))
    frames = np.asarray(motion, np.float64)
    return float(np.linalg.norm(frames[first] - frames[second], axis=1).mean())


def lip_vertex_error(prediction: Array, truth: Array) -> float:
    """Return LVE: of each frame the largest squared distance of a lip vertex, averaged over frames (m^2).

    Lip vertices [T, L, 3] (m). Richard et al. 2021 (MeshTalk), as the field's scripts compute it.
    """
    squared = np.square(np.subtract(prediction, truth, dtype=np.float64)).sum(-1)
    return float(squared.max(1).mean())


def upper_face_dynamics_deviation(prediction: Array, truth: Array, rest: Array) -> float:
    """Return FDD: by how much upper-face vertices move less than the true ones (Xing et al. 2023, CodeTalker), m^2.

    The mean over vertices of std(|true motion|^2) - std(|predicted motion|^2) over time; vertices [T, U, 3], rest [U, 3].
    """

    def dynamics(vertices: Array) -> Array:
        moved: Array = np.square(np.subtract(vertices, rest, dtype=np.float64)).sum(-1).std(0)
        return moved

    return float((dynamics(truth) - dynamics(prediction)).mean())


def clip_measures(prediction: Array, truth: Array, partner: Array, expression: bool = True) -> dict[str, float]:
    """Return every measure of a clip's motion [T, 56] by name, such as `fd_jaw`; partner: the partner's true motion [T, 56].

    expression: whether prediction's expression means the same as the truth's; without it, its measures are left out.
    """
    found: dict[str, float] = {}
    for name, part in PARTS.items():
        if name == "expression" and not expression:
            continue
        own, true, other = prediction[:, part], truth[:, part], partner[:, part]
        found |= {
            f"fd_{name}": frechet_distance(own, true),
            f"pfd_{name}": paired_frechet_distance(own, true, other),
            f"mse_{name}": mean_squared_error(own, true),
            f"sid_{name}": shannon_index(own, true, CLUSTERS[name]),
            f"sid_gt_{name}": shannon_index(true, own, CLUSTERS[name]),
            f"rpcc_{name}": residual_correlation(own, true, other),
            f"sts_{name}": spatio_temporal_similarity(own, true),
            f"variance_{name}": variance(own),
            f"diversity_{name}": diversity(own),
        }
    return found
