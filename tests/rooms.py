"""Which room of the program imports which, read from the modules themselves; a room is a folder of modules."""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_COLUMN, _WIDTH = 28, 130


def _room(module: str) -> str:
    return "/".join(module.split(".")[:-1])


def _imported(path: str, modules: set[str]) -> Iterator[str]:
    """Yield the project's modules that a module imports, at its top or later."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from {name if name in modules else node.module for name in names} & modules
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & modules


def arrows(files: list[str]) -> dict[str, set[str]]:
    """Return the rooms that each room imports, itself left out. files: the program's modules, as paths."""
    modules = {path.removesuffix(".py").replace("/", "."): path for path in files}
    found: dict[str, set[str]] = {_room(module): set() for module in modules if _room(module)}
    for module, path in modules.items():
        if _room(module):
            found[_room(module)] |= {_room(each) for each in _imported(path, set(modules))} - {_room(module)}
    return found


def table(files: list[str]) -> str:
    """Return the arrows as text: a line a room, wrapped."""
    lines = []
    for room, imported in sorted(arrows(files).items()):
        words = "  ".join(sorted(imported)) or "nothing"
        later = " " * _COLUMN
        lines += textwrap.wrap(words, _WIDTH, initial_indent=f"{room:<{_COLUMN}}", subsequent_indent=later)
    return "\n".join(lines)
