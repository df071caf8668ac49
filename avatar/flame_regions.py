"""Which vertices of a FLAME model are lips and which upper face, found from its own joints and skinning weights."""

import numpy as np
from numpy.typing import NDArray

from avatar import skinning
from avatar.flame import FlameModel

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


def region_vertices(model: FlameModel, region: Indices, motion: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a region's vertices [T, R, 3] (m) for motion [T, 56]: expression and jaw, the head held still."""
    from avatar.flame_file import IDENTITIES
    from avatar.head import PARENTS
    from avatar.layout import EXPRESSION, JAW

    directions = model.shapedirs[region][..., IDENTITIES : IDENTITIES + EXPRESSION.stop].astype(float)
    joints = skinning.regress_joints(model.J_regressor, model.v_template)
    moved = np.empty((len(motion), len(region), 3))
    for frame, values in enumerate(motion):
        vectors = np.zeros((5, 3))
        vectors[2] = values[JAW]
        rotations = skinning.rotation_matrices(vectors)
        shaped = skinning.blend_shapes(model.v_template[region], directions, values[EXPRESSION])
        shaped = skinning.blend_shapes(shaped, model.posedirs[region], skinning.pose_features(rotations))
        transforms = skinning.joint_transforms(rotations, joints, PARENTS)
        moved[frame] = skinning.skin(shaped, model.weights[region], transforms)
    return moved
