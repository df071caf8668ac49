"""The cropped body as quads with a re-packed texture atlas, refined where the face moves most."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from avatar.build.makehuman import Array, Indices, MakeHuman

_LOWEST: Final = 4.2  # crop of the bust (dm): height and half width
_WIDEST: Final = 2.05


@dataclass(frozen=True)
class Surface:
    """Quads [Q, 4] over vertices and over texture places uv [U, 2]; chart names the atlas part of each quad.

    source: the MakeHuman vertex of each vertex; mask_uv: where MakeHuman's region masks show each texture place.
    """

    quads: Indices
    texture_quads: Indices
    source: Indices
    uv: Array
    mask_uv: Array
    chart: NDArray[np.str_]


def _chart_name(low: Array, high: Array) -> str:
    if high[0] > 0.95:
        return "head"
    if high[1] > 0.9 and low[0] < 0.6:
        return "torso"
    if high[1] < 0.2:
        return "mouth"
    return "right_socket" if low[0] < 0.05 else "left_socket"


# Where each chart lies in the atlas: corner and size.
_PLACES: Final = {
    "torso": (0.004, 0.004, 0.50, 0.24), "mouth": (0.52, 0.004, 0.22, 0.24),
    "left_socket": (0.76, 0.004, 0.10, 0.14), "right_socket": (0.88, 0.004, 0.10, 0.14),
}  # fmt: skip


def _pack(name: str, unit: Array) -> Array:
    """Place chart coordinates [N, 2] in 0 to 1 in the atlas; the head's chart is turned and widened at the face."""
    if name != "head":
        x, y, width, height = _PLACES[name]
        return np.array([x, y]) + unit * [width, height]
    across = unit[:, 1] - 0.5
    across = np.sign(across) * np.abs(across) * 1.9 / (1 + 1.8 * np.abs(across))
    up = np.interp(1 - unit[:, 0], [0, 0.10, 0.55, 1.0], [0, 0.10, 0.70, 1.0])
    return np.stack([0.004 + 0.992 * (across + 0.5), 0.256 + 0.740 * up], 1)


