"""avatar.flame.retarget on a synthetic FLAME: our own head's fields in a random orthogonal basis, where the answer is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.session.faces import HEADS
from avatar.flame.model import flame_head, import_flame, load_flame
from avatar.flame.retarget import Retargeting, load, solve
from avatar.rig.head import HeadModel
from avatar.rig.head_file import load_model
from avatar.rig.layout import SLOT
from tests.synthetic_flame import flame_arrays, write_pickle

MILLIMETRE = 1e-3


@pytest.fixture(scope="module")
def bundled() -> HeadModel:
    return load_model(HEADS / "model.npz")


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> tuple[HeadModel, np.ndarray]:
    """A FLAME head whose expressions are ours, mixed by an orthogonal matrix [50, 50]; and that matrix."""
    folder = tmp_path_factory.mktemp("flame")
    arrays = flame_arrays()
    mixing, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((50, 50)))
    arrays["shapedirs"][..., 300:350] = arrays["shapedirs"][..., 300:350] @ mixing.T
    import_flame(write_pickle(folder / "flame.pkl", arrays), folder / "flame.npz")
    return flame_head(load_flame(folder / "flame.npz")), mixing


@pytest.fixture(scope="module")
def found(bundled: HeadModel, turned: tuple[HeadModel, np.ndarray]) -> Retargeting:
    return solve(bundled, turned[0])


def shapes(head: HeadModel, coefficients: np.ndarray) -> np.ndarray:
    return np.asarray(head.expressiondirs @ coefficients)


def test_named_shapes_come_out_within_half_a_millimetre(
    turned: tuple[HeadModel, np.ndarray], found: Retargeting
) -> None:
    head, mixing = turned
    rng = np.random.default_rng(2)
    face = np.abs(head.expressiondirs).max((1, 2)) > MILLIMETRE / 2
    for _ in range(20):
        weights = np.zeros(50)
        weights[rng.choice(50, 4, replace=False)] = rng.uniform(0.3, 1, 4)
        wrong = shapes(head, found.named_to_flame(weights)) - shapes(head, mixing @ weights)
        assert np.linalg.norm(wrong[face], axis=1).mean() < 0.5 * MILLIMETRE
    assert found.error.mean() < 0.5


def test_the_way_back_finds_the_weights(turned: tuple[HeadModel, np.ndarray], found: Retargeting) -> None:
    head, mixing = turned
    weights = np.zeros((3, 50))
    weights[0, [SLOT["mouthSmileLeft"], SLOT["mouthSmileRight"]]] = 0.7
    weights[1, [SLOT["browInnerUp"], SLOT["mouthPucker"]]] = 0.6
    weights[2, [SLOT["browDownLeft"], SLOT["browDownRight"], SLOT["noseSneerLeft"], SLOT["noseSneerRight"]]] = 0.5
    back = found.flame_to_named(weights @ mixing.T)
    assert back.min() >= 0
    assert back.max() <= 1
    for wanted, given in zip(weights, back, strict=True):
        wrong = shapes(head, mixing @ (wanted - given))
        size = np.linalg.norm(shapes(head, mixing @ wanted), axis=1).max()
        assert np.linalg.norm(wrong, axis=1).max() < 0.35 * size
    assert back[0, SLOT["mouthSmileLeft"]] == pytest.approx(0.7, abs=0.2)


def test_it_is_kept_and_a_damaged_one_is_solved_again(
    tmp_path: Path, bundled: HeadModel, turned: tuple[HeadModel, np.ndarray], found: Retargeting
) -> None:
    path = tmp_path / "retarget.npz"
    first = load(path, bundled, turned[0])
    assert np.allclose(first.to_flame, found.to_flame, atol=1e-4)
    written = path.read_bytes()
    assert np.array_equal(load(path, bundled, turned[0]).to_flame, first.to_flame)
    path.write_bytes(written[: len(written) // 2])
    assert np.allclose(load(path, bundled, turned[0]).to_flame, first.to_flame, atol=1e-4)


def test_another_mesh_is_refused(bundled: HeadModel, turned: tuple[HeadModel, np.ndarray]) -> None:
    head = turned[0]
    inside_out = replace(head, f=np.ascontiguousarray(head.f[:, ::-1]))
    with pytest.raises(ValueError, match="laid over"):
        solve(bundled, inside_out)
