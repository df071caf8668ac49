"""Arrays of npz files that anybody may have made: read without executing anything, or refused in words."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

# What numpy and zipfile raise for files that are none of theirs.
_UNREADABLE: Final = (
    ValueError, OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, TypeError, RuntimeError,
    OverflowError, MemoryError,
)  # fmt: skip


def read_arrays(
    path: Path, names: tuple[str, ...] | None = None, kind: str = "an npz of arrays", remedy: str = "take a whole copy"
) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of an npz: all, or those of `names` that it has.

    Raises FileNotFoundError, or ValueError that names the file, what kind it ought to be, and the remedy.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files if names is None or name in names}
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing: {remedy}") from error
    except _UNREADABLE as error:
        raise ValueError(f"{path} cannot be read as {kind} ({error}): {remedy}") from error
