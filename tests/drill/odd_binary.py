"""Files of numbers that are well formed and lie: sizes, types, names, settings, pickles that would run."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

import numpy as np

from tests.drill.good import npz
from tests.drill.odd_text import with_another_value, with_other_keys

Odd = Callable[[bytes, Random], bytes]
_BOMB: Final = 1500 << 20  # bytes of zeros, a thousandth of that on disk
_HUGE: Final = (2**31, 2**40, 2**62)


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data)) as stored:
        return {name: stored[name] for name in stored.files}


_ARRAYS: Final[tuple[Callable[[np.ndarray], np.ndarray], ...]] = (
    lambda old: old.astype("U9"), lambda old: old.astype(complex), lambda old: old.astype(bool), lambda old: old[None],
    lambda old: old.astype(np.float64), lambda old: old.astype(">f8"), lambda old: old.T, lambda _old: np.zeros(0),
    lambda _old: np.array(3.0), lambda _old: np.array("text"), lambda old: np.zeros(max(old.size, 1), np.float32),
    lambda _old: np.zeros((1,) * 20), lambda old: np.full(old.shape, np.nan), lambda old: np.full(old.shape, np.inf),
    lambda old: np.full(old.shape, -1), lambda old: np.full(old.shape, 10**9), lambda old: np.full(old.shape, 1e38),
    lambda _old: np.array([b"\xff"]), lambda old: np.zeros(old.shape, "m8[s]"), lambda _old: np.zeros(3, "V8"),
    lambda old: np.zeros(old.shape, [("a", "f4")]), lambda old: np.concatenate([old.ravel(), old.ravel()]),
)  # fmt: skip


def _another_array(data: bytes, chance: Random) -> bytes:
    arrays = _arrays(data)
    name = chance.choice([name for name, array in arrays.items() if array.dtype.kind in "fiu"])
    arrays[name] = chance.choice(_ARRAYS)(arrays[name])
    return npz(arrays)


def _other_names(data: bytes, chance: Random) -> bytes:
    arrays = _arrays(data)
    value = arrays.pop(chance.choice(list(arrays)))
    if chance.random() < 0.5:
        arrays[chance.choice(("unknown", "a/b", "../out", "x" * 300, "é"))] = value
    return npz(arrays)


def _member(data: bytes, chance: Random, content: Callable[[zipfile.ZipFile, str], None], which: str = "") -> bytes:
    """Return a zip in which a member is written anew by a function."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        names = source.namelist()
        chosen = which or chance.choice(names)
        for name in names:
            if name == chosen:
                content(out, name)
            else:
                out.writestr(name, source.read(name))
    return target.getvalue()


