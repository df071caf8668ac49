"""avatar.rig.npz: headers are read first; what is too large, or no array, is refused in words, in little memory."""

import io
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from avatar.export.motion_file import read_motion
from avatar.flame.file import read_flame_file
from avatar.flame.model import load_flame
from avatar.rig.head_file import load_model, read_hair
from avatar.rig.npz import read_arrays

ROOT = Path(__file__).resolve().parents[1]
ZEROS = bytes(1 << 22)


def bomb(path: Path, name: str, shape: tuple[int, ...], descr: str = "<f8", size: int = 1 << 30) -> Path:
    """Write an npz whose one array is `size` bytes of zeros: a megabyte on disk for each gigabyte in memory."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{name}.npy", "w", force_zip64=True) as out,
    ):
        np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": False, "shape": shape})
        for _ in range(size // len(ZEROS)):
            out.write(ZEROS)
    return path


def test_a_bomb_of_any_use_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    rows = (1 << 27) // 50
    bombs = {
        read_motion: bomb(tmp_path / "motion.npz", "exp", (rows, 50)),
        load_model: bomb(tmp_path / "model.npz", "v_template", (1 << 25, 4)),
        load_flame: bomb(tmp_path / "flame.npz", "shapedirs", (1 << 27,)),
        read_flame_file: bomb(tmp_path / "file.npz", "weights", (1 << 27,)),
    }
    (tmp_path / "hair").mkdir()
    bombs[read_hair] = bomb(tmp_path / "hair" / "hair.npz", "rise", (1 << 27,)).parent
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read, path in bombs.items():
        with pytest.raises(ValueError, match="too large"):
            read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_a_command_refuses_a_bomb_in_words(tmp_path: Path) -> None:
    path = bomb(tmp_path / "motion.npz", "exp", ((1 << 27) // 50, 50))
    voice = ROOT / "tests" / "data" / "speech" / "LJ001-0002.flac"
    words = ["render", voice, voice, "--motion", tmp_path / "out.npz", "--shape", path]
    told = subprocess.run([sys.executable, ROOT / "main.py", *words], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "too large" in told.stderr and "motion.npz" in told.stderr and "Traceback" not in told.stderr


def _entry(path: Path, header: dict[str, object], body: bytes = b"", compression: int = zipfile.ZIP_DEFLATED) -> Path:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a.npy", stream.getvalue() + body)
    return path


def test_headers_that_lie_are_told_in_words(tmp_path: Path) -> None:
    def header(descr: object, shape: tuple[int, ...]) -> dict[str, object]:
        return {"descr": descr, "fortran_order": False, "shape": shape}

    files = {
        "objects": (_entry(tmp_path / "objects.npz", header("|O", (2,)), b"\x80\x02"), "something other than numbers"),
        "text": (_entry(tmp_path / "text.npz", header("<U9", (2,))), "something other than numbers"),
        "negative": (_entry(tmp_path / "negative.npz", header("<f8", (-1, 3))), "a size that cannot be"),
        "short": (_entry(tmp_path / "short.npz", header("<f8", (10,)), b"\0" * 12), "damaged"),
        "lzma": (_entry(tmp_path / "lzma.npz", header("<f8", (1,)), b"\0" * 8, zipfile.ZIP_LZMA), "damaged, or no npz"),
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "long.npz", "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x02\x00" + (20_000).to_bytes(4, "little") + b"(" * 20_000)
    files["long"] = tmp_path / "long.npz", "damaged, or no npz"
    (tmp_path / "noise.npz").write_bytes(b"PK\x03\x04noise")
    files["noise"] = tmp_path / "noise.npz", "damaged, or no npz"
    for name, (path, words) in files.items():
        with pytest.raises(ValueError, match=words) as told:
            read_arrays(path, {"a": 100})
        assert path.name in str(told.value) and "take a whole copy" in str(told.value), name
        assert "pickle" not in str(told.value), name


def test_a_table_of_contents_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(ValueError, match="damaged, or no npz"):
        read_arrays(path, {"a": 100})
