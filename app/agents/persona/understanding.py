"""What a persona understands of a turn: the topic that it leads to, and whether it asks or tells. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.agents.persona.matching import Phrases, yes_or_no
from app.agents.persona.normalise import plain_words
from app.agents.persona.told import FEELS_BAD
from app.agents.schema import PersonaFile
from app.agents.wording import words_of

CLEAR: Final = 0.5  # how well a topic's phrase has to fit
_ANSWER_CLEAR: Final = 0.75  # while an answer is awaited, a change of topic has to be clearer than that
_SURE: Final = 0.9
_COVERED: Final = 0.6  # share of what is said that has to be a topic's, where no phrase fits
_ANSWERS: Final = ("agree", "disagree", "maybe")  # topics that are answers by name
_SHORT: Final = 6  # words of an answer that leads somewhere else as well
_LEADING_IN: Final = frozenset(
    words_of(
        "hello okay ok well so um uh er oh ah and but please wow great now then excuse me sorry alright right yes no thanks"
    )
)
_ASKING: Final = frozenset(
    words_of(
        "what who where when why how which whose can could do does did is are am was were will would shall should may have "
        "has tell explain show give say wer wo warum wie kannst bist hast quoi où pourquoi comment qué quién dónde cómo chi "
        "cosa dove perché quem onde"
    )
)
_ASKING_ANYWHERE: Final = re.compile(
    r"\b(do you know|can you|could you|tell me|what is|what are|who is|how do|i wonder|i want to know|are you|do you|will you|"
    r"(?:what|who|where|when|how) (?:can|do|does|did|is|are|should|will|would))\b"
)
_US: Final = frozenset(words_of("you your yours i my me we our us this it here"))
_MOST_EXPECTED: Final = 600  # phrases
_HEARD_OFTEN: Final = 256


@dataclass(frozen=True)
class Turn:
    """A turn as understood. found: the topic that it leads to; fit: how well, 0 to 1; light: that is a courtesy; plain: it may
    be nothing but an answer; asks: it is a question or a request; told: what the person tells of themselves, by key."""

    heard: str
    found: str
    fit: float
    light: bool
    plain: bool
    asks: bool
    told: dict[str, str] = field(default_factory=dict)

    @property
    def sure(self) -> bool:
        """Whether it is about its topic beyond doubt, in more than a word or two."""
        return self.fit >= _SURE and not self.light and len(words_of(self.heard)) > 2

    @property
    def answers(self) -> bool:
        """Whether it may be any answer to a question that was asked: it leads nowhere else for sure."""
        return not self.asks and self.plain and (self.fit < CLEAR or len(words_of(self.heard)) <= _SHORT)


def asks(text: str) -> bool:
    """Tell whether a text asks for something, rather than tells something."""
    words = plain_words(text)
    while words and words[0] in _LEADING_IN:
        words = words[1:]
    begins = bool(words) and words[0] in _ASKING
    return text.rstrip().endswith("?") or begins or bool(_ASKING_ANYWHERE.search(" ".join(words)))


def about_us(text: str) -> bool:
    """Tell whether a text is about who talks here, or what is here, rather than about the world."""
    return not _US.isdisjoint(plain_words(text))


def _expected(heard: Sequence[Sequence[str]]) -> list[str]:
    """Return what a recogniser is told to expect: of very many phrases the first of each topic."""
    most = max(map(len, heard), default=0)
    while most > 1 and sum(min(most, len(each)) for each in heard) > _MOST_EXPECTED:
        most -= 1
    return [phrase for each in heard for phrase in each[:most]]


class Understanding:
    """The phrases of a persona. phrases: what it expects to hear."""

    def __init__(self, file: PersonaFile) -> None:
        heard = [(topic.name, phrase) for topic in file.topics for phrase in topic.hear]
        self._phrases = Phrases(heard)
        self._steps = Phrases((topic.name, phrase) for topic in file.topics for phrase in topic.steps)
        self._light = {
            topic.name for topic in file.topics if topic.light or topic.name in ("agree", "disagree", "well")
        }
        self._subjects = [
            topic.name
            for topic in file.topics
            if any(map(about_us, topic.hear)) and not (topic.does or topic.repeat or topic.name in self._light)
        ]
        self._own = frozenset(words_of(file.name))
        self._frames = file.frames
        self._topics = frozenset(topic.name for topic in file.topics)
        steps = [phrase for topic in file.topics for phrase in topic.steps]
        self.phrases = tuple(dict.fromkeys([*_expected([topic.hear for topic in file.topics]), *steps]))
        self._meant = lru_cache(maxsize=_HEARD_OFTEN)(self._best)

    def knows(self, word: str) -> bool:
        """Tell whether a word is one of the persona's own phrases."""
        return word in self._phrases and word not in self._own

    def telling(self, told: dict[str, str]) -> str:
        """Return the topic that answers what is told: `told feeling bad`, `told name`, or `my name`; empty where none does."""
        for key, value in told.items():
            bad = "told feeling bad" if key == "feeling" and value in FEELS_BAD else ""
            for name in (bad, f"told {key}", "my name" if key == "name" else ""):
                if name in self._topics:
                    return name
        return ""

    def goes_on(self, heard: str) -> bool:
        """Tell whether a turn asks for the next step."""
        return self._steps.best(heard)[1] >= CLEAR or (yes_or_no(heard) == "yes" and len(words_of(heard)) < 5)

    def of(self, heard: str, told: dict[str, str]) -> Turn:
        """Return a turn as understood."""
        found, fit = self._meant(heard)
        plain = fit < _ANSWER_CLEAR or found in _ANSWERS
        return Turn(heard, found, fit, not found or found in self._light, plain, asks(heard), told)

    def _best(self, heard: str) -> tuple[str, float]:
        """Return the topic that a turn leads to: by the whole turn, each of its sentences, or what follows a word that leads
        in; a courtesy gives way to whatever else is clear."""
        parts = [part for part in re.split(r"[.!?;]+\s*|,\s+", heard) if part.strip()]
        candidates = [heard, *(parts if len(parts) > 1 else ()), self._led_in(heard)]
        ranked = [self._phrases.best(part) for part in dict.fromkeys(candidates) if part]
        clear = [each for each in ranked if each[1] >= CLEAR and each[0] not in self._light]
        best = max(clear or ranked, key=lambda each: each[1], default=("", 0.0))
        return best if best[1] >= CLEAR else self._named(heard) or best

    def _named(self, heard: str) -> tuple[str, float] | None:
        """Return the topic whose phrases together have most of what a turn that is about one of us says; None for none."""
        if not about_us(heard):
            return None
        share, name = max(((self._phrases.covered(heard, each), each) for each in self._subjects), default=(0.0, ""))
        return (name, CLEAR) if share >= _COVERED else None

    def framed(self, turn: Turn) -> int | None:
        """Return the number of the frame that a turn begins with, None where it begins with none."""
        words = f"{self._led_in(turn.heard)} "
        found = (
            n for n, frame in enumerate(self._frames) if any(words.startswith(f"{each} ") for each in frame.begins)
        )
        return next(found, None)

    def _led_in(self, heard: str) -> str:
        """Return a turn without the words that lead in, such as "hello mira" or "okay so"."""
        words = plain_words(heard)
        while len(words) > 2 and (words[0] in _LEADING_IN or words[0] in self._own):
            words = words[1:]
        return " ".join(words)
