"""Reads FLAME's files, pickles of Python 2 with chumpy objects or npz, without chumpy and without executing anything."""

import collections
import mmap
import pickle
import pickletools
from math import prod
from pathlib import Path
from typing import IO, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from avatar.rig.npz import read_arrays

VERTICES, TRIANGLES, IDENTITIES, EXPRESSIONS = 5023, 9976, 300, 100
WANTED: Final[dict[str, tuple[int, ...]]] = {
    "v_template": (VERTICES, 3), "f": (TRIANGLES, 3), "shapedirs": (VERTICES, 3, IDENTITIES + EXPRESSIONS),
    "posedirs": (VERTICES, 3, 36), "J_regressor": (5, VERTICES), "kintree_table": (2, 5), "weights": (VERTICES, 5),
}  # fmt: skip
# Numbers of each: of the body models that are taken for a head too, which is told.
MOST: Final = {name: 3 * prod(shape) for name, shape in WANTED.items()}
_REMEDY: Final = (
    "take flame2023_Open.pkl, flame2023.pkl or generic_model.pkl of FLAME 2020 from https://flame.is.tue.mpg.de"
)
_PARENTS: Final = (0, 1, 1, 1)
_DEEPEST: Final = 8  # chumpy objects inside each other
_WEIGHTS_ERROR: Final = 1e-3
_ARRAY: Final = object()  # stands for numpy's class of arrays, which, called, makes one of any size
_PLACES: Final = ("PUT", "BINPUT", "LONG_BINPUT")
Arrays = dict[str, NDArray[np.generic]]


class _Inert:
    """Stands for an object of a class that is not to be run: keeps its state, does nothing."""

    def __init__(self, *_arguments: object) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: object) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        self.state = {str(k): v for part in parts if isinstance(part, dict) for k, v in part.items()}


class _Chumpy(_Inert):
    """A chumpy object, whose value is in its state."""


class _Sparse(_Inert):
    """A scipy sparse matrix: data, indices and indptr, or data, row and col."""

    by_column = False


class _SparseColumns(_Sparse):
    by_column = True


def _reconstructed(kind: object, _base: object, _value: object) -> object:
    """Python 2's way to make an object without calling its class."""
    return kind() if isinstance(kind, type) and issubclass(kind, _Inert) else _Inert()


def _empty_array(kind: object, shape: object, code: object) -> NDArray[np.generic]:
    """numpy's way to make an array that is filled next."""
    if kind is not _ARRAY or shape != (0,) or code not in ("b", b"b"):
        raise pickle.UnpicklingError("it makes an array in an unusual way")
    return np.ndarray((0,), np.int8)


def _framed(data: object, kind: np.dtype[Any], shape: object, order: str) -> NDArray[np.generic]:
    """numpy's way to make an array of bytes since pickle's protocol 5."""
    if not isinstance(data, bytes | bytearray) or not isinstance(shape, tuple) or kind.hasobject:
        raise pickle.UnpicklingError("it makes an array in an unusual way")
    return np.frombuffer(bytes(data), kind).reshape(shape, order="F" if order == "F" else "C")


def _encoded(text: str, _codec: str = "latin1") -> bytes:
    return text.encode("latin1")


def _bytes(data: object = b"", codec: str = "latin1") -> bytearray:
    """A bytearray of what the file holds; of a number it would be as long as that says."""
    if isinstance(data, str):
        return bytearray(data, codec)
    if not isinstance(data, bytes | bytearray):
        raise pickle.UnpicklingError("it makes bytes in an unusual way")
    return bytearray(data)


def _number(kind: np.dtype[Any], data: object) -> object:
    raw = data.encode("latin1") if isinstance(data, str) else data
    if kind.hasobject or not isinstance(raw, bytes):
        raise pickle.UnpicklingError("it holds a number in an unusual way")
    return np.frombuffer(raw, kind, 1)[0]


_ALLOWED: Final[dict[tuple[str, str], Any]] = {
    ("numpy", "ndarray"): _ARRAY, ("numpy", "dtype"): np.dtype,
    ("copy_reg", "_reconstructor"): _reconstructed, ("copyreg", "_reconstructor"): _reconstructed,
    ("__builtin__", "object"): _Inert, ("builtins", "object"): _Inert,
    ("__builtin__", "set"): set, ("builtins", "set"): set,
    ("builtins", "bytearray"): _bytes,
    ("_codecs", "encode"): _encoded, ("collections", "OrderedDict"): collections.OrderedDict,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _empty_array for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _framed for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _number for core in ("core", "_core")},
}  # fmt: skip


class _Reader(pickle.Unpickler):
    """Knows numpy's arrays, and stand-ins for chumpy and scipy.sparse; anything else a pickle asks for is refused."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__(source, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle asks for by name, if it is harmless."""
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module.split(".")[0] == "chumpy":
            return _Chumpy
        if module.startswith("scipy.sparse"):
            return _SparseColumns if name.startswith("csc") else _Sparse
        raise pickle.UnpicklingError(f"it asks to run {module}.{name}, which no FLAME file does")


