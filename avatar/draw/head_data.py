"""What the graphics need of a head, worked out on the processor: pictures, meshes split at seams, fields.

Anybody may call `prepared` beforehand, on any thread: what it returned lately is kept, and drawing then begins sooner.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.draw.picture_file import read_picture
from avatar.draw.programs import EYE, HAIR, LASH, MOUTH, SKIN, TEAR, TONGUE
from avatar.rig import skinning
from avatar.rig.head import PARTS, Head, HeadModel, Look
from avatar.rig.head_file import read_hair

FIELD_ROW: Final = 1024  # vertices in a row of the field textures
_LEAST_MOVE: Final = 1e-5  # m
_NO_VERTEX: Final = -1
VERTEX: Final = np.dtype(
    [("place", "3f4"), ("normal", "3f4"), ("uv", "2f4"), ("weights", "4f4"), ("details", "4f4"), ("vertex_index", "i4")]
)
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Fields:
    """A model's fields as textures [K, rows, 1024, 4] of half floats: of places, of normals; moved [V]: by any of them."""

    places: NDArray[np.float16]
    turns: NDArray[np.float16]
    moved: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Surface:
    """What is drawn at once: its kind (of `avatar.draw.programs.KINDS`), vertex records, triangles [T, 3], and its picture."""

    kind: int
    vertices: NDArray[np.void]
    triangles: NDArray[np.int32]
    picture: Path


@dataclass(frozen=True, eq=False)
class PreparedHead:
    """A head's surfaces, and pictures by file, bottom row first."""

    surfaces: tuple[Surface, ...]
    pictures: dict[Path, Pixels]
    wrinkles: Path


@lru_cache(maxsize=3)
def prepared_fields(model: HeadModel) -> Fields:
    """Return the fields of a model, which all its people share."""
    places = np.concatenate([model.expressiondirs, model.lid_directions, model.pose_directions], -1)
    turns = np.concatenate([model.normal_directions, np.zeros_like(model.pose_directions)], -1)
    return Fields(_packed(places), _packed(turns), np.abs(places).max((1, 2)) > _LEAST_MOVE)


def _packed(fields: NDArray[np.float32]) -> NDArray[np.float16]:
    rows = -(-len(fields) // FIELD_ROW)
    packed = np.zeros((fields.shape[-1], rows * FIELD_ROW, 4), np.float16)
    packed[:, : len(fields), :3] = fields.transpose(2, 0, 1)
    return packed.reshape(len(packed), rows, FIELD_ROW, 4)


@lru_cache(maxsize=2)
def prepared(head: Head) -> PreparedHead:
    """Return all that the graphics need of a head; raise ValueError or OSError where a file of it is damaged."""
    model, look = head.model, head.look
    shaped, shared = model.shaped(look.identity), look.folder.parent
    normals, moved = skinning.vertex_normals(shaped, model.f), prepared_fields(model).moved
    owner = model.part[model.f[:, 0]]
    groups = (
        (SKIN, look.folder / "skin.webp", ("body",)), (EYE, look.folder / "eye.webp", ("left_eye", "right_eye")),
        (MOUTH, shared / "mouth.webp", ("upper_teeth", "lower_teeth")), (TONGUE, shared / "tongue.webp", ("tongue",)),
        (LASH, shared / "lashes.webp", ("lashes",)),
    )  # fmt: skip
    surfaces: list[Surface] = []
    for kind, picture, parts in groups:
        chosen = np.isin(owner, [PARTS.index(part) for part in parts])
        if not chosen.any():
            continue  # a head may have no teeth
        vertices, triangles = _split(model, shaped, normals, moved, chosen)
        surfaces.append(Surface(kind, vertices, triangles, picture))
        if kind == LASH:
            surfaces.append(Surface(TEAR, *_tear_line(vertices), picture))
    if look.hair and (look.folder / "hair.npz").exists():
        surfaces.append(Surface(HAIR, *_hair(look), look.folder / "hair.webp"))
    wrinkles = shared / "wrinkles.webp"
    pictures = {path: _pixels(path) for path in {wrinkles, *(surface.picture for surface in surfaces)}}
    return PreparedHead(tuple(surfaces), pictures, wrinkles)


def _pixels(path: Path) -> Pixels:
    return np.ascontiguousarray(np.asarray(read_picture(path, "RGBA"))[::-1])


def _hair(look: Look) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    stored = read_hair(look.folder)
    places, triangles = np.asarray(stored["vertices"], np.float32), np.asarray(stored["triangles"], np.int32)
    normals = skinning.vertex_normals(places, triangles)
    vertex, place, index = _pairs(triangles.ravel(), np.asarray(stored["uv_triangles"], np.int32).ravel())
    data = np.zeros(len(vertex), VERTEX)
    data["place"], data["normal"] = places[vertex], normals[vertex]
    data["uv"] = np.asarray(stored["uv"], np.float32)[place]
    data["weights"][:, 0] = 1.0
    data["details"][:, :2], data["details"][:, 3] = 1.0, np.asarray(stored["rise"], np.float32)[vertex]
    data["vertex_index"] = _NO_VERTEX
    return data, index.reshape(-1, 3).astype(np.int32)


def _pairs(
    vertices: NDArray[np.int32], places: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the different (vertex, texture place) pairs of corners [C], and which of them each corner is."""
    key, index = np.unique(vertices.astype(np.int64) << 32 | places, return_inverse=True)
    return key >> 32, key & 0xFFFFFFFF, index


def _split(
    model: HeadModel, shaped: NDArray[np.float32], normals: NDArray[np.floating], moved: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
) -> tuple[NDArray[np.void], NDArray[np.int32]]:  # fmt: skip
    """Return vertex records, one for each (vertex, texture place) pair of the chosen triangles, and the triangles."""
    vertex, place, index = _pairs(model.f[chosen].ravel(), model.uv_f[chosen].ravel())
    data = np.zeros(len(vertex), VERTEX)
    data["place"], data["normal"], data["uv"] = shaped[vertex], normals[vertex], model.uv[place]
    data["weights"] = model.weights[vertex, 1:]
    data["details"][:, :2], data["details"][:, 2] = model.occlusion[vertex], model.lid_guard[vertex]
    data["details"][:, 3] = model.cut_distance[vertex]
    data["vertex_index"] = np.where(moved[vertex], vertex, _NO_VERTEX)
    return data, index.reshape(-1, 3).astype(np.int32)


_TEAR_EDGES: Final = np.array(
    [[0, -0.0002, 0.0001], [0, 0.0006, 0.0001]]
)  # m from the lid's margin, where lashes have their roots


def _tear_line(lashes: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    """Return vertex records and triangles of a ribbon along each lower lid, from the records of the lashes' strips."""
    parts, triangles, count = [], [], 0
    for side in (1, -1):
        roots = lashes[(lashes["uv"][:, 1] < 1e-3) & (lashes["place"][:, 0] * side > 0)]
        roots = roots[np.argsort(roots["uv"][:, 0])]
        for edge, shift in enumerate(_TEAR_EDGES):
            ribbon = roots.copy()
            ribbon["place"] += shift.astype(np.float32)
            ribbon["normal"] = (0.0, 0.5, 0.87)
            ribbon["uv"][:, 1] = edge
            parts.append(ribbon)
        here = count + np.arange(len(roots) - 1)
        there = here + len(roots)
        triangles += [np.stack([here, here + 1, there + 1], 1), np.stack([here, there + 1, there], 1)]
        count += 2 * len(roots)
    return np.concatenate(parts), np.concatenate(triangles).astype(np.int32)
