"""Outputs written over a file on a full disk: what was there is there after, nothing lies beside it, and it is told."""

import hashlib
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from avatar.export.motion_file import MotionFile


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _kept(path: Path, write: Callable[[], object], size: int) -> str:
    """Write over a file on a full disk: it fails in words, the old one is there, and nothing besides it."""
    before, beside = _digest(path), sorted(path.parent.iterdir())
    try:
        with room(size):
            write()
    except (OSError, ValueError, RuntimeError):
        pass
    else:
        return "wrong: a disk that is full was not told"
    if not path.exists() or _digest(path) != before:
        return "lost: the file that was there"
    left = set(path.parent.iterdir()) - set(beside)
    return f"wrong: left behind {', '.join(p.name for p in left)}" if left else ""


def _motion_over(target: Path, chance: Random) -> str:
    path = target / "m.npz"
    path.write_bytes(b"what was there")

    def write() -> None:
        with MotionFile(path, 50, "named") as file:
            for _ in range(20):
                file.write(
                    np.random.default_rng(1).normal(size=(50, 56)).astype(np.float32), np.zeros((50, 6), np.float32)
                )

    return _kept(path, write, chance.choice((1, 1000, 30_000)))


def _video_over(target: Path, chance: Random) -> str:
    from avatar.export.video import VideoFile

    path = target / chance.choice(("v.mp4", "v.webm"))
    path.write_bytes(b"what was there")

    def write() -> None:
        pixels = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
        with VideoFile(path, 64, 64, 25) as file:
            for _ in range(40):
                file.picture(pixels)
                file.sound(np.zeros((2, 640), np.float32))

    return _kept(path, write, chance.choice((1, 1000, 5_000)))


def _weights_over(target: Path, chance: Random) -> str:
    from inference.dualtalk.checkpoint import convert
    from tests.tiny_dualtalk import write_checkpoint

    source, path = write_checkpoint(target / "tiny.pth"), target / "kept.safetensors"
    path.write_bytes(b"what was there")
    return _kept(path, lambda: convert(source, path), chance.choice((1, 1000, 1_000_000)))


def _flame_over(target: Path, chance: Random) -> str:
    from avatar.flame.model import import_flame
    from tests.drill.good import flame, npz

    source, path = target / "source.npz", target / "flame.npz"
    source.write_bytes(npz(flame()))
    path.write_bytes(b"what was there")
    return _kept(path, lambda: import_flame(source, path), chance.choice((1, 1000, 5000)))


def _whisper_over(target: Path, chance: Random) -> str:
    from app.session.whisper_files import keep

    source = target / "tiny.pt"
    source.write_bytes(bytes(300_000))
    kept = keep(source)
    kept.write_bytes(b"what was there")
    return _kept(kept, lambda: keep(source), chance.choice((1, 1000, 200_000)))


OVER: Final = {
    "motion over a file": _motion_over, "video over a file": _video_over, "weights over a file": _weights_over,
    "FLAME over a file": _flame_over, "Whisper over a file": _whisper_over,
}  # fmt: skip
