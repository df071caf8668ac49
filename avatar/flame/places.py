"""Where on the bundled skin's atlas each point of a FLAME head's skin lies."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.flame.registration import Registration, skin, tree
from avatar.rig.head import HeadModel

Array = NDArray[np.float32]
Indices = NDArray[np.int32]

_CANDIDATES: Final = 6  # vertices whose triangles may hold the nearest point
_TORN: Final = 0.06  # of the atlas: how far apart the corners of a triangle are at most


def charts(model: HeadModel, triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which connected piece of the atlas each triangle [T] (numbers of the model's) is in."""
    label = np.arange(len(model.uv))
    corners = model.uv_f[triangles]
    while True:
        lowest = label[corners].min(1)
        before = label.copy()
        for column in range(3):
            np.minimum.at(label, corners[:, column], lowest)
        if np.array_equal(before, label):
            return np.asarray(label[corners[:, 0]])


def _barycentric(points: Any, a: Any, b: Any, c: Any) -> NDArray[np.floating]:
    """Return the barycentric coordinates [..., 3] of points [..., 3], laid into the planes of triangles a, b, c [..., 3]."""
    u, v, w = b - a, c - a, points - a
    uu, uv, vv, uw, vw = ((p * q).sum(-1) for p, q in ((u, u), (u, v), (v, v), (u, w), (v, w)))
    area = np.maximum(uu * vv - uv * uv, 1e-18)
    beta, gamma = (vv * uw - uv * vw) / area, (uu * vw - uv * uw) / area
    return np.stack([1 - beta - gamma, beta, gamma], -1)


def nearest(points: NDArray[np.floating], vertices: NDArray[np.floating], triangles: Indices) -> tuple[Any, Any]:
    """Return the triangle [N] of a mesh nearest to each point [N, 3], and its barycentric coordinates [N, 3] there."""
    order = np.argsort(triangles.ravel(), kind="stable")
    owner, first = order // 3, np.searchsorted(triangles.ravel()[order], np.arange(len(vertices) + 1))
    most = int(np.diff(first).max())
    _, close = tree(vertices).query(points, _CANDIDATES)
    slots = first[close][..., None] + np.arange(most)
    slots = np.minimum(slots, np.maximum(first[close + 1] - 1, first[close])[..., None]).reshape(len(points), -1)
    candidates = owner[np.minimum(slots, len(owner) - 1)]
    a, b, c = (vertices[triangles[candidates, k]] for k in range(3))
    share = np.maximum(_barycentric(points[:, None], a, b, c), 0)
    share /= share.sum(-1, keepdims=True)
    foot = share[..., :1] * a + share[..., 1:2] * b + share[..., 2:] * c
    best = np.linalg.norm(points[:, None] - foot, axis=-1).argmin(1)
    rows = np.arange(len(points))
    return candidates[rows, best], share[rows, best]


def skin_places(bundled: HeadModel, flame: HeadModel, laid: Registration) -> Array:
    """Return the place in the atlas of each corner of FLAME's triangles [F, 3, 2]; a triangle lies in one chart."""
    solid = np.flatnonzero(skin(bundled)[bundled.f].all(1))
    chart_of = charts(bundled, solid)
    theirs = np.asarray(flame.v_template, float)
    middle, _ = nearest(theirs[flame.f].mean(1), laid.placed, laid.triangles)
    result = np.zeros((len(flame.f), 3, 2), np.float32)
    for chart in np.unique(chart_of[middle]):
        here = chart_of == chart
        used, own = np.unique(laid.triangles[here], return_inverse=True)
        rows = np.flatnonzero(chart_of[middle] == chart)
        points, index = np.unique(flame.f[rows], return_inverse=True)
        found, share = nearest(theirs[points], laid.placed[used], own.reshape(-1, 3).astype(np.int32))
        uv = (share[..., None] * bundled.uv[bundled.uv_f[solid[here][found]]]).sum(1)
        result[rows] = uv[index.reshape(-1, 3)]
    torn = np.flatnonzero(np.ptp(result, axis=1).max(1) > _TORN)
    result[torn] = _continued(bundled, laid, solid[middle[torn]], middle[torn], theirs[flame.f[torn]])
    return result


def _continued(
    bundled: HeadModel, laid: Registration, triangles: NDArray[np.int64], numbers: NDArray[np.int64], corners: Any
) -> NDArray[np.floating]:
    """Return places in the atlas of corners [N, 3, 3] as if each triangle of the bundled head went on in its plane: where the
    atlas is cut, the corners of one triangle must not lie on both sides."""
    a, b, c = (laid.placed[laid.triangles[numbers, k]][:, None] for k in range(3))
    places = bundled.uv[bundled.uv_f[triangles]][:, None]
    continued = (_barycentric(corners, a, b, c)[..., None] * places).sum(2)
    return np.asarray(np.clip(continued, np.maximum(places.min(2) - _TORN, 0), np.minimum(places.max(2) + _TORN, 1)))
