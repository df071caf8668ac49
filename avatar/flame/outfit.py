"""What FLAME lacks, taken from the bundled head laid over it: teeth, tongue, mouth, lashes, lids, places in the skin's atlas.

FLAME has a closed shell of skin with eyeballs. Teeth and tongue go where its lips and jaw are, lids by the bundled fields, and
each of its triangles finds its place in the atlas by the nearest point of the bundled head.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.flame.places import charts, nearest, skin_places
from avatar.flame.registration import Registration, register, skin, tree
from avatar.rig.head import PARTS, HeadModel
from avatar.rig.npz import read_arrays

Array = NDArray[np.float32]
Indices = NDArray[np.int32]
_RIGID: Final = tuple(PARTS.index(name) for name in ("upper_teeth", "lower_teeth", "tongue"))
_LASHES: Final = PARTS.index("lashes")
_NEAR: Final = 3  # vertices of FLAME between which what is added lies
_SOFT: Final = 0.012  # m from the skin within which the mouth's lining moves with it
_LINING: Final = 0.94  # the mouth's size, so that it does not come through thin cheeks
_MOUTH: Final = 0.035  # m about the teeth, where skin tells how they are carried
_LEAST: Final = 1e-4  # m that a lid moves at least
_LARGE: Final = 0.5
_MOST: Final = 1_000_000  # numbers of a part that is kept


@dataclass(frozen=True)
class Outfit:
    """For FLAME's V vertices and F triangles: lid_directions [V, 3, 6], lid_guard [V], occlusion [V, 2], and corners [F, 3, 2],
    which are places in the atlas of skin.

    The A vertices that are added: places [A, 3] on the average FLAME, weights [A, 5], part [A], sky (occlusion) [A, 2],
    lids [A, 3, 6], triangles [T, 3], uv [T, 3, 2]; near [A, 3] and share [A, 3]: which skin they move with, and how much.
    """

    lid_directions: Array
    lid_guard: Indices
    occlusion: Array
    corners: Array
    places: Array
    weights: Array
    part: Indices
    sky: Array
    lids: Array
    triangles: Indices
    uv: Array
    near: Indices
    share: Array


def _added(bundled: HeadModel) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bundled head's vertices and triangles that FLAME needs: teeth, tongue, lashes, the mouth's lining."""
    owner = bundled.part[bundled.f[:, 0]]
    solid = np.flatnonzero(skin(bundled)[bundled.f].all(1))
    chart = charts(bundled, solid)
    teeth = bundled.v_template[np.isin(bundled.part, _RIGID)].mean(0)
    names, first = np.unique(chart, return_index=True)
    middles = [bundled.v_template[bundled.f[solid[chart == name]]].mean((0, 1)) for name in names]
    mouth = names[np.linalg.norm(np.array(middles) - teeth, axis=1).argmin()] if len(first) else -1
    lining = solid[chart == mouth]
    triangles = np.r_[np.flatnonzero(np.isin(owner, (*_RIGID, _LASHES))), lining]
    return np.unique(bundled.f[triangles]), triangles


def _surface(bundled: HeadModel, flame: HeadModel, laid: Registration) -> tuple[Array, Indices, Array]:
    """Return how lids move FLAME's vertices [V, 3, 6], which of them an eyeball keeps out [V], and their occlusion [V, 2]."""
    own = skin(flame)
    found, share = nearest(flame.v_template, laid.placed, laid.triangles)
    corners = laid.ids[laid.triangles[found]]
    lids = laid.turned((share[..., None, None] * bundled.lid_directions[corners]).sum(1))
    lids[~own] = 0
    guard = bundled.lid_guard[corners].max(1) * (np.abs(lids).max((1, 2)) > _LEAST) * own
    sky = (share[..., None] * bundled.occlusion[corners]).sum(1)
    return lids.astype(np.float32), guard.astype(np.int32), sky.astype(np.float32)


