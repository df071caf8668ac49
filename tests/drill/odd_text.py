"""JSON and YAML that parse, or all but parse, and say what nobody expects: other types, depth, size, references."""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

import yaml

Odd = Callable[[bytes, Random], bytes]
_VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**63, 10**400, 1.5, float("inf"), float("nan"), "", "x", "x" * 100_000, "\x00", "../../etc",
    [], {}, [[]], {"": {}}, [None] * 1000, {"a": [1, {"b": None}]}, "2026-13-45", "-", "é😀", "\u202e", [1, "2", None],
)  # fmt: skip
_DEPTHS: Final = (900, 1100, 20_000, 100_000)


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in data."""
    found: list[tuple[Any, Any]] = []
    waiting = [data]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else list(range(len(one))) if isinstance(one, list) else []
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys]
    return found


def with_another_value(data: Any, chance: Random) -> Any:
    """Return data in which one value, or all of it, is another."""
    changed = copy.deepcopy(data)
    places = _places(changed)
    if not places or chance.random() < 0.05:
        return chance.choice(_VALUES)
    for _ in range(chance.choice((1, 1, 3))):
        container, key = chance.choice(places)
        container[key] = chance.choice(_VALUES)
    return changed


def with_other_keys(data: Any, chance: Random) -> Any:
    """Return data in which one key lacks, has another name or is new."""
    changed = copy.deepcopy(data)
    tables = [one for one in [changed, *(c[k] for c, k in _places(changed))] if isinstance(one, dict) and one]
    if not tables:
        return {}
    table = chance.choice(tables)
    key = chance.choice(list(table))
    value = table.pop(key)
    if chance.random() < 0.6:
        table[chance.choice(("", "unknown", f"{key} ", f"{key}2"))] = value
    return changed


def _json(change: Callable[[Any, Random], Any]) -> Odd:
    return lambda data, chance: json.dumps(change(json.loads(data), chance)).encode()


def _yaml(change: Callable[[Any, Random], Any]) -> Odd:
    return lambda data, chance: yaml.safe_dump(change(yaml.safe_load(data), chance)).encode()


def _lines(change: Callable[[Any, Random], Any]) -> Odd:
    def changed(data: bytes, chance: Random) -> bytes:
        lines = data.decode().splitlines()
        at = chance.randrange(len(lines))
        lines[at] = json.dumps(change(json.loads(lines[at]), chance))
        return "\n".join(lines).encode() + b"\n"

    return changed


def _nested(opened: str, closed: str) -> Odd:
    def deep(_data: bytes, chance: Random) -> bytes:
        depth = chance.choice(_DEPTHS)
        return (opened * depth + closed * chance.choice((depth, 0))).encode()

    return deep


def _nested_value(data: bytes, chance: Random) -> bytes:
    """Replace the first value behind a colon by a deep one."""
    before, _, after = data.partition(b":")
    depth = chance.choice(_DEPTHS)
    return before + b": " + b"[" * depth + b"]" * depth + b"\n" + after


def _encoded(data: bytes, chance: Random) -> bytes:
    code = chance.choice(("utf-16", "utf-32", "utf-8-sig", "utf-16-be"))
    return data.decode("utf-8").encode(code)


def _indented(_data: bytes, chance: Random) -> bytes:
    """YAML that goes one deeper a line."""
    return "".join(" " * depth + "a:\n" for depth in range(chance.choice((300, 500, 1300)))).encode()


def _dashes(_data: bytes, chance: Random) -> bytes:
    return b"- " * chance.choice(_DEPTHS) + b"x\n"


def _references(_data: bytes, _chance: Random) -> bytes:
    """The billion laughs."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


def _tagged(data: bytes, chance: Random) -> bytes:
    tag = chance.choice((
        "!!python/object/apply:os.system ['true']", "!!binary '====='", "!!int abc", "!!timestamp 2026-99-99", "!!float x",
        "!unknown {}", "!!set {a, b}", "!!omap [a]", "? [a, b]\n: c", "!!null x", "0o9", "1:99:99", "<<: 3", "2026-01-01",
        "2026-02-30",
    ))  # fmt: skip
    line = tag if ":" in tag and tag[0] in "?<" else f"name: {tag}"
    return line.encode() + b"\n" + data.split(b"\n", 2)[-1]


def _twice(data: bytes, _chance: Random) -> bytes:
    return data + b"\n" + data


def _huge(data: bytes, chance: Random) -> bytes:
    return data + b"\n#" + b"x" * chance.choice((255_000, 999_000, 5_000_000))


def _surrogates(data: bytes, chance: Random) -> bytes:
    return data.replace(b'"', b'"\\ud800', chance.choice((1, 3, 7)))


def _digits(data: bytes, chance: Random) -> bytes:
    return b'{"a": ' + b"9" * chance.choice((5000, 400_000)) + b"}" + (data if chance.random() < 0.5 else b"")


_ANY: Final[dict[str, Odd]] = {
    "deep lists": _nested("[", "]"), "deep tables": _nested('{"a":', "}"), "deep value": _nested_value,
    "another encoding": _encoded, "huge": _huge, "many digits": _digits, "twice": _twice,
}  # fmt: skip
JSON: Final[dict[str, Odd]] = _ANY | {
    "another value": _json(with_another_value), "another value ": _json(with_another_value),
    "other keys": _json(with_other_keys), "half a character": _surrogates,
}  # fmt: skip
LINES: Final[dict[str, Odd]] = _ANY | {
    "another value": _lines(with_another_value), "another value ": _lines(with_another_value),
    "other keys": _lines(with_other_keys), "half a character": _surrogates,
}  # fmt: skip
YAML: Final[dict[str, Odd]] = _ANY | {
    "another value": _yaml(with_another_value), "another value ": _yaml(with_another_value),
    "other keys": _yaml(with_other_keys), "deeper a line": _indented, "dashes": _dashes, "references": _references,
    "tagged": _tagged, "tagged ": _tagged,
}  # fmt: skip
