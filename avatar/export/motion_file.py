"""Motion files: npz in the DualTalk data set's form, written frame by frame so that memory stays flat."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
from numpy.typing import NDArray

from avatar.flame.file import IDENTITIES
from avatar.rig.basis import FLAME
from avatar.rig.layout import DATA_SET_RATE, EXPRESSION, EXPRESSION_NAMES, EYES_SIZE, JAW, NECK
from avatar.rig.npz import read_arrays

_COLUMNS: Final = {"exp": EXPRESSION.stop, "pose": 6, "eyes": EYES_SIZE}
_MOST_FRAMES: Final = 720_000  # four hours, 50 a second
_MOST: Final = {
    "exp": _MOST_FRAMES * EXPRESSION.stop, "pose": _MOST_FRAMES * 6, "fps": 1, "shape": _MOST_FRAMES * 50,
}  # fmt: skip
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


@dataclass(frozen=True)
class MotionRead:
    """A motion file's content: motion [T, 56], frames a second, basis; FLAME's shape coefficients where it has them."""

    motion: NDArray[np.float32]
    frames_per_second: float
    basis: str
    shape: tuple[float, ...] = ()


def read_motion(path: Path) -> MotionRead:
    """Read a motion file, ours or the DualTalk data set's (25 frames/s, FLAME's basis, where it does not say).

    Raises FileNotFoundError, or ValueError that names the file and what is wrong with it.
    """
    remedy = "a motion file holds exp [T, 50] and pose [T, 6], neck then jaw"
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: check the name")
    found = read_arrays(path, _MOST, ("basis",), "a motion file", remedy)
    if "exp" not in found or "pose" not in found:
        raise ValueError(f"{path} is no motion file: {remedy}")
    expression, pose = found["exp"], found["pose"]
    frames = len(expression) if expression.ndim else 0
    if not frames or expression.shape != (frames, EXPRESSION.stop) or pose.shape != (frames, 6):
        raise ValueError(f"{path} is no motion file, exp is {expression.shape} and pose {pose.shape}: {remedy}")
    if expression.dtype.kind not in "fiu" or pose.dtype.kind not in "fiu":
        raise ValueError(f"{path} holds something other than numbers: {remedy}")
    motion = np.concatenate([expression, pose[:, 3:], pose[:, :3]], 1, dtype=np.float32, casting="unsafe")
    if not np.isfinite(motion).all():
        broken = int(np.flatnonzero(~np.isfinite(motion).all(1))[0])
        raise ValueError(f"{path} holds values that are not numbers, first in frame {broken}: export it again")
    return MotionRead(
        motion, _rate(path, found.get("fps")), str(found.get("basis", FLAME)), _shape(path, found.get("shape"))
    )


def _shape(path: Path, stored: NDArray[np.generic] | None) -> tuple[float, ...]:
    """Return the coefficients stored as [N] or, a row a frame, as [T, N]."""
    if stored is None or not stored.size:
        return ()
    if stored.dtype.kind not in "fiu" or stored.ndim not in (1, 2) or not stored.shape[-1] <= IDENTITIES:
        raise ValueError(
            f"{path} holds a shape that is none of FLAME's: it is {stored.shape}, not up to {IDENTITIES} numbers"
        )
    mean = np.asarray(stored, float).reshape(-1, stored.shape[-1]).mean(0)
    if not np.isfinite(mean).all():
        raise ValueError(f"{path} holds a shape with values that are not numbers: export it again")
    return tuple(float(value) for value in mean)


def _rate(path: Path, stored: NDArray[np.generic] | None) -> float:
    if stored is None:
        return DATA_SET_RATE
    rate = float(stored) if stored.size == 1 and stored.dtype.kind in "fiu" else 0.0
    if not 1 <= rate <= 1000:
        raise ValueError(f"{path} says no frame rate that can be: fps is {stored}")
    return rate


def at_rate(motion: NDArray[np.float32], rate: float, wanted: float) -> NDArray[np.float32]:
    """Return motion [T, 56] at another frame rate, straight between frames."""
    if rate == wanted:
        return motion
    places = np.arange(int(np.ceil(len(motion) * wanted / rate))) * rate / wanted
    before = np.minimum(places.astype(int), len(motion) - 1)
    after = np.minimum(before + 1, len(motion) - 1)
    share = (places - before)[:, None].astype(np.float32)
    return np.asarray(motion[before] + (motion[after] - motion[before]) * share, np.float32)


def of_length(motion: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Return motion cut or held to a number of frames."""
    return motion[np.minimum(np.arange(frames), len(motion) - 1)]


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    part.seek(0)
    while piece := part.read(_COPY_BYTES):
        yield piece
