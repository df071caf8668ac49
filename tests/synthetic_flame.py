"""A FLAME-sized model made from the bundled head, and files of it as the official ones are written."""

import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import scipy.sparse

from app.session.faces import HEADS
from avatar.flame.file import TRIANGLES, VERTICES
from avatar.rig.head import HeadModel
from avatar.rig.head_file import load_model

Arrays = dict[str, np.ndarray]


def _clustered(places: np.ndarray, fine: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return the cluster of each vertex: small cells where `fine`, large ones elsewhere; none holds two kinds of `apart`."""
    cells = np.floor(places / np.where(fine, 0.0023, 0.011)[:, None]).astype(int)
    _, cluster = np.unique(np.concatenate([cells, fine[:, None], apart[:, None]], 1), axis=0, return_inverse=True)
    return cluster.ravel()


def _clusters(model: HeadModel) -> np.ndarray:
    """Return which of FLAME's vertices each vertex of the bundled skin and eyes goes into [V], -1 for all others."""
    solid = np.isin(model.part, (0, 1, 2))
    places = model.v_template
    eyes = np.isin(model.part, (1, 2))
    fine = eyes | ((places[:, 2] > 0.02) & (np.abs(places[:, 1] + 0.035) < 0.06))
    # Lips do not grow together, nor lids; eyeballs keep all their vertices.
    lids = np.sign(np.abs(model.lid_directions[:, 1, :2]).max(1) - 3e-4) * (
        places[:, 1] > model.v_template[eyes, 1].mean()
    )
    apart = np.where(eyes, np.arange(len(places)), (model.weights[:, 2] > 0.5) - 2 - 2 * (lids > 0))
    cluster = np.full(len(places), -1)
    cluster[solid] = _clustered(places[solid] + [1, 1, 1], fine[solid], apart[solid])
    return cluster


def flame_arrays() -> Arrays:
    """Return FLAME's arrays: the bundled head coarsened to 5023 vertices, its fields as expression, its people as identity."""
    model = load_model(HEADS / "model.npz")
    cluster = _clusters(model)
    count = cluster.max() + 1
    assert count <= VERTICES
    solid = np.flatnonzero(cluster >= 0)
    gather = scipy.sparse.coo_matrix((np.ones(len(solid)), (cluster[solid], solid)), (VERTICES, len(cluster))).tocsr()
    gather = scipy.sparse.diags(1 / np.maximum(np.asarray(gather.sum(1)).ravel(), 1)) @ gather

    def coarse(field: np.ndarray) -> np.ndarray:
        return (gather @ field.reshape(len(cluster), -1)).reshape(VERTICES, *field.shape[1:])

    triangles = cluster[model.f[(cluster[model.f] >= 0).all(1)]]
    different = (np.diff(np.sort(triangles, 1), axis=1) > 0).all(1)
    triangles = np.unique(triangles[different], axis=0)[:TRIANGLES]
    f = np.zeros((TRIANGLES, 3), np.uint32)
    f[: len(triangles)] = triangles
    shapedirs = np.zeros((VERTICES, 3, 400))
    people = model.shapedirs.shape[-1]
    shapedirs[..., :people] = coarse(model.shapedirs)
    shapedirs[..., 300:350] = coarse(model.expressiondirs)
    rng = np.random.default_rng(5)
    weights = coarse(model.weights)
    weights[count:, 0] = 1
    regressor = coarse(model.J_regressor.T).T * np.asarray(gather.astype(bool).sum(1)).ravel()
    return {
        "v_template": coarse(model.v_template), "f": f, "shapedirs": shapedirs,
        "posedirs": coarse(model.posedirs) + rng.normal(0, 1e-4, (VERTICES, 3, 36)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True), "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    }  # fmt: skip


class Ch:
    """What chumpy's class looks like in a pickle: its value is `x` in its state."""

    def __init__(self, x: np.ndarray) -> None:
        self.x, self._dirty_vars, self._itr = x, set(), None


Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"


@contextmanager
def _chumpy() -> Iterator[None]:
    module = types.ModuleType("chumpy.ch")
    module.Ch = Ch  # type: ignore[attr-defined]
    sys.modules |= {"chumpy": types.ModuleType("chumpy"), "chumpy.ch": module}
    yield
    del sys.modules["chumpy"], sys.modules["chumpy.ch"]


def write_pickle(path: Path, arrays: Arrays, chumpy: bool = True, protocol: int = 2) -> Path:
    """Write a pickle as FLAME's: chumpy objects around arrays (2020) or plain ones (2023), a sparse regressor."""
    wrap = Ch if chumpy else np.asarray
    content = {name: wrap(array) if name in ("v_template", "shapedirs", "posedirs", "weights") else array
               for name, array in arrays.items()}  # fmt: skip
    content["J_regressor"] = scipy.sparse.csc_matrix(arrays["J_regressor"])
    content |= {"bs_style": "lbs", "bs_type": "lrotmin", "J": np.zeros((5, 3))}
    with _chumpy(), path.open("wb") as target:
        pickle.dump(content, target, protocol=protocol)
    return path
