"""Which vertices of a FLAME model are lips and which upper face, found from its own joints and skinning weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.flame.file import IDENTITIES
from avatar.flame.model import FlameModel
from avatar.rig import skinning
from avatar.rig.head import JOINTS, PARENTS
from avatar.rig.layout import EXPRESSION, JAW

_MIDLINE, _LIP_HALF_WIDTH, _LIP_HALF_HEIGHT, _LIP_DEPTH = 0.006, 0.027, 0.012, 0.018  # m
_FRONT: float = 0.012
_BROW_HEIGHT, _BELOW_EYES, _FACE_HALF_WIDTH, _FACE_DEPTH = 0.055, 0.005, 0.060, 0.045  # m

Indices = NDArray[np.intp]


def lip_vertices(model: FlameModel) -> Indices:
    """Return the vertices around the mouth: where, in the middle of the face's front, the jaw's share begins."""
    places, skin = model.v_template, model.weights.max(1) > 0
    skin &= model.weights[:, 3:].sum(1) < 0.5
    chin = skin & (model.weights[:, 2] > 0.5) & (np.abs(places[:, 0]) < _MIDLINE)
    if not chin.any():
        raise ValueError("the FLAME model has no jaw: no lips can be found on it")
    front = chin & (places[:, 2] > places[chin, 2].max() - _FRONT)
    centre = places[np.flatnonzero(front)[places[front, 1].argmax()]]
    away = np.abs(places - centre)
    near = (away[:, 0] < _LIP_HALF_WIDTH) & (away[:, 1] < _LIP_HALF_HEIGHT) & (away[:, 2] < _LIP_DEPTH)
    return np.flatnonzero(skin & near)


def upper_face_vertices(model: FlameModel) -> Indices:
    """Return the vertices of eye region, brows and forehead, without the eyeballs."""
    places = model.v_template
    eyes = skinning.regress_joints(model.J_regressor, places)[3:].mean(0)
    above = places - eyes
    inside = (above[:, 1] > -_BELOW_EYES) & (above[:, 1] < _BROW_HEIGHT) & (np.abs(above[:, 0]) < _FACE_HALF_WIDTH)
    skin = model.weights[:, 3:].sum(1) < 0.5
    return np.flatnonzero(skin & inside & (above[:, 2] > -_FACE_DEPTH))


@dataclass(frozen=True)
class FaceRegion:
    """Some vertices R of a model, ready to be moved."""

    rest: NDArray[np.float64]  # [R, 3]
    directions: NDArray[np.float64]  # [R, 3, 50]
    posedirs: NDArray[np.float64]  # [R, 3, 36]
    weights: NDArray[np.float64]  # [R, 5]
    joints: NDArray[np.float64]  # [5, 3]
    joint_directions: NDArray[np.float64]  # [5, 3, 50]

    def vertices(self, motion: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return vertices [T, R, 3] (m) for motion [T, 56]: expression and jaw, the head held still."""
        expression = np.asarray(motion[:, EXPRESSION], float)
        vectors = np.zeros((len(motion), 5, 3))
        vectors[:, JOINTS.index("jaw")] = motion[:, JAW]
        rotations = skinning.rotation_matrices(vectors)
        shaped = skinning.blend_shapes(self.rest, self.directions, expression)
        shaped = skinning.blend_shapes(shaped, self.posedirs, skinning.pose_features(rotations))
        joints = skinning.blend_shapes(self.joints, self.joint_directions, expression)
        transforms = skinning.joint_transforms(rotations, joints, PARENTS)
        return np.asarray(skinning.skin(shaped, self.weights, transforms), np.float64)


def face_region(model: FlameModel, chosen: Indices) -> FaceRegion:
    """Return a region of the average face."""
    directions = np.asarray(model.shapedirs[..., IDENTITIES : IDENTITIES + EXPRESSION.stop], float)
    regressor = np.asarray(model.J_regressor, float)
    rest = np.asarray(model.v_template, float)
    return FaceRegion(
        rest[chosen], directions[chosen], np.asarray(model.posedirs[chosen], float), np.asarray(model.weights[chosen], float),
        regressor @ rest, np.tensordot(regressor, directions, 1),
    )  # fmt: skip
