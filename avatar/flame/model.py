"""FLAME from an imported file: its vertices by the published formula, and a head that can be drawn.

The formula: Li et al. 2017.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.flame.file import IDENTITIES, MOST, WANTED, read_flame_file
from avatar.rig import skinning
from avatar.rig.basis import FLAME
from avatar.rig.head import LID_FIELDS, PARENTS, PARTS, HeadModel
from avatar.rig.layout import EXPRESSION
from avatar.rig.npz import read_arrays

Array = NDArray[np.float32]
_EYE_CENTRE: Final = np.array([0.0, 0.0, 0.03])  # where the heads of this program have the middle between the eyes (m)
_LARGE: Final = 0.5  # m: farther than the bust's edge can be
_STEP: Final = 1e-3
_HASH_LETTERS: Final = 16
_IRIS_REACH: Final = 0.8 * np.pi  # polar angle (rad) at the edge of an eye's picture, see resources/heads


@dataclass(frozen=True)
class FlameModel:
    """V = 5023 vertices in metres, +y up, +z out of the face; joints root, neck, jaw, left eye, right eye."""

    v_template: Array  # [V, 3]
    shapedirs: Array  # [V, 3, 400], identity 300, expression 100
    posedirs: Array  # [V, 3, 36]
    J_regressor: Array  # [5, V]
    weights: Array  # [V, 5]
    f: NDArray[np.int32]  # [9976, 3]
    sha256: str  # of the file it was made from


def flame_vertices(
    model: FlameModel, shape: NDArray[np.floating], expression: NDArray[np.floating], pose: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return vertices [V, 3] (m) by FLAME's formula: blend shapes, joints, pose correctives, linear blend skinning.

    shape: identity [up to 300]; expression: [up to 100]; pose: rotation vectors [5, 3] (rad) of all joints.
    """
    coefficients = np.zeros(model.shapedirs.shape[-1])
    coefficients[: len(shape)] = shape
    coefficients[IDENTITIES : IDENTITIES + len(expression)] = expression
    shaped = skinning.blend_shapes(np.asarray(model.v_template, float), model.shapedirs, coefficients)
    joints = skinning.regress_joints(np.asarray(model.J_regressor, float), shaped)
    rotations = skinning.rotation_matrices(pose)
    corrected = skinning.blend_shapes(shaped, model.posedirs, skinning.pose_features(rotations))
    transforms = skinning.joint_transforms(rotations, joints, PARENTS)
    return np.asarray(skinning.skin(corrected, np.asarray(model.weights, float), transforms), np.float64)


