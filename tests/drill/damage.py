"""What befalls files of any kind: bytes that are cut, flipped, doubled or another file's, and paths that are no file."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

Spoil = Callable[[bytes, Random, list[bytes]], bytes]
_HEADER: Final = 64


def _truncated(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    return data[: chance.randrange(len(data))]


def _beheaded(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    return data[chance.randrange(1, min(len(data), 4096)) :]


def _flipped(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 4, 16, 64, 256))):
        spoiled[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def _flipped_early(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 2, 4))):
        spoiled[chance.randrange(min(len(data), _HEADER))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(spoiled)


def _flipped_late(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 2, 4))):
        spoiled[-1 - chance.randrange(min(len(data), 512))] = chance.randrange(256)
    return bytes(spoiled)


def _header_swapped(data: bytes, chance: Random, others: list[bytes]) -> bytes:
    size = chance.choice((4, 16, 64, 512))
    return chance.choice(others)[:size] + data[size:]


def _zeroed(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    at = chance.randrange(len(data))
    size = min(len(data) - at, chance.randrange(1, len(data) + 1))
    return data[:at] + bytes(size) + data[at + size :]


def _repeated(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    first, last = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:last] * chance.choice((1, 3)) + data[last:]


def _with_more_behind(data: bytes, chance: Random, others: list[bytes]) -> bytes:
    return data + chance.choice((bytes(4096), chance.randbytes(777), data, chance.choice(others)))


def _with_more_inside(data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.randrange(1, 100)) + data[at:]


def _another(_data: bytes, chance: Random, others: list[bytes]) -> bytes:
    return chance.choice(others)


def _noise(_data: bytes, chance: Random, _others: list[bytes]) -> bytes:
    return chance.randbytes(chance.choice((1, 40, 5000)))


def _empty(_data: bytes, _chance: Random, _others: list[bytes]) -> bytes:
    return b""


SPOILS: Final[dict[str, Spoil]] = {
    "truncated": _truncated, "beheaded": _beheaded, "flipped": _flipped, "flipped early": _flipped_early,
    "flipped late": _flipped_late, "header swapped": _header_swapped, "zeroed": _zeroed, "repeated": _repeated,
    "more behind": _with_more_behind, "more inside": _with_more_inside, "another file": _another, "noise": _noise,
    "empty": _empty,
}  # fmt: skip


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _unreadable(path: Path) -> None:
    path.symlink_to("/proc/self/mem")  # nobody, whatever their rights, reads its first byte


def _missing(_path: Path) -> None:
    return


NO_FILES: Final[dict[str, Callable[[Path], None]]] = {
    "a folder": Path.mkdir, "a link to itself": _loop, "a link to nothing": _dangling, "endless": _endless,
    "a pipe": _pipe, "unreadable": _unreadable, "missing": _missing,
}  # fmt: skip
