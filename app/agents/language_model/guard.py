"""Keeps a language model from talking about what a persona's file forbids: each clause is checked before it is spoken."""

from typing import Final

from app.agents.marks import plain_and_marks
from app.agents.reach import Guard
from app.agents.wording import words_of

_STEM: Final = 4  # letters from which on a word stands for its longer forms: "election" for "elections"


class Guarded:
    """One answer, clause by clause."""

    def __init__(self, guard: Guard) -> None:
        self._never = [words_of(phrase) for phrase in guard.never]
        self._said: list[str] = []

    def forbids(self, clause: str) -> bool:
        """Tell whether a clause, after those before it, says what must not be said."""
        self._said += words_of(plain_and_marks(clause)[0])
        return any(self._has(phrase) for phrase in self._never if phrase)

    def _has(self, phrase: list[str]) -> bool:
        places = range(len(self._said) - len(phrase) + 1)
        return any(all(map(_stands_for, phrase, self._said[at : at + len(phrase)])) for at in places)


def _stands_for(forbidden: str, said: str) -> bool:
    return said == forbidden or (len(forbidden) >= _STEM and said.startswith(forbidden))
