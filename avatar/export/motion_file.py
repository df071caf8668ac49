"""Motion files: npz in the DualTalk data set's form, written frame by frame so that memory stays flat."""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
from numpy.typing import NDArray

from avatar.layout import EXPRESSION, EXPRESSION_NAMES, EYES_SIZE, JAW, NECK

_COLUMNS: Final = {"exp": EXPRESSION.stop, "pose": 6, "eyes": EYES_SIZE}
_COPY_BYTES: Final = 1 << 20


class MotionFile:
    """Writes exp [T, 50], pose [T, 6] (neck then jaw, rad), eyes [T, 6], fps, basis and names to an npz.

    Use as a context manager: the file appears whole at the end, or, after an error, not at all.
    """

    def __init__(self, path: Path, frames_per_second: int, basis: str) -> None:
        self._path, self._fps, self._basis = path, frames_per_second, basis
        self._parts: dict[str, IO[bytes]] = {}
        self.frames = 0

    def __enter__(self) -> Self:
        self._parts = {name: tempfile.TemporaryFile() for name in _COLUMNS}
        return self

    def write(self, motion: NDArray[np.float32], eyes: NDArray[np.float32]) -> None:
        """Add frames: motion [N, 56] and eyes [N, 6]."""
        pose = np.concatenate([motion[:, NECK], motion[:, JAW]], 1)
        for name, rows in (("exp", motion[:, EXPRESSION]), ("pose", pose), ("eyes", eyes)):
            self._parts[name].write(np.ascontiguousarray(rows, np.float32).tobytes())
        self.frames += len(motion)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        partial = self._path.with_name(self._path.name + ".part")
        try:
            if kind is None:
                self._assemble(partial)
                partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)
            for part in self._parts.values():
                part.close()

    def _assemble(self, partial: Path) -> None:
        small: dict[str, NDArray[np.generic]] = {"fps": np.array(self._fps), "basis": np.array(self._basis)}
        if self._basis == "named":
            small["names"] = np.array(EXPRESSION_NAMES)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            for name, value in small.items():
                with archive.open(f"{name}.npy", "w") as out:
                    np.lib.format.write_array(out, value, allow_pickle=False)
            for name, columns in _COLUMNS.items():
                header = {"descr": "<f4", "fortran_order": False, "shape": (self.frames, columns)}
                with archive.open(f"{name}.npy", "w", force_zip64=True) as out:
                    np.lib.format.write_array_header_1_0(out, header)
                    out.writelines(_pieces(self._parts[name]))


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    part.seek(0)
    while piece := part.read(_COPY_BYTES):
        yield piece
