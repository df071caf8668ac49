"""inference.measures.metrics: what the published script computes on the same arrays, written out again from its formulas."""

import math

import numpy as np
import pytest
import scipy.linalg
from sklearn.cluster import KMeans

from inference.measures import metrics


def motion(seed: int, frames: int = 200, dims: int = 56) -> np.ndarray:
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=(frames + 20, dims)), 0)
    return ((walk[20:] - walk[:-20]) * 0.1 * rng.uniform(0.05, 2, dims)).astype(np.float32)


def script_fd(prediction: np.ndarray, truth: np.ndarray) -> float:
    a, b = prediction.astype(float), truth.astype(float)
    root = scipy.linalg.sqrtm(np.cov(a, rowvar=False) @ np.cov(b, rowvar=False))
    mean = a.mean(0) - b.mean(0)
    return float(
        mean @ mean + np.trace(np.cov(a, rowvar=False)) + np.trace(np.cov(b, rowvar=False)) - 2 * np.trace(root).real
    )


def script_sid(prediction: np.ndarray, truth: np.ndarray, k: int) -> float:
    labels = KMeans(n_clusters=k, random_state=0, n_init="auto").fit(prediction).predict(truth)
    share = np.histogram(labels, bins=k, range=(0, k))[0] / len(labels)
    return float(-sum(p * math.log2(p + 1e-6) for p in share))


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_the_scripts(seed: int) -> None:
    prediction, truth, partner = motion(seed), motion(seed + 100), motion(seed + 200)
    found = metrics.clip_measures(prediction, truth, partner)
    for name, part in metrics.PARTS.items():
        p, t, o = prediction[:, part], truth[:, part], partner[:, part]
        k = 40 if name == "expression" else 10
        flat = [x.astype(float).ravel() for x in (p, t, o)]
        expected = {
            "fd": script_fd(p, t),
            "pfd": script_fd(np.hstack([o, p]), np.hstack([o, t])),
            "mse": ((p.astype(float) - t) ** 2).mean(),
            "sid": script_sid(p, t, k),
            "sid_gt": script_sid(t, p, k),
            "rpcc": abs(np.corrcoef(flat[1], flat[2])[0, 1] - np.corrcoef(flat[0], flat[2])[0, 1]),
            "sts": math.sqrt((np.square(np.diff(p.astype(float), axis=0) - np.diff(t.astype(float), axis=0)) / 0.1).sum()),
            "variance": float(np.mean([np.var(column) for column in p.astype(float).T])),
        }  # fmt: skip
        for measure, value in expected.items():
            assert found[f"{measure}_{name}"] == pytest.approx(value, rel=1e-6), measure


def test_fd_is_exact_where_a_covariance_is_singular() -> None:
    a = np.repeat(motion(0, 200, 5), 4, axis=1)[:, :18]
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    shifted = a + 2.0
    assert metrics.frechet_distance(shifted, a) == pytest.approx(4.0 * 18, rel=1e-6)
    still = np.zeros_like(a)
    assert metrics.frechet_distance(still, a) == pytest.approx(
        float(np.square(a.astype(float).mean(0)).sum() + np.var(a.astype(float), axis=0, ddof=1).sum()), rel=1e-6
    )


def test_known_values() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, (400_000, 2)), rng.normal([3, 0], 2, (400_000, 2))
    assert metrics.frechet_distance(a, b) == pytest.approx(9 + 2 * (2 - 1) ** 2, rel=0.02)  # |m|^2 + sum (s1 - s2)^2
    assert metrics.residual_correlation(a, a, a) == pytest.approx(0)
    assert metrics.residual_correlation(-a, a, a) == pytest.approx(2)
    ramp = np.arange(11)[:, None] * np.ones((1, 4)) * 0.1
    assert metrics.spatio_temporal_similarity(ramp, np.zeros((11, 4))) == pytest.approx(
        2
    )  # 40 changes of 0.1: 0.4 / 0.1
    assert metrics.diversity(np.zeros((50, 3))) == 0
    assert metrics.diversity(motion(1)) == metrics.diversity(motion(1)) > 0


def test_similarity_and_variance_by_hand() -> None:
    truth = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    prediction = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 2.0]])
    # Changes: truth (1, 0), (0, 2); prediction (0, 0), (3, 2). Squares of what differs: 1, 0, 9, 0.
    assert (
        metrics.spatio_temporal_similarity(prediction, truth) == pytest.approx((10 / 0.1) ** 0.5) == pytest.approx(10)
    )
    # Columns 0, 0, 3 and 0, 0, 2: variances 2 and 8 / 9, their mean 13 / 9.
    assert metrics.variance(prediction) == pytest.approx(13 / 9)
    assert metrics.variance(np.repeat(prediction, 5, axis=1)) == pytest.approx(13 / 9)


def test_vertex_measures() -> None:
    rest = np.zeros((7, 3))
    truth = rest + np.sin(np.arange(60))[:, None, None] * np.array([0, 0.01, 0])
    assert metrics.lip_vertex_error(truth, truth) == 0
    moved = truth.copy()
    moved[:, 3] += [0.003, 0, 0.004]  # one vertex, 5 mm off
    assert metrics.lip_vertex_error(moved, truth) == pytest.approx(0.005**2)
    assert metrics.upper_face_dynamics_deviation(truth, truth, rest) == 0
    assert metrics.upper_face_dynamics_deviation(truth * 0, truth, rest) == pytest.approx(
        np.std(np.sin(np.arange(60)) ** 2 * 1e-4)
    )


def test_what_cannot_be_measured_is_not_a_number() -> None:
    short = motion(0, 30)
    found = metrics.clip_measures(short, motion(1, 30), motion(2, 30))
    assert np.isnan(found["sid_expression"])  # 40 clusters of 30 frames
    assert np.isfinite(found["sid_jaw"])
    still = np.zeros_like(short)
    assert np.isnan(metrics.clip_measures(still, short, short)["rpcc_jaw"])
    assert np.isnan(metrics.frechet_distance(short[:1], short))
