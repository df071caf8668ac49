"""Joints, skinning weights and the jaw corrective of the bundled heads, solved from MakeHuman's rig."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import nnls

from avatar.build.makehuman import EYE_HELPERS, LOWER_TEETH_HELPERS, Array, Indices, MakeHuman, fit_sphere

JOINTS: Final = ("root", "neck", "jaw", "left_eye", "right_eye")
PARENTS: Final = np.array([-1, 0, 1, 1, 1])
# How much of a neck bone's motion belongs to our one neck joint.
_NECK_SHARE: Final = {"neck03": 0.75, "neck02": 0.45, "neck01": 0.15}


def joint_places(source: MakeHuman, vertices: Array) -> Array:
    """Return root, neck, jaw hinge and eyes [5, 3] (dm) of MakeHuman vertices."""
    spine, neck, head = (source.joint(name, vertices) for name in ("spine-1", "neck", "head"))
    hinge = source.joint("mouth", vertices) + [0, -0.043, 0.020]
    eyes = [fit_sphere(vertices[EYE_HELPERS[side]])[0] for side in ("left", "right")]
    return np.array([0.25 * spine + 0.75 * neck, 0.35 * neck + 0.65 * head, hinge, *eyes])


def joint_regressor(heads: Array, joints: Array, candidates: list[Indices]) -> Array:
    """Return weights [5, V], non-negative and summing to 1, that give joints [P, 5, 3] of heads [P, V, 3].

    candidates: the vertices that each joint may depend on.
    """
    regressor = np.zeros((len(candidates), heads.shape[1]))
    for joint, ids in enumerate(candidates):
        system = np.concatenate([heads[:, ids].transpose(0, 2, 1).reshape(-1, len(ids)), np.full((1, len(ids)), 30.0)])
        weights, _ = nnls(system, np.r_[joints[:, joint].ravel(), 30.0], maxiter=100 * len(ids))
        regressor[joint, ids] = weights / weights.sum()
    return regressor


def head_share(source: MakeHuman) -> Array:
    """Return how far each MakeHuman vertex [19158] follows the head."""
    rig = source.read_json("rigs/standard/rig.default.json")
    bones = rig.get("bones", rig)
    parent = {name: bone.get("parent") or "" for name, bone in bones.items() if isinstance(bone, dict)}

    def follows_head(bone: str) -> bool:
        while bone and bone != "head":
            bone = parent.get(bone, "")
        return bone == "head"

    followed, total = np.zeros(len(source.vertices)), np.zeros(len(source.vertices))
    for bone, weights in source.read_json("rigs/standard/weights.default.json")["weights"].items():
        share = 1.0 if follows_head(bone) else _NECK_SHARE.get(bone, 0.0)
        ids, values = np.array([i for i, _ in weights], int), np.array([w for _, w in weights])
        np.add.at(followed, ids, share * values)
        np.add.at(total, ids, values)
    result: Array = followed / np.maximum(total, 1e-9)
    return result


def rotation_x(angle: float) -> Array:
    """Return the rotation matrix [3, 3] about x."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


@dataclass(frozen=True)
class Jaw:
    """The hinge that stands for the unit jawOpen: angle (rad), share of each vertex, and what the hinge misses (dm)."""

    angle: float
    share: Array
    residual: Array

    def unpose(self, displacement: Array) -> Array:
        """Return the displacement before skinning that shows as `displacement` [N, 3] at the full angle."""
        turn = rotation_x(self.angle)
        result = np.zeros_like(displacement)
        for i in np.flatnonzero(np.abs(displacement).max(1) > 1e-6):
            share = self.share[i]
            result[i] = np.linalg.solve((1 - share) * np.eye(3) + share * turn, displacement[i])
        return result


def solve_jaw(source: MakeHuman) -> Jaw:
    """Fit the hinge to where jawOpen takes the lower teeth, then each vertex's share of it by least squares."""
    opening = source.units["jawOpen"]
    before = source.vertices[LOWER_TEETH_HELPERS]
    after = before + opening[LOWER_TEETH_HELPERS]
    u, _, vt = np.linalg.svd((before - before.mean(0)).T @ (after - after.mean(0)))
    turn = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
    angle = float(np.arctan2(turn[2, 1], turn[1, 1]))
    hinge = joint_places(source, source.vertices)[2]
    swing = (source.vertices - hinge) @ (rotation_x(angle) - np.eye(3)).T
    share = np.clip((swing * opening).sum(1) / np.maximum((swing**2).sum(1), 1e-4), 0, 1)
    share[np.linalg.norm(opening, axis=1) < 1e-4] = 0
    return Jaw(angle, share, opening - share[:, None] * swing)
