"""Which of many phrases a turn means: stems in common, those that few topics have counting more. Knows no agent.

The weights are inverse document frequencies (Sparck Jones 1972) over the phrases and over what they stand for; a word that no
phrase has is taken for the one whose groups of three letters are most alike (Dice 1945), which forgives a recogniser's errors.
"""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np

from app.agents.persona.normalise import plain_words, stems, trigrams

_UNKNOWN: Final = 0.6  # a word that no phrase has counts this share of the rarest
_EXTRA: Final = 0.45  # of what the words that a phrase lacks weigh against it
_ALIKE: Final = 0.55  # Dice coefficient from which an unknown word is taken for a known one
_LOST_LETTER: Final = 0.8
_SHORTEST_ALIKE: Final = 5  # letters
_OTHER_QUESTION: Final = 0.75  # how well "where" fits "when", and what is denied what is not
_MORE_SAID: Final = 0.65  # what a phrase lacks weighs more than the phrase
_LOST_QUESTION: Final = 0.9  # what asks fits what does not, its first word being lost
_OF_THE_WORLD: Final = 0.6  # a question that is not about either of us, and names something that no phrase does
_OF_US: Final = frozenset(("you", "your", "i", "my", "me", "we", "this", "it", "here", "that"))
_RARE: Final = 0.7  # share of the rarest weight from which a word says what a text is about
_ASKING: Final = ("what", "who", "where", "when", "why", "how")
_DENYING: Final = frozenset(("not", "no", "never", "nicht", "pas"))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES: Final = _set("yes yeah yep yup sure okay ok please course gladly absolutely definitely ja oui sí si sì sim 是 好")
_NO: Final = _set("no nope not never don't nah nein non não 不")


def yes_or_no(text: str) -> str:
    """Return "yes", "no", or "" where a text says neither."""
    words = plain_words(text)
    if words[-2:] == ["why", "not"]:
        return "yes"
    if any(word in _NO for word in words[:4]):
        return "no"
    return "yes" if any(word in _YES for word in words[:4]) else ""


def _manner(words: Iterable[str]) -> tuple[int, bool]:
    """Return which question words ask, the first counting (0 for none), and whether something is denied."""
    listed = list(words)
    asked = next((1 + _ASKING.index(word) for word in listed if word in _ASKING), 0)
    return asked, not _DENYING.isdisjoint(listed)


def _likeness(word: str, grams: frozenset[str], other: str, theirs: frozenset[str]) -> float:
    """Return how alike two words are, 0 to 1: nearly the same where one letter was lost or added."""
    short, long = sorted((word, other), key=len)
    if len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long))):
        return _LOST_LETTER
    return 2 * len(grams & theirs) / (len(grams) + len(theirs)) if len(word) >= _SHORTEST_ALIKE else 0.0


class Phrases:
    """Phrases by what they stand for; `best` finds which a text means, in about a millisecond for two thousand."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        listed = [(name, stems(phrase)) for name, phrase in phrases]
        self._names = [name for name, _ in listed]
        topics = max(len(set(self._names)), 1)
        self._words = {
            name: frozenset(word for each, words in listed if each == name for word in words)
            for name in set(self._names)
        }
        seen = Counter(word for word, _ in {(word, name) for name, words in listed for word in words})
        self._place = {word: number for number, word in enumerate(seen)}
        often = Counter(word for _, words in listed for word in set(words))
        self._weights = np.array(
            [math.log(1 + topics / times) + math.log(1 + len(listed) / often[word]) for word, times in seen.items()],
            np.float32,
        )
        self._rarest = math.log(1 + topics) + math.log(1 + len(listed))
        self._grams = [(word, trigrams(word)) for word in seen if len(word) >= _SHORTEST_ALIKE - 1]
        rows: list[list[int]] = [[] for _ in seen]
        for row, (_, words) in enumerate(listed):
            for word in dict.fromkeys(words):
                rows[self._place[word]].append(row)
        self._rows = [np.array(each, np.intp) for each in rows]  # of each word, the phrases that have it
        self._whole = self._common(np.ones(len(seen), np.float32))
        manners = [_manner(words) for _, words in listed]
        self._asked = np.array([asked for asked, _ in manners], np.int8)
        self._denied = np.array([denied for _, denied in manners], bool)

    def __contains__(self, word: str) -> bool:
        return all(each in self._place for each in stems(word))

    def _common(self, present: np.ndarray) -> np.ndarray:
        """Return what the words that are present [words] weigh in each phrase [phrases]."""
        common = np.zeros(len(self._names), np.float32)
        for word in np.flatnonzero(present):
            common[self._rows[word]] += present[word] * self._weights[word]
        return common

    def _known(self, word: str) -> tuple[int, float]:
        """Return the number of the word that one is, or is most alike to, and how alike; (-1, 0) where it is alike to none."""
        if word in self._place:
            return self._place[word], 1.0
        if len(word) < _SHORTEST_ALIKE - 1:
            return -1, 0.0
        grams = trigrams(word)
        alike, found = max(((_likeness(word, grams, *each), each[0]) for each in self._grams), default=(0.0, ""))
        return (self._place[found], alike) if alike >= _ALIKE else (-1, 0.0)

    def fits(self, text: str) -> np.ndarray:
        """Return how well each phrase fits a text [phrases], 0 to 1."""
        words = stems(text)
        present, weight, named = np.zeros(len(self._place), np.float32), 0.0, False
        for word in dict.fromkeys(words):
            number, alike = self._known(word)
            if alike:
                present[number] = max(present[number], alike)
            else:
                weight += _UNKNOWN * self._rarest
                named = named or len(word) >= _SHORTEST_ALIKE - 1
        weighed = present * self._weights
        common = self._common(present)
        fits: np.ndarray = common / (self._whole + _EXTRA * (weight + weighed.sum() - common) + 1e-9)
        said = weight + weighed.sum() - common > self._whole
        if not weight and len(weighed):
            said[self._rows[int(weighed.argmax())]] = False  # they have what the text is about
        fits = np.where(said, fits * _MORE_SAID, fits)
        asked, denied = _manner(words)
        if named and asked and _OF_US.isdisjoint(words):
            fits = fits * _OF_THE_WORLD
        other = (self._asked != asked) & (self._asked > 0) & (asked > 0)
        fits = np.where(other, fits * _OTHER_QUESTION, fits)
        fits = np.where((self._asked > 0) & (asked == 0), fits * _LOST_QUESTION, fits)
        return np.where(self._denied != denied, fits * _OTHER_QUESTION, fits)

    def covered(self, text: str, name: str) -> float:
        """Return the share of what a text's words weigh that any phrase for a name has, 0 where it has no word that is rare."""
        words, own = list(dict.fromkeys(stems(text))), self._words.get(name, frozenset())
        weights = [float(self._weights[self._place[word]]) if word in self._place else self._rarest for word in words]
        had = [weight for word, weight in zip(words, weights, strict=True) if word in own]
        return sum(had) / sum(weights) if had and max(had) > _RARE * self._rarest else 0.0

    def best(self, text: str, among: Iterable[str] | None = None) -> tuple[str, float]:
        """Return what a text most likely stands for, and how well it fits, 0 to 1; ("", 0) where nothing does."""
        if not self._names:
            return "", 0.0
        fits = self.fits(text)
        if among is not None:
            wanted = set(among)
            fits = fits * np.array([name in wanted for name in self._names])
        row = int(fits.argmax())
        return (self._names[row], float(fits[row])) if fits[row] > 0 else ("", 0.0)
