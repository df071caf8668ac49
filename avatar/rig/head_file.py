"""A head's files: the model, its hair and who somebody of it is, read with checks."""

import json
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.head import LID_FIELDS, HeadModel, Look
from avatar.rig.layout import EXPRESSION
from avatar.rig.npz import read_arrays

Array = NDArray[np.float32]


_LONGEST_LOOK: Final = 64_000  # bytes
_MOST: Final = {"V": 100_000, "U": 200_000, "F": 200_000, "P": 64}  # vertices, texture places, triangles, people


_SHAPES: Final[dict[str, tuple[str | int, ...]]] = {
    "v_template": ("V", 3), "shapedirs": ("V", 3, "P"), "shapedirs_scale": ("P",), "expressiondirs": ("V", 3, 50),
    "expressiondirs_scale": (50,), "lid_directions": ("V", 3, LID_FIELDS), "lid_directions_scale": (LID_FIELDS,),
    "jaw_corrective": ("V", 3), "J_regressor": (5, "V"), "weights": ("V", 5), "f": ("F", 3), "uv": ("U", 2),
    "uv_f": ("F", 3), "part": ("V",), "lid_guard": ("V",), "normal_directions": ("V", 3, 50 + LID_FIELDS),
    "normal_directions_scale": (50 + LID_FIELDS,), "cut_distance": ("V",), "occlusion_shut": ("V",), "occlusion_open": ("V",),
}  # fmt: skip


def _most(shape: tuple[str | int, ...]) -> int:
    return prod(_MOST[size] if isinstance(size, str) else size for size in shape)


def _check(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    sizes: dict[str, int] = {}
    for name, shape in _SHAPES.items():
        if name not in arrays:
            raise ValueError(f"{path} is no head model: it lacks {name}. Take a whole copy of resources/heads")
        array = arrays[name]
        expected = tuple(
            sizes.setdefault(d, n) if isinstance(d, str) else d for d, n in zip(shape, array.shape, strict=False)
        )
        if array.shape != expected or array.ndim != len(shape):
            raise ValueError(f"{path} is no head model: {name} is {array.shape}, not {shape}")
        if array.dtype.kind not in "fiu" or (array.dtype.kind == "f" and not np.isfinite(array).all()):
            raise ValueError(f"{path} is damaged: {name} holds something other than finite numbers")
    for triangles, places in (("f", "V"), ("uv_f", "U")):
        _check_triangles(path, arrays[triangles], sizes[places])


def _check_triangles(path: Path, triangles: NDArray[np.generic], places: int) -> None:
    numbers = np.asarray(triangles, np.int64)
    if numbers.ndim != 2 or numbers.shape[1] != 3 or not len(numbers) or numbers.min() < 0 or numbers.max() >= places:
        raise ValueError(f"{path} is damaged: a triangle names a vertex that is not there")


def load_model(path: Path) -> HeadModel:
    """Read a head model; raise ValueError naming the file and what is wrong with it."""
    arrays = read_arrays(path, {name: _most(shape) for name, shape in _SHAPES.items()})
    _check(path, arrays)

    def field(name: str) -> Array:
        return np.asarray(arrays[name], np.float32) * np.asarray(arrays[f"{name}_scale"], np.float32)

    def plain(name: str) -> Array:
        return np.asarray(arrays[name], np.float32)

    def whole(name: str) -> NDArray[np.int32]:
        return np.asarray(arrays[name], np.int32)

    occlusion = np.stack([plain("occlusion_shut"), plain("occlusion_open")], 1) / np.float32(255)
    # The jaw's corrective goes with the sine of its pitch, which is in two entries of its rotation matrix.
    jaw_basis = np.zeros((36, 1), np.float32)
    jaw_basis[[14, 16], 0] = -1, 1
    return HeadModel(
        plain("v_template"), field("shapedirs"), field("expressiondirs"), field("lid_directions"),
        plain("jaw_corrective")[..., None], jaw_basis, plain("J_regressor"), plain("weights"), whole("f"), plain("uv"),
        whole("uv_f"),
        whole("part"), whole("lid_guard"), field("normal_directions"), occlusion, plain("cut_distance"),
        np.zeros((5, 3, EXPRESSION.stop), np.float32),
    )  # fmt: skip


def read_hair(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Read FOLDER/hair.npz: vertices [V, 3], triangles and uv_triangles [F, 3], uv [U, 2], rise [V].

    Raises FileNotFoundError, or ValueError naming the file and what is wrong with it.
    """
    path = folder / "hair.npz"
    wanted = {"vertices": 2, "uv": 2, "rise": 1, "triangles": 2, "uv_triangles": 2}
    arrays = read_arrays(path, dict.fromkeys(wanted, 3 * _MOST["F"]))
    for name, dimensions in wanted.items():
        array = arrays.get(name)
        if array is None or array.ndim != dimensions or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ValueError(f"{path} holds no hair ({name}): take a whole copy of resources/heads")
    vertices, uv = arrays["vertices"], arrays["uv"]
    if vertices.shape[1] != 3 or uv.shape[1] != 2 or len(arrays["rise"]) != len(vertices):
        raise ValueError(f"{path} holds no hair (its parts do not fit): take a whole copy of resources/heads")
    _check_triangles(path, arrays["triangles"], len(vertices))
    _check_triangles(path, arrays["uv_triangles"], len(uv))
    if arrays["triangles"].shape != arrays["uv_triangles"].shape:
        raise ValueError(f"{path} holds no hair (its triangles do not fit): take a whole copy of resources/heads")
    return arrays


def load_look(folder: Path) -> Look:
    """Read FOLDER/look.json; raise ValueError naming the file where it is missing or wrong."""
    path = folder / "look.json"
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_LOOK:  # a pipe would be waited for
            raise ValueError("it is missing, too large, or no file")
        entry = json.loads(path.read_text("utf-8"))
        lashes, lines = float(entry["lash_strength"]), float(entry["lines"])
        if not (0 <= lashes <= 1 and 0 <= lines <= 1):
            raise ValueError(f"lash_strength and lines are 0 to 1, not {lashes} and {lines}")
        return Look(str(entry["name"]), int(entry["identity"]), lashes, folder, lines)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path} describes no head ({error}): take a whole copy of resources/heads") from error
