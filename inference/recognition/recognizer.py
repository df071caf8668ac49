"""What every speech recogniser offers, inside its own process: sound in as it comes, words out when asked."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


class Word(NamedTuple):
    """A word that was heard: from when to when, s from the stretch's start, and its probability, 0 to 1."""

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True)
class Heard:
    """What a stretch says; its words, where the engine knows their times; how sure it is, 0 to 1, None where it cannot say."""

    text: str = ""
    words: tuple[Word, ...] = ()
    sure: float | None = None

    @classmethod
    def told(cls, message: dict[str, Any]) -> Self:
        """Return what a line of JSON says; raise ValueError where it says no such thing."""
        try:
            words = tuple(
                Word(float(start), float(end), str(text), float(chance))
                for start, end, text, chance in message.get("words") or ()
            )
            sure = message.get("sure")
            return cls(str(message.get("text", "")), words, None if sure is None else float(sure))
        except (TypeError, ValueError) as error:
            raise ValueError(f"it says what is no text with words: {str(message)[:80]}") from error

    def then(self, after: "Heard", seconds: float) -> "Heard":
        """Return this with what was heard after it, from `seconds` on; as sure as the less sure of both."""
        moved = (word._replace(start=word.start + seconds, end=word.end + seconds) for word in after.words)
        sures = [one.sure for one in (self, after) if one.text and one.sure is not None]
        text = f"{self.text} {after.text}".strip()
        return replace(self, text=text, words=(*self.words, *moved), sure=min(sures, default=None))


class Recognizer(Protocol):
    """Speech to text for one speaker, a stretch of speech at a time."""

    def start(self) -> None:
        """Begin a new stretch; what was heard before is forgotten."""

    def hear(self, audio: Audio) -> None:
        """Take more sound [N] at 16 kHz."""

    def text(self) -> str:
        """Return what the stretch says so far, empty where it says nothing."""

    def finish(self) -> Heard | str:
        """Return what the whole stretch says, or its text alone; `hear` may go on with it."""
