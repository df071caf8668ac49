"""The bundled head laid over another mesh of a head: what is known of one can be carried to the other."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.head import PARTS, HeadModel
from avatar.rig.skinning import regress_joints, vertex_normals

Array = NDArray[np.float64]
_RADII: Final = (0.030, 0.020, 0.014, 0.010, 0.007, 0.005)  # m: how smooth each step is
_NEIGHBOURS: Final = 48
AGREE: Final = 0.35  # least cosine between the normals of what corresponds


@dataclass(frozen=True)
class Registration:
    """B skin vertices of the bundled head, numbered as in `ids`, where they lie on the other head.

    scale, rotation [3, 3], shift [3]: what lays one over the other but for its shape; placed [B, 3]; triangles [T, 3] of these.
    """

    ids: NDArray[np.int64]
    scale: float
    rotation: Array
    shift: Array
    placed: Array
    triangles: NDArray[np.int32]

    def laid(self, places: NDArray[np.floating]) -> Array:
        """Return places [N, 3] of the bundled head by scale, rotation and shift alone."""
        return np.asarray(self.scale * np.asarray(places, float) @ self.rotation.T + self.shift)

    def turned(self, fields: NDArray[np.floating]) -> Array:
        """Return displacements [V, 3, K] as the other head has them."""
        return np.asarray(self.scale * np.einsum("ij,vjk->vik", self.rotation, np.asarray(fields, float)))


def skin(model: HeadModel) -> NDArray[np.bool_]:
    """Return which vertices are skin [V]."""
    return np.asarray(model.part == PARTS.index("body"))


def tree(points: NDArray[np.floating]) -> Any:
    """Return scipy's cKDTree of points [N, 3]; loaded here, for the window does without it. Raises LookupError where scipy,
    which comes with the import of a FLAME head, is not installed."""
    try:
        from scipy.spatial import cKDTree
    except ModuleNotFoundError as error:
        raise LookupError(
            "scipy is not installed, which FLAME heads need once: ./run import-flame FILE brings it"
        ) from error

    return cKDTree(points)


def _similarity(ours: Array, theirs: Array) -> tuple[float, Array, Array]:
    """Return scale, rotation [3, 3] and shift [3] that lay points [N, 3] over others best (Umeyama 1991)."""
    middle, target = ours.mean(0), theirs.mean(0)
    u, size, v = np.linalg.svd((theirs - target).T @ (ours - middle))
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ v))])
    rotation = u @ sign @ v
    scale = float((size * np.diag(sign)).sum() / ((ours - middle) ** 2).sum())
    return scale, rotation, target - scale * rotation @ middle


def _settled(ours: Array, triangles: NDArray[np.int32], theirs: Array, normals: Array) -> Array:
    """Return our vertices [V, 3] moved onto their surface, step by step less smoothly."""
    target, placed = tree(theirs), ours.copy()
    distance, neighbour = tree(ours).query(ours, _NEIGHBOURS)
    for radius in _RADII:
        facing = vertex_normals(placed, triangles)
        _, found = target.query(placed, 6)
        agree = (normals[found] * facing[:, None]).sum(2) > AGREE
        offset = ((theirs[found] - placed[:, None]) * normals[found]).sum(2)[..., None] * normals[found]
        first = agree.argmax(1)
        step = offset[np.arange(len(placed)), first]
        trust = agree.any(1) & (np.linalg.norm(step, axis=1) < 2 * radius)
        weight = np.exp(-0.5 * (distance / radius) ** 2) * trust[neighbour]
        total = weight.sum(1)
        smooth = (weight[..., None] * step[neighbour]).sum(1) / np.maximum(total, 1e-9)[:, None]
        placed = placed + np.where((total > 1e-3)[:, None], smooth, 0)
    return placed


@lru_cache(maxsize=1)  # the outfit and the bridge of a FLAME file need the same
def register(bundled: HeadModel, other: HeadModel) -> Registration:
    """Return the bundled head laid over another: by the joints, then vertex by vertex along the surface."""
    ours, theirs = np.asarray(bundled.v_template, float), np.asarray(other.v_template, float)
    joints = [
        regress_joints(np.asarray(m.J_regressor, float), np.asarray(m.v_template, float)) for m in (bundled, other)
    ]
    scale, rotation, shift = _similarity(*(np.asarray(places[1:], float) for places in joints))
    chosen = skin(bundled)
    number = np.cumsum(chosen) - 1
    triangles = number[bundled.f[chosen[bundled.f].all(1)]].astype(np.int32)
    normals = vertex_normals(theirs, other.f)
    usable = skin(other) & (np.linalg.norm(normals, axis=1) > 0.5)
    placed = _settled(scale * ours[chosen] @ rotation.T + shift, triangles, theirs[usable], normals[usable])
    return Registration(np.flatnonzero(chosen), scale, rotation, shift, placed, triangles)