def import_flame(source: Path, target: Path) -> FlameModel:
    """Check a FLAME file and store it as npz, whole or not at all; return the model. Raises as `read_flame_file` does."""
    arrays = read_flame_file(source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    stored = {
        name: np.asarray(array, np.float32) for name, array in arrays.items() if name not in ("f", "kintree_table")
    }
    partial = target.with_name(target.name + ".part.npz")
    try:
        np.savez_compressed(
            partial, allow_pickle=False, f=arrays["f"].astype(np.int32), kintree_table=arrays["kintree_table"],
            sha256=np.array(digest), **stored,
        )  # fmt: skip
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return load_flame(target)


def load_flame(path: Path) -> FlameModel:
    """Read an imported model; raise FileNotFoundError, or ValueError naming the file and what is wrong with it."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: ./run import-flame FILE")
    arrays = read_arrays(path, MOST, ("sha256",), "an imported FLAME model", "./run import-flame FILE")
    for name, shape in WANTED.items():
        if name not in arrays or arrays[name].shape != shape or arrays[name].dtype.kind not in "fi":
            raise ValueError(f"{path} is damaged ({name}): import the FLAME file again, ./run import-flame FILE")
    single = {name: np.asarray(arrays[name], np.float32) for name in WANTED}
    sha256 = str(arrays.get("sha256", ""))
    return FlameModel(
        single["v_template"], single["shapedirs"], single["posedirs"], single["J_regressor"], single["weights"],
        np.asarray(arrays["f"], np.int32), sha256,
    )  # fmt: skip


def flame_basis(path: Path) -> str:
    """Return the name of an imported model's basis, `flame:` and its file's hash, or `flame` where it cannot be told."""
    try:
        return _basis(str(read_arrays(path, {}, ("sha256",))["sha256"]))
    except (FileNotFoundError, ValueError, KeyError):
        return FLAME


def _basis(sha256: str) -> str:
    return f"{FLAME}:{sha256[:_HASH_LETTERS]}"


def load_flame_head(path: Path, shape: NDArray[np.floating] | None = None) -> HeadModel:
    """Return an imported model as a head that can be drawn, of one identity (the average where None); raise as `load_flame`."""
    return flame_head(load_flame(path), shape)


def flame_head(model: FlameModel, shape: NDArray[np.floating] | None = None) -> HeadModel:
    """Return FLAME as a head: 50 expressions, no lids of its own yet, eyes with an iris, moved to where heads sit here."""
    identity = np.zeros(0) if shape is None else shape
    shaped = skinning.blend_shapes(model.v_template, model.shapedirs[..., : len(identity)], identity)
    joints = skinning.regress_joints(model.J_regressor, shaped)
    shaped = np.asarray(shaped + (_EYE_CENTRE - joints[3:].mean(0)), np.float32)
    joints = skinning.regress_joints(model.J_regressor, shaped)
    directions = model.shapedirs[..., IDENTITIES : IDENTITIES + EXPRESSION.stop]
    part = np.zeros(len(shaped), np.int32)
    for index, name in enumerate(("left_eye", "right_eye")):
        part[model.weights[:, 3 + index] > 0.5] = PARTS.index(name)
    lids = np.zeros((*shaped.shape, LID_FIELDS), np.float32)
    normals = np.concatenate([_normal_directions(shaped, model.f, directions), lids], -1)
    return HeadModel(
        shaped, np.zeros((*shaped.shape, 1), np.float32), directions, lids, model.posedirs, np.eye(36, dtype=np.float32),
        model.J_regressor, model.weights, model.f, _eye_uv(shaped, joints, part), model.f, part,
        np.zeros(len(shaped), np.int32), normals, np.ones((len(shaped), 2), np.float32),
        _cut_distance(shaped, model.f, joints), np.tensordot(model.J_regressor, directions, 1), _basis(model.sha256),
    )  # fmt: skip


def _normal_directions(vertices: Array, triangles: NDArray[np.int32], directions: Array) -> Array:
    """Return [V, 3, K]: how normals turn with each field, by differences."""
    rest = skinning.vertex_normals(vertices, triangles)
    turned = [
        skinning.vertex_normals(vertices + _STEP * directions[..., k], triangles) for k in range(directions.shape[-1])
    ]
    return np.asarray((np.stack(turned, -1) - rest[..., None]) / _STEP, np.float32)


def _eye_uv(vertices: Array, joints: NDArray[np.floating], part: NDArray[np.int32]) -> Array:
    """Return texture coordinates [V, 2]: on an eyeball by the angle from straight ahead, on skin a place of one colour."""
    uv = np.full((len(vertices), 2), 0.5, np.float32)
    for index in (0, 1):
        ball = part == index + 1
        offset = vertices[ball] - joints[3 + index]
        polar = np.arccos(np.clip(offset[:, 2] / np.maximum(np.linalg.norm(offset, axis=1), 1e-9), -1, 1))
        reach = 0.5 * np.minimum(polar / _IRIS_REACH, 1) ** 0.8
        azimuth = np.arctan2(offset[:, 1], offset[:, 0])
        uv[ball] = 0.5 + reach[:, None] * np.stack([np.cos(azimuth), np.sin(azimuth)], 1)
    return uv


def _cut_distance(vertices: Array, triangles: NDArray[np.int32], joints: NDArray[np.floating]) -> Array:
    """Return each vertex's distance (m) from the open edge below the neck's joint; large where the mesh has none."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    open_edge = np.unique(unique[count == 1])
    open_edge = open_edge[vertices[open_edge, 1] < joints[1, 1]]
    if not len(open_edge):
        return np.full(len(vertices), _LARGE, np.float32)
    return np.array([np.linalg.norm(vertices[open_edge] - v, axis=1).min() for v in vertices], np.float32)
