"""Arrays of npz files that anybody may have made: their headers are read first, and what is too large never is.

Nothing in a file is executed, and no more memory is taken than its reader asked for.
"""

import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

_DEEPEST: Final = 4  # dimensions
_WIDEST: Final = 8  # bytes of a number
_LETTERS: Final = 200  # of a text
_DIRECTORY: Final = 1 << 20  # bytes of a zip's table of contents, which zipfile reads at once
_TAIL: Final = 22 + 65_535  # the table's place is told in the last bytes, before a comment
Arrays = dict[str, NDArray[Any]]


def read_arrays(
    path: Path, most: Mapping[str, int], texts: tuple[str, ...] = (), kind: str = "an npz of arrays",
    remedy: str = "take a whole copy",
) -> Arrays:  # fmt: skip
    """Return those arrays of an npz that are named: numbers, of each at most so many, and single texts.

    Raises FileNotFoundError, or ValueError that names the file, what kind it ought to be, and the remedy.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: {remedy}")
    limits = {**most, **dict.fromkeys(texts, 1)}
    reason = "it is damaged, or no npz"
    try:
        with path.open("rb") as source:
            _check_directory(source)
            with zipfile.ZipFile(source) as archive:
                stored = {entry.filename: entry for entry in archive.infolist()}
                found = {name: stored[f"{name}.npy"] for name in limits if f"{name}.npy" in stored}
                for name, entry in found.items():
                    reason = _too_much(name, *_header(archive, entry), limits[name], name in texts)
                    if reason:
                        raise ValueError(reason)
                reason = "it is damaged"
                return {name: _array(archive, entry) for name, entry in found.items()}
    except Exception as error:  # at a damaged file numpy, zipfile and the tokenizer behind them raise anything
        raise ValueError(f"{path} cannot be read as {kind} ({reason or 'it is damaged'}): {remedy}") from error


def shape_of(path: Path, name: str) -> tuple[int, ...]:
    """Return the shape of an array of an npz from its header alone; raise as `read_arrays` does."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: take a whole copy")
    try:
        with zipfile.ZipFile(path) as archive:
            return _header(archive, archive.getinfo(f"{name}.npy"))[0]
    except Exception as error:  # as above
        raise ValueError(f"{path} cannot be read as an npz with {name} in it: take a whole copy") from error


def _check_directory(source: IO[bytes]) -> None:
    """Raise ValueError where the zip's table of contents is larger than any that these files have."""
    size = source.seek(0, 2)
    source.seek(max(0, size - _TAIL))
    tail = source.read()
    source.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or int.from_bytes(tail[end + 12 : end + 16], "little") > _DIRECTORY or b"PK\x06\x07" in tail[:end][-20:]:
        raise ValueError("no table of contents that can be")


def _header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return an array's shape and type; raise ValueError where it says none."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("compressed in an unusual way")
    with archive.open(entry) as source:
        version = np.lib.format.read_magic(source)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(source)
    return tuple(int(size) for size in shape), kind


def _too_much(name: str, shape: tuple[int, ...], kind: np.dtype[Any], most: int, text: bool) -> str:
    """Say in words why an array is not read, empty where it is."""
    if kind.hasobject or kind.kind not in ("US" if text else "fiub"):
        return f"its {name} holds something other than {'a text' if text else 'numbers'}"
    if len(shape) > _DEEPEST or any(not 0 <= size < 2**31 for size in shape):
        return f"its {name} has a size that cannot be, {'x'.join(map(str, shape))}"
    if kind.itemsize > (4 * _LETTERS if text else _WIDEST):
        return f"its {name} is too large"
    if prod(shape) > most:
        return f"its {name} is too large, {'x'.join(map(str, shape))}: at most {most:,} numbers are read"
    return ""


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(entry) as source:
        return np.asarray(np.lib.format.read_array(source, allow_pickle=False))
