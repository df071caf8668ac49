"""avatar.rig.skinning: against an independent float64 computation of FLAME's formula, joint by joint."""

import numpy as np
from scipy.spatial.transform import Rotation

from avatar.rig import skinning

PARENTS = np.array([-1, 0, 1, 1, 1])


def independent(template, directions, weights, regressor, posedirs, skin, pose):  # type: ignore[no-untyped-def]
    """FLAME by its definition, vertex by vertex, with scipy's rotations."""
    vertices = template + np.tensordot(directions, weights, (2, 0))
    joints = regressor @ vertices
    rotations = Rotation.from_rotvec(pose).as_matrix()
    feature = np.concatenate([(r - np.eye(3)).ravel() for r in rotations[1:]])
    vertices = vertices + np.tensordot(posedirs, feature, (2, 0))
    chain = []
    for joint, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3], local[:3, 3] = rotations[joint], joints[joint] - (joints[parent] if parent >= 0 else 0)
        chain.append(local if parent < 0 else chain[parent] @ local)
    result = np.zeros_like(vertices)
    for index, vertex in enumerate(vertices):
        for joint in range(5):
            result[index] += skin[index, joint] * (chain[joint] @ np.r_[vertex - joints[joint], 1])[:3]
    return result


def test_equals_the_published_formula() -> None:
    rng = np.random.default_rng(0)
    count = 400
    template, directions = rng.normal(0, 0.1, (count, 3)), rng.normal(0, 0.01, (count, 3, 20))
    regressor = rng.random((5, count))
    regressor /= regressor.sum(1, keepdims=True)
    posedirs, skin = rng.normal(0, 0.005, (count, 3, 36)), rng.random((count, 5))
    skin /= skin.sum(1, keepdims=True)
    for _ in range(5):
        weights, pose = rng.normal(0, 1, 20), rng.normal(0, 0.4, (5, 3))
        shaped = skinning.blend_shapes(template, directions, weights)
        joints = skinning.regress_joints(regressor, shaped)
        rotations = skinning.rotation_matrices(pose)
        corrected = shaped + posedirs @ skinning.pose_features(rotations)
        result = skinning.skin(corrected, skin, skinning.joint_transforms(rotations, joints, PARENTS))
        truth = independent(template, directions, weights, regressor, posedirs, skin, pose)
        assert np.abs(result - truth).max() < 1e-12


def test_normals_point_out_of_a_sphere() -> None:
    from avatar.build.parts import eyeball

    ball = eyeball()
    normals = skinning.vertex_normals(ball.vertices, ball.triangles)
    outward = ball.vertices / np.linalg.norm(ball.vertices, axis=1, keepdims=True)
    assert ((normals * outward).sum(1)[:200] > 0.9).all()