def _placed(bundled: HeadModel, laid: Registration, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return where vertices `ids` of the bundled head go on FLAME [A, 3]: with the skin beside them, teeth with the lips."""
    part, rest = bundled.part[ids], laid.laid(bundled.v_template[ids])
    before = laid.laid(bundled.v_template[laid.ids])
    shift, rigid, lining = laid.placed - before, np.isin(part, _RIGID), part == PARTS.index("body")
    distance, near = tree(before).query(rest[~rigid], _NEAR)
    weight = 1 / (distance + 1e-5)
    rest[~rigid] += ((weight / weight.sum(1, keepdims=True))[..., None] * shift[near]).sum(1)
    around = np.linalg.norm(laid.placed - rest[rigid].mean(0), axis=1) < _MOUTH
    rest[rigid] += shift[around].mean(0)
    middle = rest[lining].mean(0)
    rest[lining] = middle + _LINING * (rest[lining] - middle)
    return rest


def fit(bundled: HeadModel, flame: HeadModel) -> Outfit:
    """Return what the average FLAME needs of the bundled head."""
    laid = register(bundled, flame)
    lid_directions, guard, occlusion = _surface(bundled, flame, laid)
    ids, triangles = _added(bundled)
    part, places = bundled.part[ids], _placed(bundled, laid, ids)
    their_skin = np.flatnonzero(skin(flame))
    distance, near = tree(flame.v_template[their_skin]).query(places, _NEAR)
    weight = 1 / (distance + 1e-5)
    moving = np.exp(-((distance[:, :1] / _SOFT) ** 2)) * ~np.isin(part, _RIGID)[:, None]
    lids = laid.turned(bundled.lid_directions[ids]) * (part == _LASHES)[:, None, None]
    number = np.zeros(len(bundled.v_template), np.int32)
    number[ids] = np.arange(len(ids))
    return Outfit(
        lid_directions, guard, occlusion, skin_places(bundled, flame, laid), places.astype(np.float32),
        bundled.weights[ids], part.astype(np.int32), bundled.occlusion[ids], lids.astype(np.float32),
        number[bundled.f[triangles]], bundled.uv[bundled.uv_f[triangles]], their_skin[near].astype(np.int32),
        (moving * weight / weight.sum(1, keepdims=True)).astype(np.float32),
    )  # fmt: skip


def wear(outfit: Outfit, flame: HeadModel, average: NDArray[np.floating]) -> HeadModel:
    """Return FLAME, of any identity, with what it lacks; average: the vertices [V, 3] that the outfit was fitted to."""
    count = len(flame.v_template)
    changed = np.asarray(flame.v_template - average, float)
    places = outfit.places + _carried(outfit, changed, average)
    moving = (outfit.share[..., None, None] * flame.expressiondirs[outfit.near]).sum(1)
    correct = (outfit.share[..., None, None] * flame.pose_directions[outfit.near]).sum(1)
    vertices = np.concatenate([flame.v_template, places]).astype(np.float32)
    triangles = np.concatenate([flame.f, outfit.triangles + count]).astype(np.int32)
    body = np.all(skin(flame)[flame.f], axis=1)
    corners = np.where(body[:, None, None], outfit.corners, flame.uv[flame.uv_f])
    uv = np.concatenate([corners, outfit.uv]).reshape(-1, 2)
    none = np.zeros((len(places), 5), np.float32)
    turned = np.concatenate(
        [flame.normal_directions, np.zeros((len(places), 3, flame.normal_directions.shape[-1]), np.float32)]
    )
    return replace(
        flame, v_template=vertices, shapedirs=np.zeros((*vertices.shape, 1), np.float32),
        expressiondirs=np.concatenate([flame.expressiondirs, moving]).astype(np.float32),
        lid_directions=np.concatenate([outfit.lid_directions, outfit.lids]),
        pose_directions=np.concatenate([flame.pose_directions, correct]).astype(np.float32),
        J_regressor=np.concatenate([flame.J_regressor, none.T], 1), weights=np.concatenate([flame.weights, outfit.weights]),
        f=triangles, uv=uv.astype(np.float32), uv_f=np.arange(len(uv), dtype=np.int32).reshape(-1, 3),
        part=np.concatenate([flame.part, outfit.part]),
        lid_guard=np.concatenate([outfit.lid_guard, np.zeros(len(places), np.int32)]), normal_directions=turned,
        occlusion=np.concatenate([outfit.occlusion, outfit.sky]),
        cut_distance=np.concatenate([flame.cut_distance, np.full(len(places), _LARGE, np.float32)]),
    )  # fmt: skip


def _carried(outfit: Outfit, changed: NDArray[np.floating], average: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return how what is added moves [A, 3] where FLAME's vertices do [V, 3]: lashes and lining with the skin beside them,
    teeth and tongue as the face about the mouth is moved and stretched (the affine map nearest to it)."""
    share = outfit.share / np.maximum(outfit.share.sum(1, keepdims=True), 1e-9)
    moved = (share[..., None] * changed[outfit.near]).sum(1)
    rigid = np.isin(outfit.part, _RIGID)
    middle = outfit.places[rigid].mean(0)
    around = np.linalg.norm(average - middle, axis=1) < _MOUTH
    known = np.c_[np.ones(around.sum()), average[around] - middle]
    affine = np.linalg.lstsq(known, changed[around], rcond=None)[0]
    moved[rigid] = np.c_[np.ones(rigid.sum()), outfit.places[rigid] - middle] @ affine
    return np.asarray(moved)


def _fits(kept: Outfit, vertices: int, faces: int) -> bool:
    """Tell whether what was kept has the shapes that it must have for FLAME's V vertices and F triangles."""
    parts = [getattr(kept, field.name) for field in fields(Outfit)]
    if not all(part.ndim and part.dtype.kind in "fi" and np.isfinite(part).all() for part in parts):
        return False
    added, triangles = len(kept.places), len(kept.triangles)
    wanted = (
        (vertices, 3, 6), (vertices,), (vertices, 2), (faces, 3, 2), (added, 3), (added, 5), (added,), (added, 2),
        (added, 3, 6), (triangles, 3), (triangles, 3, 2), (added, _NEAR), (added, _NEAR),
    )  # fmt: skip
    if [part.shape for part in parts] != list(wanted):
        return False
    return all(((rows >= 0) & (rows < count)).all() for rows, count in ((kept.triangles, added), (kept.near, vertices)))


def load(path: Path, bundled: HeadModel, flame: HeadModel) -> Outfit:
    """Return the outfit kept in PATH, which names the FLAME file's hash; fit and keep it where it is not there."""
    names = tuple(field.name for field in fields(Outfit))
    try:
        arrays = read_arrays(path, dict.fromkeys(names, _MOST))
        kept = Outfit(*(np.asarray(arrays[name]) for name in names))
        if _fits(kept, len(flame.v_template), len(flame.f)):
            return kept
    except (FileNotFoundError, ValueError, KeyError):
        pass  # not there, or damaged: it is fitted again
    fitted = fit(bundled, flame)
    partial = path.with_name(path.name + ".part.npz")
    try:
        np.savez_compressed(partial, **{name: getattr(fitted, name) for name in names})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return fitted
