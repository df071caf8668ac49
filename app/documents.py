"""YAML files that anybody may have made: read as data, within limits of size and depth, and checked against a schema."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

_LARGEST: Final = 256_000  # bytes
_DEEPEST: Final = 20  # lists and tables inside each other
_MOST: Final = 20_000  # entries and their ends

# Safe both; the one in C, which not every system has, is ten times as fast.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file says, as data; raise FileNotFoundError, or ValueError naming file and reason."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} is too large: at most {_LARGEST // 1000} kB are read")
    try:
        text = path.read_text(encoding="utf-8")
        refused = _refused(text)
        if not refused:
            return yaml.load(text, _LOADER)  # noqa: S506 - either is safe
    except (OSError, yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path} is no readable YAML ({_wrong(error)}): correct it there") from error
    raise ValueError(f"{path} {refused}")


def _refused(text: str) -> str:
    """Say in words why YAML is not read that would take a crash or minutes to be, empty where it is."""
    if text.startswith("%") or "\n%" in text:
        return "uses YAML directives, which are not allowed here: leave out the lines that begin with %"
    depth = 0
    for number, event in enumerate(yaml.parse(text, _LOADER)):  # as they come: what is refused is not read on
        if isinstance(event, yaml.AliasEvent):
            return "uses YAML aliases, which are not allowed here: write the text out"
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return f"is not read: it has more than {_DEEPEST} lists or tables inside each other"
        if number > _MOST:
            return f"is too large: it has more than {_MOST} entries"
    return ""


def _wrong(error: Exception) -> str:
    """Return in words, with its place, what is wrong with YAML."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark and problem:
        return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    return "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else "it holds a value that cannot be"


def read_schema(path: Path, schema: type[Any]) -> Any:
    """Return a YAML file checked against a schema; raise ValueError naming file, place and reason."""
    return checked(path, read_yaml(path), schema)


def checked(path: Path, data: Any, schema: type[Any]) -> Any:
    """Return a file's data checked against a schema; raise ValueError naming file, place and reason."""
    try:
        return TypeAdapter(schema).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ValueError(f"{path}: {_line(path, first['loc'], first['msg'])}{place}: {first['msg']}") from error


def _line(path: Path, place: Sequence[int | str], words: str) -> str:
    """Return "line N: " for a place in a YAML file, by the names and numbers that lead to it, as far as they do; where none do,
    for what the words about it quote; empty where neither is there."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, _LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        return ""
    at: Any = node
    for part in place:
        at = _child(at, part) or at
    if at is node:
        quoted = re.findall(r"'([^']+)'", words)
        lines = text.splitlines()
        number = next(
            (n for n, line in enumerate(lines, 1) if quoted and re.search(rf"\b{re.escape(quoted[-1])}\b", line)), 0
        )
        return f"line {number}: " if number else ""
    return f"line {at.start_mark.line + 1}: "


def _child(node: Any, part: int | str) -> Any:
    """Return what a name or number leads to inside a YAML node, None where it leads nowhere."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None
