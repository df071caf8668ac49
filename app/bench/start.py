"""From the start of the process to the first frame on screen, with the disk's cache cold and warm."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from PIL import ImageGrab

from app.bench.options import BenchOptions, progress
from app.bench.virtual import virtual_screen, virtual_sound

_ROOT: Final = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.02
_SKIN_SHARE: Final = 0.01  # of the screen that is skin-coloured once a head is drawn
_WARM_RUNS, _QUICK_WARM_RUNS = 3, 1
_BARE: Final = "import torch, PySide6.QtWidgets, moderngl"


def head_is_drawn(display: str) -> bool:
    """Tell whether a face's skin is on the screen."""
    pixels = np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB"), np.int16)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return bool(((red > 110) & (red > green + 15) & (green > blue)).mean() > _SKIN_SHARE)


@contextmanager
def program(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the program until the end of the block, as if nothing had been chosen or imported before."""
    with TemporaryDirectory(prefix="dualtalk-start-") as kept:
        command = [sys.executable, str(_ROOT / "main.py"), *arguments]
        process = subprocess.Popen(command, cwd=_ROOT, env=os.environ | {"XDG_DATA_HOME": kept})
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _once(display: str) -> float:
    started = time.monotonic()
    with program() as process:
        while not head_is_drawn(display):
            if process.poll() is not None or time.monotonic() - started > _PATIENCE_SECONDS:
                raise RuntimeError("the window showed no head: run ./run doctor to see what is missing")
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - started


def _forget_cached_files() -> None:
    """Ask the system to drop the program's files from its cache."""
    for folder in (Path(sys.prefix), _ROOT / "resources", _ROOT / "app", _ROOT / "avatar"):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                descriptor = os.open(path, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def _imports() -> float:
    """Return what a bare interpreter takes to import the large libraries (s): this machine's own bound."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", _BARE], check=True)
    return time.monotonic() - started


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return cold_s, warm_s (median of n), and import_s: a bare interpreter that imports torch, PySide6 and moderngl."""
    runs = options.count(_WARM_RUNS, _QUICK_WARM_RUNS)
    with virtual_sound(), virtual_screen() as display:
        progress("the first start, files not in the disk's cache")
        _forget_cached_files()
        cold = _once(display)
        warm = []
        for number in range(runs):
            progress("further starts", number + 1, runs)
            warm.append(_once(display))
    imported = float(np.median([_imports() for _ in range(runs)]))
    return {
        "cold_s": round(cold, 2), "warm_s": round(float(np.median(warm)), 2), "import_s": round(imported, 2), "n": runs,
    }  # fmt: skip
