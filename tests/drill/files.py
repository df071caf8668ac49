"""Spoiled files of every kind, each read as the program reads it."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.drill import good
from tests.drill.damage import NO_FILES, SPOILS
from tests.drill.kinds import KINDS, Kind
from tests.drill.worker import Trial

_FEW: Final = 100  # trials of a kind under which what takes seconds to make is left out
_HEAVY: Final = frozenset({"bomb", "picture bomb"})


@lru_cache(maxsize=1)
def _others() -> list[bytes]:
    """Return files of other kinds."""
    with io.BytesIO() as archive:
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("readme.txt", "hello")
        zipped = archive.getvalue()
    return [
        good.npz(good.motion()), good.sound("WAV"), good.picture("PNG"), good.SCRIPT.encode(), b"{}", b"hello\n", zipped,
        b"%PDF-1.7\n", b"\x7fELF" + bytes(100), b"<html></html>", b"version https://git-lfs.github.com/spec/v1\n",
        b"\x80\x02}q\x00.", b"null", b"[]", b"\n" * 1000, b"PK\x03\x04" + bytes(40), b"RIFF\xff\xff\xff\xffWAVE",
    ]  # fmt: skip


class _Spoiler:
    """Writes a kind's files, whole but for one."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self._kind, self._folder = kind, folder

    @cached_property
    def _whole(self) -> dict[str, bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._kind.files(self._folder)

    def write(self, target: Path, way: str, chance: Random) -> Path:
        for name, data in self._whole.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name != self._kind.spoiled:
                path.write_bytes(data)
            elif way in NO_FILES:
                NO_FILES[way](path)
            elif way in SPOILS:
                path.write_bytes(SPOILS[way](data, chance, _others()))
            else:
                path.write_bytes(self._kind.odd[way](data, chance))
        return target / self._kind.spoiled


def _read(read: Callable[[Path], object], top: Path, path: Path) -> str:
    try:
        read(path)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return ""


def _of_kind(name: str, count: int, seed: int, folder: Path) -> Iterator[Trial]:
    kind, chance = KINDS[name](), Random(f"{seed} {name}")
    ways: list[str] = [*SPOILS, *NO_FILES, *kind.odd, *kind.odd]
    ways = [way for way in ways if count >= _FEW or way not in _HEAVY]
    chance.shuffle(ways)
    spoiler = _Spoiler(kind, folder / "whole" / name.replace(" ", "_"))
    for number in range(count):
        way = ways[number % len(ways)]
        top = folder / f"trial_{name.replace(' ', '_')}_{number}"
        ready: Callable[[], Any] = partial(spoiler.write, top, way, Random(f"{seed} {name} {number}"))
        yield Trial(f"{name} {number}, {way.strip()}", top.name, ready, partial(_read, kind.read, top))


def trials(count: int, seed: int, folder: Path, kinds: Sequence[str] = ()) -> list[Trial]:
    """Return so many trials of each kind (all: none named)."""
    return [trial for name in kinds or KINDS for trial in _of_kind(name, count, seed, folder)]
