"""Text cut into what is spoken one after the other: sentences, the first of them earlier, so that it sounds soon."""

import re
from typing import Final

_LONGEST: Final = 200
_SHORTEST: Final = 14  # letters of a clause: it has to sound until the next one is made
_SHORT: Final = re.compile(
    r"(?i)\b(?:dr|mr|mrs|ms|prof|st|vs|approx|fig|vol|dept|jan|feb|aug|sept|oct|nov|dec|e\.\s?g|i\.\s?e)\.$|\bno\.$"
)


def sentences(text: str, early: bool = False) -> list[str]:
    """Split text into sentences to be spoken one after the other; what has nothing to speak is left out.

    A sentence of more than 200 characters is split where it pauses, or else between words. early: the first is also split at
    its first comma, where both parts are long enough to be made while the other sounds.
    """
    parts = [piece for part in _parts(text.strip()) for piece in _short(part.strip())]
    found = [piece for piece in parts if re.search(r"\w", piece)]
    return [*_clauses(found[0]), *found[1:]] if early and found else found


def _parts(text: str) -> list[str]:
    """Split at the ends of sentences, which the point of "Dr." and of "No. 5" is not."""
    parts: list[str] = []
    for part in re.split(r"(?<=[.!?…])\s+|(\n+)", text):
        short = _SHORT.search(parts[-1]) if parts and part else None
        if short and (part[0].isdigit() or not short[0].lower().startswith("no.")):
            parts[-1] += f" {part}"
        elif part:
            parts.append(part)
    return parts


def _short(sentence: str) -> list[str]:
    pieces = []
    while len(sentence) > _LONGEST:
        window = sentence[:_LONGEST]
        pause = max(window.rfind(mark) for mark in ",;:")
        cut = pause + 1 if pause > 0 else window.rfind(" ")
        cut = cut if cut > 0 else _LONGEST
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]


def _clauses(sentence: str) -> list[str]:
    for found in re.finditer(r"[,;:—]\s", sentence):
        before, after = sentence[: found.end()].strip(), sentence[found.end() :].strip()
        if len(before) >= _SHORTEST and len(after) >= _SHORTEST:
            return [before, after]
    return [sentence]
