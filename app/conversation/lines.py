"""A marked text as lines to be said: sentences with their marks and pauses."""

from dataclasses import dataclass, replace

from app.conversation.marks import PAUSE, Mark, plain_and_marks
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
    found, at = [], 0
    for sentence in sentences(plain, early):
        begin = plain.index(sentence, at) if sentence in plain[at:] else at
        end = begin + len(sentence)
        inside = [replace(mark, letter=max(mark.letter - begin, 0)) for mark in marks if at <= mark.letter <= end - 1]
        pause = sum(mark.strength for mark in inside if mark.name == PAUSE)
        found.append((sentence, tuple(mark for mark in inside if mark.name != PAUSE), pause))
        at = end
    return found
