"""What a persona understands of a turn: the topic that it leads to, and whether it asks or tells. Pure."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.conversation.matching import Phrases, yes_or_no
from app.conversation.normalise import plain_words
from app.conversation.schema import PersonaFile
from app.conversation.wording import words_of

CLEAR: Final = 0.5  # how well a topic's phrase has to fit
_LEADING_IN: Final = frozenset(
    words_of(
        "hello okay ok well so um uh er oh ah and but please wow great now then excuse me sorry alright right yes no thanks"
    )
)
_ASKING: Final = frozenset(
    words_of(
        "what who where when why how which whose can could do does did is are am was were will would shall should may have has tell "
        "explain show give say"
    )
)
_ASKING_ANYWHERE: Final = re.compile(
    r"\b(do you know|can you|could you|tell me|what is|what are|who is|how do|i wonder|i want to know|are you|do you|will you)\b"
)
_HEARD_OFTEN: Final = 256


@dataclass(frozen=True)
class Turn:
    """A turn as understood. found: the topic that it leads to; fit: how well, 0 to 1; light: that is a courtesy; asks: it is a
    question or a request; told: what the person tells of themselves, by key."""

    heard: str
    found: str
    fit: float
    light: bool
    asks: bool
    told: dict[str, str] = field(default_factory=dict)


def asks(text: str) -> bool:
    """Tell whether a text asks for something, rather than tells something."""
    words = plain_words(text)
    while words and words[0] in _LEADING_IN:
        words = words[1:]
    begins = bool(words) and words[0] in _ASKING
    return text.rstrip().endswith("?") or begins or bool(_ASKING_ANYWHERE.search(" ".join(words)))


class Understanding:
    """The phrases of a persona. phrases: what it expects to hear."""

    def __init__(self, file: PersonaFile) -> None:
        heard = [(topic.name, phrase) for topic in file.topics for phrase in topic.hear]
        self._phrases = Phrases(heard)
        self._steps = Phrases((topic.name, phrase) for topic in file.topics for phrase in topic.steps)
        self._light = {
            topic.name for topic in file.topics if topic.light or topic.name in ("agree", "disagree", "well")
        }
        self._own = frozenset(words_of(file.name))
        steps = [phrase for topic in file.topics for phrase in topic.steps]
        self.phrases = tuple(dict.fromkeys([*(phrase for _, phrase in heard), *steps]))
        self._meant = lru_cache(maxsize=_HEARD_OFTEN)(self._best)

    def knows(self, word: str) -> bool:
        """Tell whether a word is one of the persona's own phrases."""
        return word in self._phrases and word not in self._own

    def goes_on(self, heard: str) -> bool:
        """Tell whether a turn asks for the next step."""
        return self._steps.best(heard)[1] >= CLEAR or (yes_or_no(heard) == "yes" and len(words_of(heard)) < 5)

    def of(self, heard: str, told: dict[str, str]) -> Turn:
        """Return a turn as understood."""
        found, fit = self._meant(heard)
        return Turn(heard, found, fit, not found or found in self._light, asks(heard), told)

    def _best(self, heard: str) -> tuple[str, float]:
        """Return the topic that a turn leads to: by the whole turn, each of its sentences, or what follows a word that leads
        in; a courtesy gives way to whatever else is clear."""
        parts = [part for part in re.split(r"[.!?;]+\s*|,\s+", heard) if part.strip()]
        candidates = [heard, *(parts if len(parts) > 1 else ()), self._led_in(heard)]
        ranked = [self._phrases.best(part) for part in dict.fromkeys(candidates) if part]
        clear = [each for each in ranked if each[1] >= CLEAR and each[0] not in self._light]
        return max(clear or ranked, key=lambda each: each[1], default=("", 0.0))

    def _led_in(self, heard: str) -> str:
        """Return a turn without the words that lead in, such as "hello mira" or "okay so"."""
        words = plain_words(heard)
        while len(words) > 2 and (words[0] in _LEADING_IN or words[0] in self._own):
            words = words[1:]
        return " ".join(words)
