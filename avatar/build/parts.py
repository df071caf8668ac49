"""Parts that MakeHuman lacks or has too coarse: eyeballs, teeth with gums, lash strips. All by formula."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.build.makehuman import Array, Indices

# Polar angle (rad) at which the eyeball's mesh ends; the back of it is never seen.
EYE_EXTENT: Final = 0.8 * np.pi
CORNEA_ANGLE: Final = 0.44
CORNEA_BULGE: Final = 0.055
LASH_COLUMNS: Final = 25
LASH_ROWS: Final = 4


@dataclass(frozen=True)
class Piece:
    """A triangle mesh: vertices [V, 3], texture coordinates [V, 2] in 0 to 1, triangles [F, 3]."""

    vertices: Array
    uv: Array
    triangles: Indices


def eyeball(rings: int = 14, segments: int = 24) -> Piece:
    """Return a unit eyeball that looks along +z, its cornea raised, finer rings at the iris."""
    polar = np.r_[np.linspace(0, 0.62, 8)[1:], np.linspace(0.62, EYE_EXTENT, rings - 7)[1:]]
    azimuth = 2 * np.pi * np.arange(segments) / segments
    radius = 1 + CORNEA_BULGE * np.clip(1 - (polar / CORNEA_ANGLE) ** 2, 0, 1)
    ring = radius[:, None] * np.sin(polar)[:, None]
    depth = np.broadcast_to((radius * np.cos(polar))[:, None], (len(polar), segments))
    points = np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), depth], -1).reshape(-1, 3)
    reach = 0.5 * (polar / EYE_EXTENT) ** 0.8
    uv = 0.5 + reach[:, None, None] * np.stack([np.cos(azimuth), np.sin(azimuth)], -1)
    triangles = [[0, 1 + k, 1 + (k + 1) % segments] for k in range(segments)]
    for ring_index in range(len(polar) - 1):
        first = 1 + ring_index * segments
        for k in range(segments):
            a, b = first + k, first + (k + 1) % segments
            triangles += [[a, a + segments, b + segments], [a, b + segments, b]]
    return Piece(
        np.r_[[[0, 0, 1 + CORNEA_BULGE]], points],
        np.r_[[[0.5, 0.5]], uv.reshape(-1, 2)],
        np.array(triangles),
    )


# Half a jaw from the middle: width, height, depth (mm) of each crown, and its kind.
_UPPER: Final = (
    (8.6, 10.0, 5.5, "incisor"), (6.6, 8.8, 5.2, "incisor"), (7.6, 9.8, 6.5, "canine"),
    (7.0, 8.2, 8.0, "molar"), (6.8, 7.6, 8.5, "molar"), (10.0, 7.0, 10.0, "molar"),
)  # fmt: skip
_LOWER: Final = (
    (5.4, 8.6, 5.0, "incisor"), (5.9, 9.0, 5.0, "incisor"), (6.9, 10.2, 6.2, "canine"),
    (7.0, 8.4, 7.5, "molar"), (7.1, 7.8, 8.0, "molar"), (10.6, 7.0, 10.0, "molar"),
)  # fmt: skip
_CROWN_RINGS, _CROWN_SEGMENTS = 6, 8
_TAPER: Final = {"incisor": 0.62, "canine": 0.40, "molar": 0.12}


def _crown(width: float, height: float, depth: float, kind: str) -> tuple[Array, Indices]:
    """A superellipse swept from neck (y = 0) to edge (y = -height)."""
    angle = 2 * np.pi * np.arange(_CROWN_SEGMENTS) / _CROWN_SEGMENTS
    x, z = (np.sign(f(angle)) * np.abs(f(angle)) ** 0.62 for f in (np.cos, np.sin))
    points = []
    for ring in range(_CROWN_RINGS):
        t = ring / (_CROWN_RINGS - 1)
        last = ring == _CROWN_RINGS - 1
        wide = (0.80 + 0.20 * np.sin(min(t, 0.75) / 0.75 * np.pi / 2)) * (0.86 if last else 1)
        deep = (1 - _TAPER[kind] * t) * (0.62 if last else 1)
        y = np.full(_CROWN_SEGMENTS, -height * t)
        if kind == "canine" and ring >= _CROWN_RINGS - 2:
            y = y - 0.10 * height * (1 - np.abs(x)) * (1 if last else 0.4)
        points.append(np.stack([x * width / 2 * wide, y, z * depth / 2 * deep], 1))
    points.append(np.array([[0, -height * (0.93 if kind == "molar" else 0.97), 0]]))
    triangles = []
    for ring in range(_CROWN_RINGS - 1):
        for k in range(_CROWN_SEGMENTS):
            a, b = ring * _CROWN_SEGMENTS + k, ring * _CROWN_SEGMENTS + (k + 1) % _CROWN_SEGMENTS
            triangles += [[a, b, b + _CROWN_SEGMENTS], [a, b + _CROWN_SEGMENTS, a + _CROWN_SEGMENTS]]
    rim, tip = (_CROWN_RINGS - 1) * _CROWN_SEGMENTS, _CROWN_RINGS * _CROWN_SEGMENTS
    triangles += [[rim + k, rim + (k + 1) % _CROWN_SEGMENTS, tip] for k in range(_CROWN_SEGMENTS)]
    return np.concatenate(points), np.array(triangles)


class _Arch:
    """The dental arch as a superellipse through the helper strip, by arc length from the middle."""

    def __init__(self, strip: Array) -> None:
        half, front, back = np.abs(strip[:, 0]).max() - 0.015, strip[:, 2].max() - 0.012, strip[:, 2].min()
        depth = (front - back) * 1.12
        t = np.linspace(0, np.pi / 2, 4000)
        self.half, self.back = half, front - depth
        self.x = half * np.sin(t) ** (2 / 2.4)
        self.z = self.back + depth * np.cos(t) ** (2 / 2.2)
        self.length = np.r_[0, np.cumsum(np.hypot(np.diff(self.x), np.diff(self.z)))]

    def at(self, s: float) -> tuple[Array, Array, Array]:
        """Return point, tangent and outward normal, each (x, z), at arc length s."""
        s = min(s, self.length[-1] - 2e-3)
        point, ahead = (
            np.array([np.interp(q, self.length, self.x), np.interp(q, self.length, self.z)]) for q in (s, s + 1e-3)
        )
        tangent = (ahead - point) / np.linalg.norm(ahead - point)
        normal = np.array([-tangent[1], tangent[0]])
        if normal @ (point - [0, self.back]) < 0:
            normal = -normal
        return point, tangent, normal


def teeth(strip: Array, edge: float, upper: bool) -> Piece:
    """Return crowns and gums along the arch of a helper strip [N, 3]; `edge` is the height of the cutting edges (dm)."""
    sizes = _UPPER if upper else _LOWER
    arch = _Arch(strip)
    scale = min(0.0098, 0.97 * arch.length[-1] / sum(size[0] for size in sizes))
    up = 1.0 if upper else -1.0
    vertices, uv, triangles, count, s = [], [], [], 0, 0.0
    for width, height, depth, kind in sizes:
        crown, faces = _crown(width * scale * 0.985, height * 0.0098, depth * 0.0095, kind)
        point, tangent, normal = arch.at(s + width * scale / 2)
        s += width * scale
        crown[:, 1] *= up
        inward = point - normal * depth * 0.0095 / 2
        neck = edge + up * height * 0.0098 + 0.02 * (point[0] / arch.half) ** 2
        around = 0.25 + 0.2 * np.arctan2(crown[:, 2], crown[:, 0]) / np.pi
        along = 0.55 + 0.4 * np.abs(crown[:, 1]) / (height * 0.0098)
        flat = crown[:, :1] * tangent + crown[:, 2:] * normal + inward
        for side in (1.0, -1.0):
            vertices.append(np.stack([side * flat[:, 0], neck + crown[:, 1], flat[:, 1]], 1))
            uv.append(np.stack([around, along], 1))
            triangles.append((faces if side * up > 0 else faces[:, ::-1]) + count)
            count += len(crown)
    gum = _gum(arch, sizes, scale, s, edge, up)
    return Piece(
        np.concatenate([*vertices, gum.vertices]),
        np.concatenate([*uv, gum.uv]),
        np.concatenate([*triangles, gum.triangles + count]),
    )


_GUM_PROFILE: Final = (  # (outward, away from the crowns) in dm; negative outward goes on behind the teeth
    (0.000, 0.0), (0.012, 0.03), (0.012, 0.09), (0.0, 0.16), (-0.5, 0.18), (-1.0, 0.14), (-1.14, 0.08),
    (-1.10, 0.02), (-0.92, 0.0),
)  # fmt: skip


def _gum(
    arch: _Arch, sizes: tuple[tuple[float, float, float, str], ...], scale: float, reach: float, edge: float, up: float
) -> Piece:
    bounds = np.cumsum([0.0] + [size[0] * scale for size in sizes])
    middles = (bounds[1:] + bounds[:-1]) / 2
    steps = np.linspace(-reach * 1.01, reach * 1.01, 41)
    vertices, uv = [], []
    for s in steps:
        point, _, normal = arch.at(abs(s))
        height = np.interp(abs(s), middles, [size[1] * 0.0098 for size in sizes])
        depth = np.interp(abs(s), middles, [size[2] * 0.0095 for size in sizes])
        papilla = 0.010 * np.clip(1 - np.abs(bounds - abs(s)).min() / 0.022, 0, 1)
        start = edge + 0.02 * (point[0] / arch.half) ** 2 + up * (height * 0.86 - papilla * 1.6)
        for outward, away in _GUM_PROFILE:
            x, z = point + normal * (outward if outward >= 0 else outward * depth)
            vertices.append([np.copysign(x, s), start + up * away, z])
            uv.append([0.75 + 0.2 * s / reach, 0.1 + 0.35 * away / 0.2])
    rows = len(_GUM_PROFILE)
    triangles = []
    for column in range(len(steps) - 1):
        for k in range(rows - 1):
            a, c = column * rows + k, (column + 1) * rows + k
            quad = [[a, c, c + 1], [a, c + 1, a + 1]]
            triangles += quad if up > 0 else [t[::-1] for t in quad]
    return Piece(np.array(vertices), np.array(uv), np.array(triangles))


def along_loop(loop: Array) -> Array:
    """Return points [25, K] evenly along a polyline [N, K]; its first three columns are the place."""
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(loop[:, :3], axis=0), axis=1))]
    t = np.linspace(0.02, 0.98, LASH_COLUMNS) * length[-1]
    return np.stack([np.interp(t, length, loop[:, k]) for k in range(loop.shape[1])], 1)


def lashes(margin: Array, eye: Array, side: float, upper: bool) -> Array:
    """Return lash vertices [100, 3] whose roots lie along a lid margin [N, 3]; side +1 left, -1 right."""
    root = along_loop(margin)
    outward = root - eye
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    t = np.linspace(0.02, 0.98, LASH_COLUMNS)
    length = (0.072 if upper else 0.038) * np.interp(t, [0, 0.15, 0.7, 1], [0.45, 0.75, 1.0, 0.75])[:, None]
    fan = np.array([side, 0, 0]) * np.interp(t, [0, 1], [-0.25, 0.75])[:, None]
    up = np.array([0, 1.0 if upper else -1.0, 0])
    rows = [root - outward * 0.004]
    for reach, curl in ((0.42, 0.05), (0.80, 0.22), (1.0, 0.55)):
        rows.append(root + outward * 0.004 + length * (outward * reach + fan * reach * 0.6 + up * curl))
    return np.concatenate(rows)


def lash_piece(vertices: Array, upper: bool) -> Piece:
    """Return the strip with its texture: upper lashes in the upper half of the picture, lower ones below."""
    columns, rows = np.meshgrid(np.linspace(0, 1, LASH_COLUMNS), np.linspace(0, 1, LASH_ROWS))
    v = 0.502 + 0.49 * rows if upper else 0.455 * rows
    triangles = []
    for row in range(LASH_ROWS - 1):
        for k in range(LASH_COLUMNS - 1):
            a, b = row * LASH_COLUMNS + k, (row + 1) * LASH_COLUMNS + k
            triangles += [[a, a + 1, b + 1], [a, b + 1, b]]
    return Piece(vertices, np.stack([columns.ravel(), v.ravel()], 1), np.array(triangles))
