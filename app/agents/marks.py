"""Marks such as [smile], [nod] or [pause 0.8] in an agent's text: found, and taken out of what is spoken."""

import re
from dataclasses import dataclass
from typing import Final

from avatar.life.affect import AFFECTS

PAUSE: Final = "pause"
_MARK: Final = re.compile(r"\[([^\[\]]*)\]")
_ASIDE: Final = re.compile(r"(?<!\w)\*[^*\n]{1,60}\*(?!\w)|<[^<>\n]{1,60}>")
_UNSPEAKABLE: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")
_LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True)
class Mark:
    """A mark: which, how strong (0 to 1; seconds for a pause), and before which letter of the plain text."""

    name: str
    strength: float
    letter: int


def plain_and_marks(text: str) -> tuple[str, tuple[Mark, ...]]:
    """Return text as it is spoken, and its marks; brackets that are no mark, *stage directions* and pictures are dropped."""
    text = _UNSPEAKABLE.sub("", _ASIDE.sub("", text))
    plain, marks, at = "", [], 0
    for found in _MARK.finditer(text):
        plain = _joined(plain, text[at : found.start()])
        mark = _parsed(found.group(1), len(plain))
        marks += [mark] if mark else []
        at = found.end()
    return _joined(plain, text[at:]).rstrip(), tuple(marks)


def _joined(before: str, after: str) -> str:
    after = re.sub(r"\s+", " ", after)
    return before + (after.lstrip() if not before or before.endswith(" ") else after)


def _parsed(inside: str, letter: int) -> Mark | None:
    """Return the mark that brackets hold, None where they hold none."""
    words = inside.lower().split()
    if not words or len(words) > 2 or words[0] not in (*AFFECTS, PAUSE):
        return None
    try:
        strength = float(words[1]) if len(words) == 2 else 1.0
    except ValueError:
        return None
    return Mark(words[0], min(max(strength, 0.0), _LONGEST_PAUSE if words[0] == PAUSE else 1.0), letter)
