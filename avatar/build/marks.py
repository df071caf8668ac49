"""Which vertices of the assembled head matter to what: joints, lids, and how far the cut of the bust is."""

from typing import Final

import numpy as np

from avatar.build.makehuman import Array, Indices

PARTS: Final = ("body", "left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue", "lashes")
SIDES: Final = ("left", "right")


def joint_candidates(template: Array, joints: Array, part: Indices) -> list[Indices]:
    """Return the vertices that each joint may be regressed from: skin near it, or its eyeball."""
    body = np.flatnonzero(part == 0)
    near = [body[np.argsort(np.linalg.norm(template[body] - joint, axis=1))[:3600:3]] for joint in joints[:3]]
    return near + [np.flatnonzero(part == PARTS.index(f"{side}_eye")) for side in SIDES]


def lid_guard(template: Array, joints: Array, part: Indices, blink: Array) -> Indices:
    """Return for each vertex whether it must stay outside the left (1) or right (2) eyeball, or neither (0)."""
    guard = np.zeros(len(template), int)
    for index, joint in enumerate(joints[3:]):
        eye = template[part == PARTS.index(f"{SIDES[index]}_eye")]
        radius = np.median(np.linalg.norm(eye - joint, axis=1))
        distance = np.linalg.norm(template - joint, axis=1)
        near = (distance < 1.30 * radius) & (template[:, 2] > joint[2] + 0.25 * radius)
        moved = np.linalg.norm(blink[..., index], axis=1) > 0.004
        guard[(near | moved) & (part == 0)] = index + 1
    return guard


def cut_distance(template: Array, triangles: Indices, part: Indices) -> Array:
    """Return how far each vertex [V] is from where the bust was cut off (m): the border edges below the neck."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    border = np.unique(unique[count == 1])
    border = border[(part[border] == 0) & (template[border, 1] < -0.12)]
    nearest = np.full(len(template), 1.0)
    low = np.flatnonzero(template[:, 1] < -0.08)
    nearest[low] = np.linalg.norm(template[low, None] - template[border], axis=2).min(1)
    return nearest
