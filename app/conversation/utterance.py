"""A sentence of the agent's on its tape: what of it has been heard at a moment, and what is left where it was cut."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from app.agents.marks import Mark
from app.timeline.timeline import AFFECT, WORDS, Timeline
from audio_io.time.tape import SAMPLE_RATE, Audio
from audio_io.voices.voice import Word
from avatar.life.affect import AFFECTS, Affect

_AGAIN_SECONDS: Final = 0.08  # a word of which less was heard was not heard


@dataclass(frozen=True, eq=False)
class Utterance:
    """A sentence said by reply number `generation`, from sample `start` on; murmur: a listener's noise, which takes no
    floor. letters: how much of the text was already heard, where it is what was left of a cut one."""

    generation: int
    text: str
    start: int
    audio: Audio
    words: tuple[Word, ...]
    marks: tuple[Mark, ...] = ()
    murmur: bool = False
    letters: int = 0

    @property
    def end(self) -> int:
        """The sample after its last."""
        return self.start + len(self.audio)

    def reached(self, at: float) -> int:
        """Return how many letters have been heard at a sample: whole words."""
        if at >= self.end:
            return len(self.text)
        begun = [word.last for word in self.words if self.start + word.start + _AGAIN_SECONDS * SAMPLE_RATE < at]
        letters = max([self.letters, *begun])
        while begun and letters < len(self.text) and not self.text[letters].isspace():
            letters += 1  # the sign behind a word belongs to it
        return letters

    def heard(self, at: float) -> str:
        """Return the text that has been heard at a sample, since its start."""
        return self.text[self.letters : self.reached(at)].strip()

    def affects(self) -> tuple[Affect, ...]:
        """Return what the marks show on the face, and from when on."""
        return tuple(
            Affect(mark.name, self.start + self._sample_of(mark.letter), mark.strength)
            for mark in self.marks if mark.name in AFFECTS and mark.letter >= self.letters
        )  # fmt: skip

    def _sample_of(self, letter: int) -> int:
        return next((word.start for word in self.words if word.first >= letter), max(len(self.audio) - 1, 0))

    def facts(self) -> dict[str, Any]:
        """Return what the timeline keeps of it: its words with first and last sample, and first and last letter."""
        ends = [*(word.start for word in self.words[1:]), len(self.audio)]
        words = [
            (self.start + word.start, self.start + end, word.first, word.last)
            for word, end in zip(self.words, ends, strict=False)
        ]  # fmt: skip
        return {
            "end": self.end, "reply": self.generation, "text": self.text, "letters": self.letters, "murmur": self.murmur,
            "words": words,
        }  # fmt: skip

    def noted(self, timeline: Timeline, who: int) -> None:
        """Note it as what speaker number `who` says, and what its marks show."""
        timeline.note(WORDS, self.start, **self.facts(), who=who)
        for affect in self.affects():
            timeline.note(AFFECT, affect.sample, name=affect.name, strength=affect.strength, who=who)

    def cut(self, at: int) -> "Utterance":
        """Return the utterance as it was heard, cut at a sample."""
        length = min(max(at - self.start, 0), len(self.audio))
        text = self.text[: self.reached(at)]
        words = tuple(word for word in self.words if word.last <= len(text))
        return replace(self, audio=self.audio[:length], text=text, words=words)

    def rest(self, at: int) -> "Utterance | None":
        """Return what was not heard at a sample, from the start of the word that was cut; None where nothing is left."""
        letters = self.reached(at)
        if at >= self.end:
            return None
        begin = next((word.start for word in self.words if word.first >= letters), None)
        if begin is None:
            return None
        words = tuple(replace(word, start=word.start - begin) for word in self.words if word.start >= begin)
        return replace(self, audio=self.audio[begin:], words=words, letters=letters)


def shown(utterances: Iterable[Utterance], at: float) -> tuple[str, int]:
    """Return the text of the reply that is heard at a sample, and how many of its letters have been."""
    own = [utterance for utterance in utterances if not utterance.murmur]
    begun = [utterance for utterance in own if utterance.start <= at]
    if not begun:
        return "", 0
    parts = [utterance for utterance in own if utterance.generation == begun[-1].generation]
    text, heard = "", 0
    for part in parts:
        text += " " if text else ""
        if part.start <= at:
            heard = len(text) + len(part.text[part.letters : part.reached(at)].lstrip())
        text += part.text[part.letters :].strip()
    return text, min(heard, len(text))
