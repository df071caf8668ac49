"""The parts of a bundled head laid out once: which vertices are whose, for any person's shape."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from avatar.build.makehuman import (
    EYE_HELPERS,
    LOWER_TEETH_HELPERS,
    UPPER_TEETH_HELPERS,
    Array,
    Indices,
    MakeHuman,
    fit_affine,
    fit_sphere,
)
from avatar.build.marks import SIDES
from avatar.build.parts import LASH_ROWS, Piece, along_loop, eyeball, lash_piece, lashes, teeth
from avatar.build.surface import Surface, crop

_EYE_SCALE: Final = 0.985  # a trace smaller than the socket was made for


_TONGUE_REST: Final = np.array([0, -0.058, -0.050])


_FLATTER, _GROOVE = 0.32, 0.022  # share of its height that the tongue loses at its root; dm


_LID_RINGS: Final = 2  # quads from the socket's seam out to the lid margin


@dataclass(frozen=True)
class _Range:
    """Where a part's vertices lie among the coarse vertices."""

    first: int
    last: int

    @property
    def ids(self) -> Indices:
        return np.arange(self.first, self.last)


class Assembly:
    """The coarse head over MakeHuman's topology: which vertices, which triangles, and how a shape fills them."""

    def __init__(self, source: MakeHuman) -> None:
        self.source = source
        self.surface: Surface = crop(source)
        tongue_quads = source.quads[source.groups == "helper-tongue"]
        self.tongue_source, tongue_quads = np.unique(tongue_quads, return_inverse=True)
        self.tongue_quads = tongue_quads.reshape(-1, 4)
        base = source.vertices
        edge = base[UPPER_TEETH_HELPERS][:, 1].min() - 0.013
        self.eye = eyeball()
        self.teeth = {
            "upper_teeth": teeth(base[UPPER_TEETH_HELPERS], edge, upper=True),
            "lower_teeth": teeth(base[LOWER_TEETH_HELPERS], edge + 0.018, upper=False),
        }
        self.margins = {(side, upper): ids for side in SIDES for upper, ids in self._lid_margins(side).items()}
        self.lash_pieces = {key: lash_piece(self._lashes(base, *key), key[1]) for key in self.margins}
        sizes = {"body": len(self.surface.source), "tongue": len(self.tongue_source)}
        sizes |= {f"{side}_eye": len(self.eye.vertices) for side in SIDES}
        sizes |= {name: len(piece.vertices) for name, piece in self.teeth.items()}
        sizes["lashes"] = sum(len(piece.vertices) for piece in self.lash_pieces.values())
        self.ranges: dict[str, _Range] = {}
        self.count = 0
        for name, size in sizes.items():
            self.ranges[name] = _Range(self.count, self.count + size)
            self.count += size

    def _lid_margins(self, side: str) -> dict[bool, Indices]:
        """Return the body vertices along the upper and the lower lid margin, from the nose outwards."""
        head = self.surface.quads[self.surface.chart == "head"]
        ring = set(np.intersect1d(head, self.surface.quads[self.surface.chart == f"{side}_socket"]).tolist())
        seen = set(ring)
        for _ in range(_LID_RINGS):
            touching = head[np.isin(head, list(ring)).any(1)]
            neighbours: set[int] = set()
            for quad in touching.tolist():
                for k in range(4):
                    if quad[k] in ring:
                        neighbours |= {quad[k - 1], quad[(k + 1) % 4]}
            ring = neighbours - seen
            seen |= ring
        ids = np.array(sorted(ring))
        places = self.source.vertices[self.surface.source[ids]]
        outward = places[:, 0] * (1 if side == "left" else -1)
        order = np.argsort(outward)
        inner, outer = ids[order[0]], ids[order[-1]]
        slope = np.interp(outward, outward[order[[0, -1]]], places[order[[0, -1]], 1])
        between = order[1:-1]
        return {
            upper: np.r_[inner, ids[[i for i in between if (places[i, 1] > slope[i]) == upper]], outer]
            for upper in (True, False)
        }

    def _lashes(self, vertices: Array, side: str, upper: bool) -> Array:
        eye, _ = fit_sphere(vertices[EYE_HELPERS[side]])
        margin = vertices[self.surface.source[self.margins[side, upper]]]
        return lashes(margin, eye, 1.0 if side == "left" else -1.0, upper)

    def fill(self, vertices: Array) -> Array:
        """Return the coarse head [N, 3] (dm) of MakeHuman vertices [19158, 3]."""
        base = self.source.vertices
        parts = {"body": vertices[self.surface.source], "tongue": resting(vertices[self.tongue_source])}
        for side in SIDES:
            centre, radius = fit_sphere(vertices[EYE_HELPERS[side]])
            parts[f"{side}_eye"] = self.eye.vertices * radius * _EYE_SCALE + centre
        for name, helper in (("upper_teeth", UPPER_TEETH_HELPERS), ("lower_teeth", LOWER_TEETH_HELPERS)):
            a, matrix, b = fit_affine(base[helper], vertices[helper])
            parts[name] = (self.teeth[name].vertices - a) @ matrix + b
        parts["lashes"] = np.concatenate([self._lashes(vertices, *key) for key in self.margins])
        return np.concatenate([parts[name] for name in self.ranges])

    def field(self, displacement: Array) -> Array:
        """Return a face unit [19158, 3] on the coarse head [N, 3]: lashes turn with their lid about the eyeball."""
        result = np.zeros((self.count, 3))
        result[self.ranges["body"].ids] = displacement[self.surface.source]
        result[self.ranges["tongue"].ids] = displacement[self.tongue_source]
        rows = []
        for side, upper in self.margins:
            ids = self.surface.source[self.margins[side, upper]]
            eye, _ = fit_sphere(self.source.vertices[EYE_HELPERS[side]])
            carried = along_loop(np.concatenate([self.source.vertices[ids], displacement[ids]], 1))
            before, after = carried[:, :3] - eye, carried[:, :3] + carried[:, 3:] - eye
            strip = self.lash_pieces[side, upper].vertices.reshape(LASH_ROWS, -1, 3) - eye
            turned = _turn(before, after, strip)
            stretch = np.linalg.norm(after, axis=1) - np.linalg.norm(before, axis=1)
            outward = after / np.linalg.norm(after, axis=1, keepdims=True)
            rows.append((turned - strip + outward * stretch[:, None]).reshape(-1, 3))
        result[self.ranges["lashes"].ids] = np.concatenate(rows)
        return result

    @cached_property
    def pieces(self) -> list[tuple[str, Piece, int]]:
        """Every part but the body: name, piece, and its first coarse vertex."""
        tongue = self.source.vertices[self.tongue_source]
        span = np.ptp(tongue, axis=0)
        uv = ((tongue - tongue.min(0)) / span)[:, [0, 2]]
        faces = np.concatenate([self.tongue_quads[:, [0, 1, 2]], self.tongue_quads[:, [0, 2, 3]]])
        result = [("tongue", Piece(tongue, uv, faces), self.ranges["tongue"].first)]
        result += [(f"{side}_eye", self.eye, self.ranges[f"{side}_eye"].first) for side in SIDES]
        result += [(name, piece, self.ranges[name].first) for name, piece in self.teeth.items()]
        first = self.ranges["lashes"].first
        for piece in self.lash_pieces.values():
            result.append(("lashes", piece, first))
            first += len(piece.vertices)
        return result


def resting(tongue: Array) -> Array:
    """Return the tongue [T, 3] (dm) lower than MakeHuman's, with a groove along it, so that an open mouth shows its depth."""
    floor = tongue[:, 1].min()
    high = (tongue[:, 1] - floor) / np.ptp(tongue[:, 1])
    along = (tongue[:, 2] - tongue[:, 2].min()) / np.ptp(tongue[:, 2])
    groove = _GROOVE * high * np.exp(-0.5 * (tongue[:, 0] / 0.035) ** 2) * (0.3 + 0.7 * along)
    lowered = floor + (tongue[:, 1] - floor) * (1 - _FLATTER * (1 - 0.6 * along)) - groove
    rested: Array = np.stack([tongue[:, 0], lowered, tongue[:, 2]], 1) + _TONGUE_REST
    return rested


def _turn(before: Array, after: Array, points: Array) -> Array:
    """Rotate points [R, N, 3] by what takes each direction before [N, 3] to after [N, 3] (Rodrigues)."""
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (before, after))
    axis, cosine = np.cross(a, b), (a * b).sum(1)[:, None]
    along = (points * axis).sum(-1, keepdims=True)
    result: Array = points * cosine + np.cross(axis, points) + axis * along / (1 + cosine)
    return result
