"""A marked text as lines to be said: sentences with their marks and pauses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from app.agents.marks import PAUSE, Mark, plain_and_marks
from audio_io.voices.sentences import sentences


@dataclass(frozen=True)
class Line:
    """A sentence of a reply; not_before: the sample before which it must not sound."""

    generation: int
    sentence: str
    marks: tuple[Mark, ...]
    pause: float  # s before it
    not_before: int
    murmur: bool = False


def lines_of(text: str, early: bool = False) -> list[tuple[str, tuple[Mark, ...], float]]:
    """Return (sentence, its marks, seconds of pause before it) of a marked text; what has nothing to speak is left out.

    early: the first sentence is split at a comma, so that it sounds soon.
    """
    plain, marks = plain_and_marks(text)
    pauses = [mark.letter for mark in marks if mark.name == PAUSE]
    found, at = [], 0
    for sentence in _paused(plain, sentences(plain, early), pauses):
        begin = plain.index(sentence, at) if sentence in plain[at:] else at
        end = begin + len(sentence)
        inside = [replace(mark, letter=max(mark.letter - begin, 0)) for mark in marks if at <= mark.letter <= end - 1]
        pause = sum(mark.strength for mark in inside if mark.name == PAUSE)
        found.append((sentence, tuple(mark for mark in inside if mark.name != PAUSE), pause))
        at = end
    return found


def _paused(plain: str, spoken: list[str], pauses: list[int]) -> Iterator[str]:
    """Yield sentences, cut where a pause is marked inside of one."""
    at = 0
    for sentence in spoken:
        begin = max(plain.find(sentence, at), at)
        at = begin + len(sentence)
        cuts = [begin, *(letter for letter in pauses if begin < letter < at), at]
        yield from (piece for first, last in pairwise(cuts) if re.search(r"\w", piece := plain[first:last].strip()))
