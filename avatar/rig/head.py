"""A head in FLAME form, and its vertices for a pose worked out on the processor (the shader's reference)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig import skinning
from avatar.rig.basis import NAMED
from avatar.rig.layout import EXPRESSION, EYELIDS, EYES_SIZE, GAZE_LEFT, GAZE_RIGHT, JAW, MOTION_SIZE, NECK

JOINTS: Final = ("root", "neck", "jaw", "left_eye", "right_eye")
PARENTS: Final = np.array([-1, 0, 1, 1, 1])
PARTS: Final = ("body", "left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue", "lashes")
LID_FIELDS: Final = 6  # blink, look down, look up, each left then right
# A lid rests this much above the eyeball; the cornea's bulge adds to it around the gaze.
LID_CLEARANCE: Final = 1.012
CORNEA_CLEARANCE: Final = 0.075
CORNEA_REACH: Final = 0.13218  # 1 - cos of the angle that the bulge reaches (0.52 rad)
# Gaze pitch (rad) at which the lid has followed all the way.
_LID_FOLLOWS: Final = 0.45

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Pose:
    """One moment of a face: motion [56] and eyes [6] as in `avatar.rig.layout`; how wide the pupils are, 1 as painted."""

    motion: NDArray[np.floating]
    eyes: NDArray[np.floating]
    pupils: float = 1.0

    @staticmethod
    def rest() -> "Pose":
        """Return the neutral face, looking ahead."""
        return Pose(np.zeros(MOTION_SIZE, np.float32), np.zeros(EYES_SIZE, np.float32))


@dataclass(frozen=True, eq=False)  # one is itself: comparing arrays would say little and cost much
class HeadModel:
    """V vertices, F triangles, P people, J = 5 joints. Metres, right-handed, +y up, +z out of the face."""

    v_template: Array  # [V, 3]
    shapedirs: Array  # [V, 3, P]
    expressiondirs: Array  # [V, 3, 50]
    lid_directions: Array  # [V, 3, 6]
    pose_directions: Array  # [V, 3, Q], pose correctives, weighted by what pose_basis makes of the pose features
    pose_basis: Array  # [36, Q]
    J_regressor: Array  # [5, V]
    weights: Array  # [V, 5]
    f: NDArray[np.int32]  # [F, 3]
    uv: Array  # [U, 2]
    uv_f: NDArray[np.int32]  # [F, 3]
    part: NDArray[np.int32]  # [V], index in PARTS
    lid_guard: NDArray[np.int32]  # [V], 1 and 2: must stay outside the left or right eyeball
    normal_directions: Array  # [V, 3, 56], for the 50 expression and 6 lid fields
    occlusion: Array  # [V, 2], ambient occlusion with the mouth shut and open, 0 to 1
    cut_distance: Array  # [V], from where the bust was cut off
    joint_directions: Array  # [5, 3, 50]: how expressions move joints; FLAME regresses joints from the expressive face
    basis: str = NAMED  # of the expression, see `avatar.rig.basis`

    @property
    def posedirs(self) -> Array:
        """Pose correctives [V, 3, 36] of FLAME's form."""
        return self.pose_directions @ self.pose_basis.T

    def posed_joints(self, joints: NDArray[np.floating], motion: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return where joints [5, 3] of a rest face are in one that shows motion [56]."""
        return joints + self.joint_directions @ motion[EXPRESSION]

    def pose_weights(self, rotations: NDArray[np.floating]) -> Array:
        """Return the weights [Q] of the pose correctives for rotation matrices [5, 3, 3]."""
        return np.asarray(skinning.pose_features(rotations) @ self.pose_basis, np.float32)

    def shaped(self, person: int) -> Array:
        """Return the rest vertices [V, 3] of a person."""
        return self.v_template + self.shapedirs[..., person]

    def eye_radius(self, shaped: Array, joints: Array, index: int) -> float:
        """Return the radius (m) of the left (0) or right (1) eyeball."""
        ball = shaped[self.part == index + 1]
        return float(np.median(np.linalg.norm(ball - joints[3 + index], axis=1)))


def lid_weights(eyes: NDArray[np.floating]) -> Array:
    """Return weights [6] of the lid fields for eyes [6]: lids close by their own layer and follow the gaze."""
    pitch = np.array([eyes[1], eyes[3]])
    down, up = np.clip(pitch / _LID_FOLLOWS, 0, 1), np.clip(-pitch / _LID_FOLLOWS, 0, 1)
    closed = np.clip(eyes[EYELIDS], 0, 1)
    # A closed lid has no further to go: following fades as it shuts.
    return np.concatenate([closed, down * (1 - closed), up * (1 - closed)]).astype(np.float32)


def joint_rotations(pose: Pose) -> NDArray[np.float64]:
    """Return rotation matrices [5, 3, 3]; gaze yaw turns about +y, pitch about +x (positive looks down)."""
    gaze = np.asarray(pose.eyes, float)
    vectors = np.zeros((5, 3))
    vectors[1], vectors[2] = pose.motion[NECK], pose.motion[JAW]
    rotations = skinning.rotation_matrices(vectors)
    for joint, (yaw, pitch) in ((3, gaze[GAZE_LEFT]), (4, gaze[GAZE_RIGHT])):
        turn = skinning.rotation_matrices(np.array([[0, yaw, 0], [pitch, 0, 0]]))
        rotations[joint] = turn[0] @ turn[1]
    return np.asarray(rotations, np.float64)


def keep_lids_outside(vertices: Array, rest: Array, centre: Array, radius: float, gaze: NDArray[np.floating]) -> Array:
    """Push lid vertices [L, 3] out of an eyeball, whose cornea (towards gaze [3]) bulges; none is pushed beyond rest [L, 3]."""
    offset = vertices - centre
    distance = np.linalg.norm(offset, axis=1)
    away = 1 - offset @ gaze / np.maximum(distance, 1e-9)
    limit = np.minimum(np.linalg.norm(rest - centre, axis=1), radius * LID_CLEARANCE)
    bulge = radius * (1 + CORNEA_CLEARANCE * np.clip(1 - away / CORNEA_REACH, 0, 1))
    limit = np.where(away < CORNEA_REACH, np.maximum(limit, bulge), limit)
    scale = np.where((distance < limit) & (offset[:, 2] > -0.2 * radius), limit / np.maximum(distance, 1e-9), 1.0)
    return np.asarray(centre + offset * scale[:, None], np.float32)


def posed_vertices(model: HeadModel, person: int, pose: Pose) -> Array:
    """Return the vertices [V, 3] of a person in a pose."""
    shaped = model.shaped(person)
    joints = model.posed_joints(skinning.regress_joints(model.J_regressor, shaped), pose.motion)
    rotations = joint_rotations(pose)
    vertices = skinning.blend_shapes(shaped, model.expressiondirs, np.asarray(pose.motion[EXPRESSION], np.float32))
    vertices = skinning.blend_shapes(vertices, model.lid_directions, lid_weights(pose.eyes))
    vertices = skinning.blend_shapes(vertices, model.pose_directions, model.pose_weights(rotations))
    for index in (0, 1):
        lid = model.lid_guard == index + 1
        radius = model.eye_radius(shaped, joints, index)
        gaze = rotations[3 + index] @ [0, 0, 1]
        vertices[lid] = keep_lids_outside(vertices[lid], shaped[lid], joints[3 + index], radius, gaze)
    transforms = skinning.joint_transforms(rotations, joints, PARENTS)
    return np.asarray(skinning.skin(vertices, model.weights, transforms), np.float32)


@dataclass(frozen=True)
class Look:
    """A person of a head model: identity in the model, and where the pictures lie (and the hair, where there is any)."""

    name: str
    identity: int
    lash_strength: float
    folder: Path
    lines: float = 0.3  # how lined the skin is, 0 to 1
    hair: bool = True


@dataclass(frozen=True)
class Head:
    """A head to be drawn: the model, and who of it. Raises ValueError where the model does not know that person."""

    model: HeadModel
    look: Look

    def __post_init__(self) -> None:
        people = self.model.shapedirs.shape[-1]
        if not 0 <= self.look.identity < people:
            raise ValueError(f"{self.look.folder} is person {self.look.identity} of a model that has {people}")
