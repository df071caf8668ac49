"""Hair as a shell over the scalp: opaque, so that it costs little and sorts itself; strands are in its texture."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from avatar.build.makehuman import Array, Indices
from avatar.rig.skinning import vertex_normals

# Height of the hair line above the eyes (m) by azimuth about the head (rad, 0 front, pi back).
_AZIMUTH: Final = (0, 0.45, 0.75, 0.95, 1.10, 1.25, 1.38, 1.48, 1.60, 1.75, 2.0, 2.4, np.pi)
_LINE: Final = (0.068, 0.067, 0.058, 0.046, 0.028, 0.012, -0.004, -0.012, 0.018, 0.012, -0.035, -0.058, -0.062)


_RISE: Final = 0.034  # m above the line over which hair becomes as thick as it is


@dataclass(frozen=True)
class Style:
    """Thickness on top and at the sides (m), where the strands run together, and a bun's radius (m, 0 for none)."""

    top: float
    sides: float
    pole: tuple[float, float, float]
    bun: float
    clumps: float


def above_line(places: Array, eye_height: float) -> Array:
    """Return how far places [..., 3] of the mean head lie above the hair line (m); negative is skin."""
    azimuth = np.arctan2(np.abs(places[..., 0]), places[..., 2] + 0.03)
    result: Array = places[..., 1] - eye_height - np.interp(azimuth, _AZIMUTH, _LINE)
    return result


def _subdivide(vertices: Array, triangles: Indices) -> tuple[Array, Indices]:
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1)
    unique, index = np.unique(edges, axis=0, return_inverse=True)
    middle = index.reshape(3, -1).T + len(vertices)
    a, b, c = triangles.T
    ab, bc, ca = middle.T
    finer = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))])
    return np.concatenate([vertices, vertices[unique].mean(1)]), finer


def _polar(vertices: Array, triangles: Indices, centre: Array, pole: Array) -> tuple[Array, Indices]:
    """Texture places, one a corner: around the pole (8 turns of the picture) and away from it, without a seam."""
    axis = pole / np.linalg.norm(pole)
    side = np.cross(axis, [0.31, 0.1, 0.95])
    side /= np.linalg.norm(side)
    offset = vertices - centre
    around = np.arctan2(offset @ np.cross(axis, side), offset @ side)[triangles]
    around += 2 * np.pi * ((around.max(1, keepdims=True) - around) > np.pi)
    away = np.arccos(np.clip(offset @ axis / np.linalg.norm(offset, axis=1), -1, 1))[triangles]
    uv = np.stack([around / (2 * np.pi) * 8, away / np.pi * 1.5], -1)
    return uv.reshape(-1, 2), np.arange(triangles.size).reshape(-1, 3)


def shell(
    body: Array, mean_body: Array, triangles: Indices, eye_height: float, style: Style, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Return vertices, triangles and texture of the hair over a person's body [V, 3]; the line is that of the mean head.

    Keys: vertices [H, 3], triangles [T, 3], uv [3T, 2], uv_triangles [T, 3], rise [H] (0 at the line, 1 inside).
    """
    height = above_line(mean_body, eye_height)
    ear = (np.abs(mean_body[:, 0]) > 0.0745) & (mean_body[:, 1] < eye_height + 0.02)
    covered = (height > -0.004) & ~ear & (mean_body[:, 1] > eye_height - 0.09)
    kept = triangles[covered[triangles].all(1)]
    ids, kept = np.unique(kept, return_inverse=True)
    kept = kept.reshape(-1, 3)
    both, kept = _subdivide(np.concatenate([body[ids], mean_body[ids]], 1), kept)
    places, height = both[:, :3], above_line(both[:, 3:], eye_height)
    normals = vertex_normals(places, kept)
    rng = np.random.default_rng(seed)
    centre = np.array([0, eye_height + 0.02, -0.03])
    risen = np.clip(height / _RISE, 0, 1)
    rise = risen * (2 - risen)  # at a slope: hair grows out of the line, it does not stand on it
    top = np.clip((places[:, 1] - eye_height - 0.02) / 0.07, 0, 1)
    clump = gaussian_filter1d(rng.standard_normal(256), 2, mode="wrap") * 2.2
    pole = np.array(style.pole)
    uv, uv_triangles = _polar(places, kept, centre, pole)
    angle = np.zeros(len(places))
    angle[kept.ravel()] = uv[:, 0] % 8
    thickness = rise * (style.sides + (style.top - style.sides) * top)
    thickness = np.maximum(thickness * (1 + style.clumps * np.interp(angle, np.linspace(0, 8, 256), clump)), 0.0)
    vertices = places + normals * (thickness + 0.0004)[:, None]
    parts = {"vertices": vertices, "triangles": kept, "uv": uv, "uv_triangles": uv_triangles, "rise": rise}
    if style.bun:
        parts = _with_bun(parts, style, places, eye_height)
    return parts


def _with_bun(parts: dict[str, Array], style: Style, scalp: Array, eye_height: float) -> dict[str, Array]:
    behind = scalp[(np.abs(scalp[:, 1] - eye_height - 0.035) < 0.012) & (np.abs(scalp[:, 0]) < 0.02)]
    centre = np.array([0, eye_height + 0.035, behind[:, 2].min() - 0.55 * style.bun])
    polar, azimuth = np.meshgrid(np.linspace(0, np.pi, 12), np.linspace(0, 2 * np.pi, 21), indexing="ij")
    twist = 1 + 0.05 * np.sin(5 * azimuth + 4 * polar)
    ball = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), -0.8 * np.cos(polar)], -1)
    vertices = (centre + style.bun * twist[..., None] * ball).reshape(-1, 3)
    triangles = []
    for row in range(11):
        for k in range(20):
            a, b = row * 21 + k, (row + 1) * 21 + k
            triangles += [[a, b + 1, b], [a, a + 1, b + 1]]
    uv = np.stack([azimuth / np.pi * 2 + polar, polar / np.pi], -1).reshape(-1, 2)
    first, first_uv = len(parts["vertices"]), len(parts["uv"])
    faces = np.array(triangles)
    return {
        "vertices": np.concatenate([parts["vertices"], vertices]),
        "triangles": np.concatenate([parts["triangles"], faces + first]),
        "uv": np.concatenate([parts["uv"], uv]),
        "uv_triangles": np.concatenate([parts["uv_triangles"], faces + first_uv]),
        "rise": np.concatenate([parts["rise"], np.ones(len(vertices))]),
    }


def strands(colour: tuple[int, int, int], size: int = 512, seed: int = 3) -> NDArray[np.uint8]:
    """Return a tiling picture [size, size, 4] of strands that run along v; alpha is a noise for the ragged line."""
    rng = np.random.default_rng(seed)
    fine = gaussian_filter(rng.standard_normal((size, size)), [40, 0.7], mode="wrap") * 9
    broad = gaussian_filter(rng.standard_normal((size, size)), [120, 5], mode="wrap") * 40
    shade = np.clip(1 + 0.26 * fine + 0.16 * broad, 0.35, 1.8)
    linear = (np.array(colour) / 255) ** 2.2 * shade[..., None]
    ragged = gaussian_filter(rng.standard_normal((size, size)), [12, 1.2], mode="wrap")
    ragged = np.clip(0.5 + ragged / ragged.std() * 0.22, 0, 1)
    return np.dstack([np.clip(linear, 0, 1) ** (1 / 2.2) * 255, ragged * 255]).astype(np.uint8)
