"""Where commands write: never over what they read, over what is there only when asked to, and whole or not at all."""

import argparse
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# What is read of a folder that a command is given.
_READ: Final = frozenset((".wav", ".flac", ".npz", ".json", ".jsonl", ".motion", ".safetensors", ".pth", ".pt"))
_Same = tuple[int, int]  # device and number: one file, whatever its names


def add_overwrite(parser: argparse.ArgumentParser) -> None:
    """Describe what happens to an output that is there already."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace what is there under an output's name (default: it is kept)"
    )


def refusal(
    read: Iterable[Path | None], outputs: Iterable[Path | None], overwrite: bool = False, goes_on: bool = False
) -> str:
    """Return in words why outputs are not written, empty where they can be. To be asked before any work.

    read: files and folders that the command reads; goes_on: what is there is continued. None stands for none.
    """
    wanted = [path for path in outputs if path]
    if len({path.resolve() for path in wanted}) < len(wanted):
        return f"two outputs have the name {wanted[0]}: give each its own"
    files = {_same(file) for path in read if path for file in _files(path)} if wanted else set()
    for path in wanted:
        if wrong := _unfit(path):
            return wrong
        if files & {_same(place) for place in (path, _partial(path)) if place.exists()}:
            return f"{path} is what this command reads: name another output"
        if path.exists() and not goes_on and not overwrite:
            return f"{path} is there already and was kept: name another file, or add --overwrite to replace it"
    return ""


def _unfit(path: Path) -> str:
    """Say in words why no file of this name can be written."""
    folder = path.resolve().parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist: make it first"
    if path.is_dir():
        return f"{path} is a folder: name a file in it"
    if path.exists() and not path.is_file():
        return f"{path} is no file that could be replaced: name another"
    if _partial(path).is_dir():
        return f"{_partial(path)} is a folder, and in the way: name another file"
    if not os.access(folder, os.W_OK):
        return f"nothing can be written in {folder}: name another folder, or allow it"
    return ""


def _same(path: Path) -> _Same:
    found = path.stat()
    return found.st_dev, found.st_ino


def _files(path: Path) -> Iterator[Path]:
    """Yield a file, or what is read of a folder."""
    if os.path.isfile(path):  # noqa: PTH113 - unlike Path's it takes any text
        yield path
    elif os.path.isdir(path):  # noqa: PTH112
        yield from (file for file in path.rglob("*") if file.suffix in _READ and file.is_file())


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".part")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to, which takes its place at the end, or, after an error, is gone."""
    try:
        yield _partial(path)
        _partial(path).replace(path)
    finally:
        _partial(path).unlink(missing_ok=True)
