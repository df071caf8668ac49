"""FLAME's vertex maths: shape blend, joint regression, pose correctives, linear blend skinning. Pure functions.

Formulas: Li et al., "Learning a model of facial shape and expression from 4D scans" (FLAME, 2017), after SMPL
(Loper et al. 2015). The GL shader computes the same; these are its reference and what needs no GL.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def rotation_matrices(vectors: Array) -> Array:
    """Return rotation matrices [..., 3, 3] of axis-angle vectors [..., 3] (rad), by Rodrigues' formula."""
    vectors = np.asarray(vectors, float)
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    axis = vectors / np.maximum(angle, 1e-12)
    x, y, z = np.moveaxis(axis, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*vectors.shape[:-1], 3, 3)
    sine, cosine = np.sin(angle)[..., None], np.cos(angle)[..., None]
    result: Array = np.eye(3) + sine * cross + (1 - cosine) * cross @ cross
    return result


def blend_shapes(template: Array, directions: Array, weights: Array) -> Array:
    """Return template [..., V, 3] plus directions [V, 3, K] weighted by weights [..., K]."""
    moved = directions @ weights if weights.ndim == 1 else np.tensordot(weights, directions, (-1, -1))
    result: Array = template + moved
    return result


def regress_joints(regressor: Array, vertices: Array) -> Array:
    """Return joint places [J, 3]: regressor [J, V] times shaped vertices [V, 3]."""
    result: Array = regressor @ vertices
    return result


def pose_features(rotations: Array) -> Array:
    """Return [..., 9 (J - 1)]: the rotation matrices [..., J, 3, 3] of all joints but the root, less the identity."""
    turned = rotations[..., 1:, :, :] - np.eye(3)
    result: Array = turned.reshape(*turned.shape[:-3], -1)
    return result


def joint_transforms(rotations: Array, joints: Array, parents: NDArray[np.integer]) -> Array:
    """Return matrices [..., J, 4, 4] that carry rest-pose vertices by each joint.

    rotations: [..., J, 3, 3]; joints: [..., J, 3]; parents: [J], -1 for the root.
    """
    world = np.zeros((*rotations.shape[:-2], 4, 4))
    for joint, parent in enumerate(parents):
        local = np.zeros((*rotations.shape[:-3], 4, 4))
        local[..., :3, :3], local[..., 3, 3] = rotations[..., joint, :, :], 1.0
        local[..., :3, 3] = joints[..., joint, :] - (joints[..., parent, :] if parent >= 0 else 0)
        world[..., joint, :, :] = local if parent < 0 else world[..., parent, :, :] @ local
    result = world.copy()
    result[..., :3, 3] -= np.einsum("...jab,...jb->...ja", world[..., :3, :3], joints)
    return result


def skin(vertices: Array, weights: Array, transforms: Array) -> Array:
    """Return vertices [..., V, 3] moved by transforms [..., J, 4, 4] blended by weights [V, J]."""
    rows = transforms[..., :3, :]
    flat = weights @ rows.reshape(*rows.shape[:-2], 12)
    blended = flat.reshape(*flat.shape[:-1], 3, 4)
    result: Array = np.einsum("...vab,...vb->...va", blended[..., :3], vertices) + blended[..., 3]
    return result


def vertex_normals(vertices: Array, triangles: NDArray[np.integer]) -> Array:
    """Return unit normals [V, 3], each the sum of its triangles' area-weighted normals."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    result: Array = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return result