def _header(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _declared(data: bytes, chance: Random) -> bytes:
    shape = chance.choice(((2**31, 3), (10**6, 3, 400), (2**62,), (2**40, 2**40), (-5, 3), (10**9,), (2**33,)))
    descr = chance.choice(("<f4", "<f8", "|O", "<U1000000", "|u1", "x"))
    return _member(data, chance, lambda out, name: out.writestr(name, _header(shape, descr) + bytes(100)))


def _odd_header(data: bytes, chance: Random) -> bytes:
    text = chance.choice((
        b"{'descr': '<f4'}", b"(" * 5000, b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        b"{'descr': '<f4', 'fortran_order': 3, 'shape': 'x'}", b"__import__('os').system('true')", b"\xff" * 50,
        b"{'descr': [('a', '<f4', (99999, 99999))], 'fortran_order': False, 'shape': (9,)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1e9,)}",
    ))  # fmt: skip
    raw = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    return _member(data, chance, lambda out, name: out.writestr(name, raw + bytes(64)))


@cache
def _with_zeros(data: bytes, which: str) -> bytes:
    """Replace a member by one and a half gigabytes of zeros, which the file really holds."""

    def zeros(out: zipfile.ZipFile, name: str) -> None:
        with out.open(name, "w", force_zip64=True) as target:
            target.write(_header((_BOMB // 4,)))
            block = bytes(1 << 24)
            for _ in range(_BOMB >> 24):
                target.write(block)

    return _member(data, Random(0), zeros, which)


def _bomb(data: bytes, chance: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return _with_zeros(data, chance.choice(source.namelist()[:3]))


NPZ: Final[dict[str, Odd]] = {
    "another array": _another_array, "another array ": _another_array, "other names": _other_names,
    "declared sizes": _declared, "odd header": _odd_header, "bomb": _bomb,
}  # fmt: skip


def _tensors_header(data: bytes) -> tuple[dict[str, Any], bytes]:
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def _with_header(header: Any, rest: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + rest


def _odd_tensors(data: bytes, chance: Random) -> bytes:
    header, rest = _tensors_header(data)
    return _with_header(chance.choice((with_another_value, with_other_keys))(header, chance), rest)


def _odd_settings(data: bytes, chance: Random) -> bytes:
    """Change what the file says of its network."""
    header, rest = _tensors_header(data)
    about = header.get("__metadata__", {})
    for name in [name for name in ("settings", "about") if name in about]:
        about[name] = json.dumps(chance.choice((with_another_value, with_other_keys))(json.loads(about[name]), chance))
    return _with_header(header, rest)


def _huge_settings(data: bytes, chance: Random) -> bytes:
    header, rest = _tensors_header(data)
    settings = json.loads(header["__metadata__"]["settings"])
    tables = [settings, *(value for value in settings.values() if isinstance(value, dict))]
    table = chance.choice([t for t in tables if any(isinstance(value, int) for value in t.values())])
    name = chance.choice([key for key, value in table.items() if isinstance(value, int)])
    table[name] = chance.choice((10**4, 10**6, 10**9, 10**15, -1, 0))
    header["__metadata__"]["settings"] = json.dumps(settings)
    return _with_header(header, rest)


def _header_size(data: bytes, chance: Random) -> bytes:
    return struct.pack("<Q", chance.choice((0, 1, 2**63, len(data) * 2, 10**8))) + data[8:]


TENSORS: Final[dict[str, Odd]] = {
    "odd tensors": _odd_tensors, "odd tensors ": _odd_tensors, "odd settings": _odd_settings,
    "huge settings": _huge_settings, "header's size": _header_size,
}  # fmt: skip


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('executed')",)


def _pickles(_data: bytes, chance: Random) -> bytes:
    return chance.choice((
        pickle.dumps(_Runs()), pickle.dumps({"v_template": _Runs()}), pickle.dumps([]), pickle.dumps({}), pickle.dumps(3),
        pickle.dumps({"v_template": None, "f": "x", "shapedirs": []}), b"(" * 200_000 + b".", b"]" * 100_000 + b".",
        b"\x80\x04]\x94" + b"]\x94a" * 50_000 + b".", b"\x80\x04\x8d" + struct.pack("<Q", chance.choice(_HUGE)) + b"x.",
        b"\x80\x04\x8e" + struct.pack("<Q", chance.choice(_HUGE)) + b"x.", b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1),
        b"\x80\x02r\xff\xff\xff\x7f.", b"\x80\x02N" + b"r\xff\xff\xff\x0f" + b".", b"I" + b"9" * 10_000 + b"\n.",
        b"\x80\x05\x96" + struct.pack("<Q", 2**33) + b".", b"cnumpy\nndarray\n(I99999999999\ntR.",
        b"c__builtin__\nbytearray\n(I4000000000\ntR.", b"cnumpy\nndarray\n((I50000\nI50000\nI1\ntS'f8'\ntR.",
        pickle.dumps({"shapedirs": bytearray(10)}), b"c__builtin__\nset\n(I5\ntR.",
    ))  # fmt: skip


PICKLE: Final[dict[str, Odd]] = {"odd pickle": _pickles, "odd pickle ": _pickles, "odd pickle  ": _pickles}
