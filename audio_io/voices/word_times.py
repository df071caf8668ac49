"""When each word of a text is spoken, from the times of its phonemes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_STRESS: Final = "ˈˌ"  # stands before its vowel
_NO_SOUND: Final = frozenset(" .,;:!?^$_" + _STRESS)


@dataclass(frozen=True)
class Phoneme:
    """One of espeak's signs, and the second from which on it sounds."""

    sign: str
    start: float


def word_times(
    text: str, phonemes: Sequence[Phoneme], alone: Callable[[str], Sequence[str]]
) -> list[tuple[float, int, int]]:
    """Return (s, first letter, letters) of each word that is found again in what was spoken.

    alone: the signs of a word by itself. A number is many spoken words, and "of the" is spoken as one: so the sentence's
    signs are laid along those of its words, rather than its blanks counted.
    """
    words = [match for match in re.finditer(r"\S+", text) if re.search(r"\w", match[0])]
    single = [(sign, number) for number, word in enumerate(words) for sign in alone(word[0]) if sign not in _NO_SOUND]
    spoken = [place for place, phoneme in enumerate(phonemes) if phoneme.sign not in _NO_SOUND]
    matcher = SequenceMatcher(None, [sign for sign, _ in single], [phonemes[p].sign for p in spoken], autojunk=False)
    begins: dict[int, float] = {}
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            begins.setdefault(single[block.a + offset][1], _begin(phonemes, spoken[block.b + offset]))
    return [
        (begins[number], word.start(), word.end() - word.start()) for number, word in enumerate(words)
        if number in begins
    ]  # fmt: skip


def _begin(phonemes: Sequence[Phoneme], place: int) -> float:
    """Return when a word begins whose first sign that sounds is at a place: a stress sign's time is its vowel's."""
    while place > 0 and phonemes[place - 1].sign in _STRESS:
        place -= 1
    return phonemes[place].start
