"""What a line names in braces, such as {name}, is put in."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

_NAMED: Final = re.compile(r"\{(\w+)\}")


def filled(line: str, facts: Mapping[str, str]) -> str:
    """Return a line with what it names put in, a sentence beginning with a capital; what is not known is left out."""

    def put(found: re.Match[str]) -> str:
        value = facts.get(found.group(1), "")
        begins = found.start() == 0 or line[: found.start()].rstrip().endswith((".", "?", "!", "]"))
        return value[:1].upper() + value[1:] if begins else value

    return _NAMED.sub(put, line).replace(" ,", ",").replace(" .", ".")


def names_any(line: str) -> bool:
    """Tell whether a line names anything."""
    return bool(_NAMED.search(line))


def sayable(lines: Iterable[str], facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines that name nothing but what is known."""
    return tuple(line for line in lines if all(name in facts for name in _NAMED.findall(line)))
