"""Puts the bundled head together: body, eyes, teeth, tongue and lashes as one FLAME-form model over all identities."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.build.makehuman import (
    EYE_HELPERS,
    LOWER_TEETH_HELPERS,
    METRES,
    UPPER_TEETH_HELPERS,
    Array,
    Indices,
    MakeHuman,
    fit_affine,
    fit_sphere,
)
from avatar.build.marks import PARTS, SIDES, cut_distance, joint_candidates, lid_guard
from avatar.build.parts import LASH_ROWS, Piece, along_loop, eyeball, lash_piece, lashes, teeth
from avatar.build.rig import head_share, joint_places, joint_regressor, solve_jaw
from avatar.build.shapes import LID_FIELDS, expression_field, tongue_field, unit
from avatar.build.surface import Surface, crop, refine
from avatar.rig.layout import EXPRESSION_NAMES

_EYE_SCALE: Final = 0.985  # a trace smaller than the socket was made for
_TONGUE_REST: Final = np.array([0, -0.058, -0.050])
_FLATTER, _GROOVE = 0.32, 0.022  # share of its height that the tongue loses at its root; dm
_LID_RINGS: Final = 2  # quads from the socket's seam out to the lid margin
_JAW_BLOCK: Final = 9  # where the jaw's matrix starts in the pose features


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
        parts = {"body": vertices[self.surface.source], "tongue": _resting(vertices[self.tongue_source])}
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


def _resting(tongue: Array) -> Array:
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


@dataclass(frozen=True)
class Built:
    """The finished model, metres, and what painting it needs. Shapes as in `avatar.rig.head.HeadModel`."""

    arrays: dict[str, NDArray[np.generic]]
    uv: Array
    mask_uv: Array
    body_triangles: Indices
    body_texture_triangles: Indices
    identities: Array


def _region(places: Array) -> NDArray[np.bool_]:
    """Where the surface is refined: eyes, mouth, nose, by place on the mean head (m)."""
    x, y, z = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    eyes = (np.hypot(x - 0.029, (y - 0.001) * 1.25) < 0.0195) & (z > 0.012)
    mouth = (x < 0.034) & (y < -0.046) & (y > -0.092) & (z > 0.025)
    nose = (x < 0.020) & (y < -0.02) & (y > -0.06) & (z > 0.040)
    result: NDArray[np.bool_] = eyes | mouth | nose
    return result


def _weights(assembly: Assembly, share: Array) -> Array:
    """Skinning weights [N, 5]; jaw share of each MakeHuman vertex is given."""
    weights = np.zeros((assembly.count, 5))
    body = assembly.surface.source
    jaw = share[body]
    head = np.maximum(head_share(assembly.source)[body], jaw)
    weights[assembly.ranges["body"].ids, :3] = np.stack([1 - head, head - jaw, jaw], 1)
    owners = {"tongue": 2, "lower_teeth": 2, "upper_teeth": 1, "lashes": 1, "left_eye": 3, "right_eye": 4}
    for name, joint in owners.items():
        weights[assembly.ranges[name].ids, joint] = 1
    return weights


def build(source: MakeHuman, people: list[Array]) -> Built:
    """Return the model whose identities are the MakeHuman shapes `people` (dm), two or more."""
    assembly = Assembly(source)
    joints = np.array([joint_places(source, v) for v in people])
    # Origin between the eyes, 30 mm behind them, as FLAME's.
    origins = joints[:, 3:].mean(1) - [0, 0, 0.30]
    heads = np.array([assembly.fill(v) - o for v, o in zip(people, origins, strict=True)]) * METRES
    joints = (joints - origins[:, None]) * METRES
    template = heads.mean(0)
    surface = assembly.surface
    selected = _region(template[surface.quads].mean(1)) & (surface.chart == "head")
    fine = refine(surface, selected, assembly.count)

    def refined(coarse: Array) -> Array:
        flat = fine.stencil @ coarse.reshape(assembly.count, -1)
        result: Array = np.asarray(flat).reshape(-1, *coarse.shape[1:])
        return result

    jaw = solve_jaw(source)
    weights = refined(_weights(assembly, jaw.share))
    fields = [_expression(assembly, jaw.unpose, name) for name in EXPRESSION_NAMES]
    lids = [assembly.field(unit(source, name)) for name in LID_FIELDS]
    corrective = assembly.field(jaw.unpose(jaw.residual))
    corrective[assembly.ranges["lashes"].ids] = 0
    posedirs = np.zeros((len(weights), 3, 36))
    half = refined(corrective)[..., None] * METRES / (2 * np.sin(jaw.angle))
    posedirs[..., _JAW_BLOCK + 5 : _JAW_BLOCK + 6], posedirs[..., _JAW_BLOCK + 7 : _JAW_BLOCK + 8] = -half, half
    heads = np.array([refined(head) for head in heads])
    template = heads.mean(0)
    part, uv, triangles, texture_triangles = _stitch(
        assembly, fine.uv, fine.triangles, fine.texture_triangles, len(weights)
    )
    candidates = joint_candidates(template, joints.mean(0), part)
    arrays: dict[str, NDArray[np.generic]] = {
        "v_template": template.astype("f4"),
        "shapedirs": np.stack([head - template for head in heads], -1).astype("f4"),
        "expressiondirs": np.stack([refined(f) for f in fields], -1).astype("f4") * METRES,
        "lid_directions": np.stack([refined(f) for f in lids], -1).astype("f4") * METRES,
        "jaw_corrective": posedirs[..., _JAW_BLOCK + 7].astype("f4"),
        "J_regressor": joint_regressor(heads, joints, candidates).astype("f4"),
        "weights": weights.astype("f4"),
        "f": triangles.astype("u2"),
        "uv": uv.astype("f4"),
        "uv_f": texture_triangles.astype("u2"),
        "part": part.astype("u1"),
        "cut_distance": cut_distance(template, triangles, part).astype("f2"),
        "lid_guard": lid_guard(template, joints.mean(0), part, np.stack([refined(f) for f in lids[:2]], -1)).astype(
            "u1"
        ),
    }
    return Built(arrays, uv, fine.mask_uv, fine.triangles, fine.texture_triangles, heads)


def _expression(assembly: Assembly, unpose: object, name: str) -> Array:
    field = expression_field(assembly.source, name)
    if name == "mouthClose":  # authored on top of an open jaw
        field = unpose(field)  # type: ignore[operator]
    result = assembly.field(field)
    tongue = assembly.ranges["tongue"].ids
    if name.startswith("tongue") and name != "tongueOut":
        result[tongue] = tongue_field(_resting(assembly.source.vertices[assembly.tongue_source]), name)
    if name == "jawForward":
        result[assembly.ranges["lower_teeth"].ids] = field[LOWER_TEETH_HELPERS].mean(0)
    return result


def _stitch(
    assembly: Assembly, body_uv: Array, body_faces: Indices, body_texture: Indices, count: int
) -> tuple[Indices, Array, Indices, Indices]:
    """Join the body's triangles with the other parts'; return part [V], uv, triangles and texture triangles."""
    part = np.zeros(count, int)
    uv, faces, texture_faces = [body_uv], [body_faces], [body_texture]
    places = len(body_uv)
    for name, piece, first in assembly.pieces:
        part[first : first + len(piece.vertices)] = PARTS.index(name)
        faces.append(piece.triangles + first)
        texture_faces.append(piece.triangles + places)
        uv.append(piece.uv)
        places += len(piece.uv)
    return part, np.concatenate(uv), np.concatenate(faces), np.concatenate(texture_faces)
