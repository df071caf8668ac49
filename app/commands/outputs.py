"""Where commands write: never over what they read, over what is there only when asked to, and whole or not at all."""

import argparse
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_OUTPUTS: Final = ("output", "motion")  # the options that name what is written; any other file is read
# What is read of a folder that a command is given.
_READ: Final = frozenset((".wav", ".flac", ".npz", ".json", ".jsonl", ".motion", ".safetensors", ".pth", ".pt"))
_Same = tuple[int, int]  # device and number: one file, whatever its names


def add_overwrite(parser: argparse.ArgumentParser) -> None:
    """Describe what happens to an output that is there already."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace what is there under an output's name (default: it is kept)"
    )


def refusal(options: argparse.Namespace, *outputs: Path | None, goes_on: bool = False) -> str:
    """Return in words why outputs are not written, empty where they can be. To be asked before any work.

    options: of the command, of which every file that is no output is read; goes_on: what is there is continued.
    """
    wanted = [path for path in outputs if path]
    if len({path.resolve() for path in wanted}) < len(wanted):
        return f"two outputs have the name {wanted[0]}: give each its own"
    for path in wanted:
        wrong = _unfit(path) or _read_too(path, options)
        if wrong:
            return wrong
        if path.exists() and not goes_on and not options.overwrite:
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


def _read_too(path: Path, options: argparse.Namespace) -> str:
    """Say in words whether a file, or what it is put together in, is read by the command, under whatever name."""
    places = {_same(place) for place in (path, _partial(path)) if place.exists()}
    read = (value for name, value in vars(options).items() if name not in _OUTPUTS)
    if places and any(_same(file) in places for file in _files(read)):
        return f"{path} is what this command reads: name another output"
    return ""


def _same(path: Path) -> _Same:
    found = path.stat()
    return found.st_dev, found.st_ino


def _files(values: Iterable[Any]) -> Iterator[Path]:
    """Yield the files that options name: themselves, in lists, or as the source of what was read from them."""
    for value in values:
        if isinstance(value, str | Path):
            path = Path(value)
            if os.path.isfile(path):  # noqa: PTH113 - unlike Path's it takes any text
                yield path
            elif os.path.isdir(path):  # noqa: PTH112
                yield from (file for file in path.rglob("*") if file.suffix in _READ and file.is_file())
        else:
            source = getattr(value, "source", None)
            yield from _files([source] if source else value if isinstance(value, list | tuple) else [])


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
