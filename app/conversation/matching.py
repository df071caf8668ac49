"""Which of many phrases a turn means: words in common, rare ones counting more. Knows no agent."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from app.conversation.wording import words_of

_CONTRACTIONS: Final = {
    "i'm": "i am", "you're": "you are", "it's": "it is", "what's": "what is", "who's": "who is", "where's": "where is",
    "how's": "how is", "that's": "that is", "don't": "do not", "doesn't": "does not", "can't": "can not", "i've": "i have",
    "i'd": "i would", "let's": "let us", "isn't": "is not", "aren't": "are not", "didn't": "did not", "won't": "will not",
    "i'll": "i will", "we're": "we are", "they're": "they are", "hi": "hello", "hey": "hello", "bye-bye": "bye bye",
}  # fmt: skip
_UNKNOWN: Final = 0.6  # a word that no phrase has counts this share of the rarest
_EXTRA: Final = 0.45  # of what the words that a phrase lacks weigh against it


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES: Final = _set("yes yeah yep yup sure okay ok please course gladly absolutely definitely ja oui")
_NO: Final = _set("no nope not never don't nah nein non")


def plain_words(text: str) -> list[str]:
    """Return the words of a text without contractions."""
    return " ".join(_CONTRACTIONS.get(word.replace("’", "'"), word) for word in words_of(text)).split()


def yes_or_no(text: str) -> str:
    """Return "yes", "no", or "" where a text says neither."""
    words = plain_words(text)
    if any(word in _NO for word in words[:4]):
        return "no"
    return "yes" if any(word in _YES for word in words[:4]) else ""


class Phrases:
    """Phrases by what they stand for; `best` finds which a text means."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        self._phrases = [(name, Counter(plain_words(phrase))) for name, phrase in phrases]
        seen = Counter(word for _, words in self._phrases for word in words)
        count = max(len(self._phrases), 1)
        self._weights = {word: math.log(1 + count / times) for word, times in seen.items()}
        self._rarest = math.log(1 + count)

    def __contains__(self, word: str) -> bool:
        return word in self._weights

    def _weigh(self, words: Counter[str]) -> float:
        return sum(self._weights.get(word, _UNKNOWN * self._rarest) * times for word, times in words.items())

    def best(self, text: str, among: Sequence[str] | None = None) -> tuple[str, float]:
        """Return what a text most likely stands for, and how well it fits, 0 to 1; ("", 0) where nothing does."""
        words = Counter(plain_words(text))
        found, fit = "", 0.0
        for name, phrase in self._phrases:
            if among is not None and name not in among:
                continue
            common = self._weigh(words & phrase)
            score = common / (self._weigh(phrase) + _EXTRA * self._weigh(words - phrase) + 1e-9)
            if score > fit:
                found, fit = name, score
        return found, fit