def crop(source: MakeHuman) -> Surface:
    """Cut head, neck and bust from the base mesh, with the bag of the mouth and the eye sockets."""
    inside = (source.vertices[:, 1] > _LOWEST) & (np.abs(source.vertices[:, 0]) < _WIDEST)
    kept = (source.groups == "body") & inside[source.quads].all(1)
    quads, texture_quads = source.quads[kept], source.texture_quads[kept]
    edges = np.stack([texture_quads, np.roll(texture_quads, -1, 1)], -1).reshape(-1, 2)
    size = len(source.texture)
    graph = sparse.coo_matrix((np.ones(len(edges)), edges.T), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    places, texture_quads = np.unique(texture_quads, return_inverse=True)
    ids, quads = np.unique(quads, return_inverse=True)
    uv, names = np.zeros((len(places), 2)), np.empty(len(places), "<U12")
    for part in np.unique(component[places]):
        mine = component[places] == part
        chart = source.texture[places[mine]]
        low, high = chart.min(0), chart.max(0)
        names[mine] = _chart_name(low, high)
        uv[mine] = _pack(str(names[mine][0]), (chart - low) / (high - low))
    texture_quads = texture_quads.reshape(-1, 4)
    return Surface(quads.reshape(-1, 4), texture_quads, ids, uv, source.texture[places], names[texture_quads[:, 0]])


@dataclass(frozen=True)
class Refined:
    """Triangles over finer vertices, a stencil [V, N] that makes them of the coarse ones, and their texture places."""

    stencil: sparse.csr_matrix
    triangles: Indices
    texture_triangles: Indices
    uv: Array
    mask_uv: Array


def _mean(parts: list[dict[int, float]]) -> dict[int, float]:
    result: dict[int, float] = {}
    for part in parts:
        for vertex, weight in part.items():
            result[vertex] = result.get(vertex, 0.0) + weight / len(parts)
    return result


def _blend(parts: list[tuple[float, dict[int, float]]]) -> dict[int, float]:
    result: dict[int, float] = {}
    for share, part in parts:
        for vertex, weight in part.items():
            result[vertex] = result.get(vertex, 0.0) + share * weight
    return result


Edge = tuple[int, int]


def _edge(a: int, b: int) -> Edge:
    return (a, b) if a < b else (b, a)


class _Refiner:
    """One Catmull-Clark step on the selected quads (Catmull & Clark 1978), linear at the border of the selection."""

    def __init__(self, surface: Surface, selected: NDArray[np.bool_], vertices: int) -> None:
        self.surface, self.selected = surface, selected
        self.rows: list[dict[int, float]] = [{i: 1.0} for i in range(vertices)]
        self.faces_of: dict[int, list[int]] = {}
        self.faces_at: dict[Edge, list[int]] = {}
        for index, quad in enumerate(surface.quads.tolist()):
            for k in range(4):
                self.faces_of.setdefault(quad[k], []).append(index)
                self.faces_at.setdefault(_edge(quad[k], quad[(k + 1) % 4]), []).append(index)
        self.face_point: dict[int, int] = {}
        self.edge_point: dict[Edge, int] = {}
        self.uv = [surface.uv, surface.mask_uv]
        self.uv_rows: list[tuple[Array, Array]] = []
        self.uv_middle: dict[Edge, int] = {}

    def _add(self, row: dict[int, float]) -> int:
        self.rows.append(row)
        return len(self.rows) - 1

    def points(self) -> None:
        """Make the stencil rows of face, edge and moved vertices."""
        quads = self.surface.quads
        centre = {int(q): _mean([{int(v): 1.0} for v in quads[q]]) for q in np.flatnonzero(self.selected)}
        self.face_point = {q: self._add(row) for q, row in centre.items()}
        edges_of: dict[int, list[Edge]] = {}
        for edge, faces in self.faces_at.items():
            inside = [q for q in faces if self.selected[q]]
            ends = [{edge[0]: 1.0}, {edge[1]: 1.0}]
            for vertex in edge:
                edges_of.setdefault(vertex, []).append(edge)
            if inside:
                self.edge_point[edge] = self._add(
                    _mean(ends + [centre[q] for q in inside] if len(inside) == 2 else ends)
                )
        for vertex, faces in self.faces_of.items():
            n = len(faces)
            if all(self.selected[q] for q in faces) and n == len(edges_of[vertex]):
                middles = _mean([{a: 0.5, b: 0.5} for a, b in edges_of[vertex]])
                parts = [(1 / n, _mean([centre[q] for q in faces])), (2 / n, middles), ((n - 3) / n, {vertex: 1.0})]
                self.rows[vertex] = _blend(parts)

    def _uv_add(self, corners: list[int]) -> int:
        self.uv_rows.append((self.uv[0][corners].mean(0), self.uv[1][corners].mean(0)))
        return len(self.uv[0]) + len(self.uv_rows) - 1

    def _uv_edge(self, a: int, b: int) -> int:
        key = _edge(a, b)
        if key not in self.uv_middle:
            self.uv_middle[key] = self._uv_add([a, b])
        return self.uv_middle[key]

    def triangles(self) -> tuple[list[list[int]], list[list[int]]]:
        """Return the triangles over vertices and over texture places."""
        faces: list[list[int]] = []
        places: list[list[int]] = []
        for q, (quad, uv) in enumerate(
            zip(self.surface.quads.tolist(), self.surface.texture_quads.tolist(), strict=True)
        ):
            edges = [_edge(quad[k], quad[(k + 1) % 4]) for k in range(4)]
            if self.selected[q]:
                middle = self._uv_add(uv)
                sides = [self._uv_edge(uv[k], uv[(k + 1) % 4]) for k in range(4)]
                for k in range(4):
                    a = [quad[k], self.edge_point[edges[k]], self.face_point[q], self.edge_point[edges[k - 1]]]
                    b = [uv[k], sides[k], middle, sides[k - 1]]
                    faces += [a[:3], [a[0], a[2], a[3]]]
                    places += [b[:3], [b[0], b[2], b[3]]]
                continue
            ring: list[tuple[int, int]] = []
            for k in range(4):
                ring.append((quad[k], uv[k]))
                if edges[k] in self.edge_point:
                    ring.append((self.edge_point[edges[k]], self._uv_edge(uv[k], uv[(k + 1) % 4])))
            start = next(
                (k for k, (v, _) in enumerate(ring) if v not in quad), 0
            )  # a fan from a midpoint has no slivers
            ring = ring[start:] + ring[:start]
            for k in range(1, len(ring) - 1):
                corners = (ring[0], ring[k], ring[k + 1])
                faces.append([v for v, _ in corners])
                places.append([t for _, t in corners])
        return faces, places


def refine(surface: Surface, selected: NDArray[np.bool_], vertices: int) -> Refined:
    """Split the selected quads in four. `vertices` counts all vertices of the head, of which the body's come first."""
    work = _Refiner(surface, selected, vertices)
    work.points()
    faces, places = work.triangles()
    entries = [(i, k, w) for i, row in enumerate(work.rows) for k, w in row.items()]
    rows, columns, weights = zip(*entries, strict=True)
    stencil = sparse.csr_matrix((weights, (rows, columns)), shape=(len(work.rows), vertices))
    uv, mask = (np.concatenate([old, [row[i] for row in work.uv_rows]]) for i, old in enumerate(work.uv))
    return Refined(stencil, np.array(faces), np.array(places), uv, mask)