def _dense(value: object, depth: int = 0) -> NDArray[np.generic]:
    """Return the array that an entry stands for; raise ValueError where it stands for none."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return value
    if isinstance(value, _Sparse):
        return _scattered(value)
    if isinstance(value, _Chumpy) and depth < _DEEPEST:
        for key in ("x", "_value", "a"):
            if key in value.state:
                return _dense(value.state[key], depth + 1)
    raise ValueError("is no array of numbers")


def _scattered(matrix: _Sparse) -> NDArray[np.generic]:
    state = matrix.state
    try:
        rows, columns = (int(n) for n in state.get("_shape", state.get("shape", ())))
        if not 0 < rows * columns <= 5 * VERTICES:
            raise ValueError("is a sparse matrix of another size")
        data = np.asarray(state["data"], float)
        if "indptr" in state:
            starts, inner = np.asarray(state["indptr"], int), np.asarray(state["indices"], int)
            outer = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            row, column = (inner, outer) if matrix.by_column else (outer, inner)
        else:
            row, column = np.asarray(state["row"], int), np.asarray(state["col"], int)
        if len(row) and (min(row.min(), column.min()) < 0 or row.max() >= rows or column.max() >= columns):
            raise ValueError("names a place outside itself")
        result = np.zeros((rows, columns))
        np.add.at(result, (row, column), data)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("is no whole sparse matrix") from error
    return result


def _unpickled(source: IO[bytes]) -> object:
    """Return what a pickle holds; raise ValueError where it asks for more room than it has bytes, which would be taken."""
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        # Raises where a length is beyond the end.
        for opcode, argument, _ in pickletools.genops(cast(IO[bytes], whole)):
            if opcode.name in _PLACES and int(argument or 0) > len(whole):
                raise ValueError("it names a place that cannot be")
    return _Reader(source).load()


def _entries(path: Path) -> dict[str, object]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: check the name, or {_REMEDY}")
    try:
        with path.open("rb") as source:
            packed = source.read(4) == b"PK\x03\x04"
            source.seek(0)
            found = None if packed else _unpickled(source)
    except pickle.UnpicklingError as error:
        raise ValueError(f"{path} was not opened: {error}. {_REMEDY[0].upper()}{_REMEDY[1:]}") from error
    except Exception as error:  # a damaged pickle can raise anything
        reason = str(error) or type(error).__name__
        raise ValueError(f"{path} is damaged or no FLAME file ({reason}): {_REMEDY}") from error
    if packed:
        return dict(read_arrays(path, MOST, kind="a FLAME model", remedy=_REMEDY))
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no FLAME file, it holds no table of arrays: {_REMEDY}")
    return {str(key): value for key, value in found.items()}


def _told(name: str, shape: tuple[int, ...]) -> str:
    """Say in words what a file of another shape is, where that can be told."""
    if name == "v_template" and shape == (6890, 3):
        return "it is a body of SMPL, not a head of FLAME"
    if name == "v_template" and shape == (10475, 3):
        return "it is a body of SMPL-X, not a head of FLAME"
    wanted = WANTED[name]
    return f"its {name} is {'x'.join(map(str, shape))} where FLAME's is {'x'.join(map(str, wanted))}"


def read_flame_file(path: Path) -> Arrays:
    """Return the arrays of a FLAME file (see `WANTED`): float64, f and kintree_table whole numbers.

    Raises FileNotFoundError, or ValueError that says in words what is wrong with the file.
    """
    entries = _entries(path)
    missing = [name for name in WANTED if name not in entries]
    if missing:
        raise ValueError(f"{path} is no FLAME file, it lacks {', '.join(missing)}: {_REMEDY}")
    arrays: Arrays = {}
    for name, shape in WANTED.items():
        try:
            array = _dense(entries[name])
        except ValueError as error:
            raise ValueError(
                f"{path} is no whole FLAME file: its {name} {error}. {_REMEDY[0].upper()}{_REMEDY[1:]}"
            ) from error
        if array.shape != shape:
            raise ValueError(f"{path} is no FLAME file: {_told(name, array.shape)}. {_REMEDY[0].upper()}{_REMEDY[1:]}")
        arrays[name] = np.asarray(array, np.int64 if name in ("f", "kintree_table") else np.float64)
    _check(path, arrays)
    return arrays


def _check(path: Path, arrays: Arrays) -> None:
    wrong = ""
    if not all(np.isfinite(array).all() for array in arrays.values()):
        wrong = "it holds values that are no numbers"
    elif arrays["f"].min() < 0 or arrays["f"].max() >= VERTICES:
        wrong = "a triangle names a vertex that is not there"
    elif tuple(arrays["kintree_table"][0, 1:]) != _PARENTS:
        wrong = "its joints are not root, neck, jaw and two eyes"
    elif np.abs(np.asarray(arrays["weights"], float).sum(1) - 1).max() > _WEIGHTS_ERROR:
        wrong = "its skinning weights do not add up to 1"
    if wrong:
        raise ValueError(f"{path} is damaged: {wrong}. {_REMEDY[0].upper()}{_REMEDY[1:]}")
