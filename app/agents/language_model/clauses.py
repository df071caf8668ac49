"""A streamed text cut into what can be spoken, and checked: it has to be language, and hold no key."""

import re
from collections.abc import Iterator
from typing import Final

from app.agents.language_model.server import ServerError

_LONGEST_CLAUSE: Final = 200  # letters, as of a sentence that is spoken
_CLAUSE: Final = re.compile(r"[.!?…](?:[\"')\]]*)\s|[,;:—]\s|\n")
_SENTENCE: Final = re.compile(r"[.!?…](?:[\"')\]]*)\s|\n")
_SHORTEST_CLAUSE: Final = 18
_READABLE: Final = 0.6  # share of letters and spaces under which text is garbage


def clauses(pieces: Iterator[str]) -> Iterator[str]:
    """Join streamed pieces into what can be spoken: the first clause as soon as it is there, then whole sentences.

    None is longer than 200 letters; one that would be is cut at a blank. What waits is never longer than twice that, so
    that the time grows with the text alone, however it is cut.
    """
    waiting, first = "", True
    for piece in pieces:
        for start in range(0, len(piece), _LONGEST_CLAUSE):
            waiting += piece[start : start + _LONGEST_CLAUSE]
            while (cut := _cut(waiting, first)) is not None:
                clause, waiting = waiting[:cut].strip(), waiting[cut:]
                if clause:
                    yield clause
                    first = False
    if waiting.strip():
        yield waiting.strip()


def _cut(text: str, first: bool) -> int | None:
    for found in (_CLAUSE if first else _SENTENCE).finditer(text, 0, _LONGEST_CLAUSE):
        sentence = text[found.start()] in ".!?…\n"
        if sentence or len(text[: found.start()].strip()) >= _SHORTEST_CLAUSE:
            return found.end()
    if len(text) <= _LONGEST_CLAUSE:
        return None
    blank = text.rfind(" ", 1, _LONGEST_CLAUSE)
    return blank if blank > 0 else _LONGEST_CLAUSE


def checked(text: str, key: str) -> str:
    """Return text without characters that do not show; raise ServerError where it is no language, or holds our key."""
    printable = sum(character.isalpha() or character.isspace() for character in text)
    if len(text) > 12 and printable < _READABLE * len(text):
        raise ServerError("it sent garbage")
    if any(ord(character) < 32 and character not in "\n\t\r" for character in text) or "�" in text:
        raise ServerError("it sent garbage")
    if key and key in text:
        raise ServerError("it sent its key back")
    return "".join(character for character in text if character.isprintable() or character.isspace())
