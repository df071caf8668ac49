"""How often a persona's answer fits, of the questions in resources/personas/questions: its README.md has the rule."""

import hashlib
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app.agents.agents import load_agent
from app.agents.marks import plain_and_marks
from app.agents.persona.facts import PERSONAS
from app.agents.persona.numbers import moment_in_words
from app.agents.persona.persona import Persona
from app.bench.options import BenchOptions
from app.documents import read_schema

QUESTIONS: Final = PERSONAS / "questions"
_CONVERSATIONS, _TURNS = 20, 30  # of questions by chance, in which repeated lines are counted
_DROPPED: Final = frozenset(("a", "the", "is", "do", "please", "of"))  # words that recognisers lose
_HEARD_AS: Final = {
    "your": "you",
    "you're": "your",
    "what's": "what",
    "two": "too",
    "i'm": "im",
    "where": "were",
    "for": "four",
}
_MEANWHILE: Final = frozenset(("repeat",))  # exchanges that say again what was said, being asked to


class Group(BaseModel):
    """Questions that the same exchanges answer. after: what was said before; says: what the answer must hold, a regular
    expression; unanswerable: nobody could know who knows no news and no books."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    fits: tuple[str, ...] = Field(min_length=1)
    ask: Annotated[tuple[str, ...], Field(min_length=1)]
    after: tuple[str, ...] = ()
    says: str = ""
    unanswerable: bool = False


@dataclass(frozen=True)
class Question:
    """A question, the file it is in, and its group."""

    text: str
    topic: str
    group: Group

    @property
    def held_out(self) -> bool:
        """Whether it is kept apart: the first byte of the SHA-256 of all that is said, in lower case, is odd."""
        whole = "|".join((*self.group.after, self.text)).lower()
        return bool(hashlib.sha256(whole.encode()).digest()[0] % 2)


def questions(folder: Path = QUESTIONS) -> list[Question]:
    """Return the questions; raise ValueError as `read_schema` does."""
    return [
        Question(text, path.stem, group)
        for path in sorted(folder.glob("*.yaml"))
        for group in read_schema(path, tuple[Group, ...])
        for text in group.ask
    ]


def misheard(text: str) -> str:
    """Return a question as a recogniser may write it: lower case, no marks, and an error in a word, always the same."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())
    chance = random.Random(text)
    at = chance.randrange(len(words))
    if len(words) > 3 and words[at] in _DROPPED:
        del words[at]
    elif words[at] in _HEARD_AS:
        words[at] = _HEARD_AS[words[at]]
    elif len(words[at]) > 5:
        cut = chance.randrange(2, len(words[at]) - 1)
        words[at] = words[at][:cut] + words[at][cut + 1 :]
    return " ".join(words)


def answered(persona: Persona, question: Question, text: str) -> tuple[bool, str, str]:
    """Return whether a persona's answer to a text fits a question, the exchange it chose, and what it said."""
    state = persona.start()
    for said in question.group.after:
        reply = persona.reply(state, said)
        state = persona.settle(reply.state, plain_and_marks(" ".join(reply.pieces))[0])
    reply = persona.reply(state, text)
    words = " ".join(reply.pieces)
    moment = moment_in_words(datetime.now().astimezone())
    says = question.group.says.replace("{day}", moment["weekday"]).replace("{year}", moment["year"])
    fits = reply.state.act in question.group.fits and (not says or bool(re.search(says, words, re.IGNORECASE)))
    return fits, reply.state.act, words


def repeated(persona: Persona, asked: list[Question], seed: int) -> int:
    """Return how many answers of a conversation of questions by chance were said before in it, word by word."""
    chance = random.Random(seed)
    state, said, count = persona.start(), set[str](), 0
    for question in chance.sample(asked, _TURNS):
        reply = persona.reply(state, question.text)
        words = plain_and_marks(" ".join(reply.pieces))[0]
        count += words in said and reply.state.act not in _MEANWHILE
        said.add(words)
        state = persona.settle(reply.state, words)
    return count


def _share(fitting: Iterator[bool]) -> float:
    listed = list(fitting)
    return round(sum(listed) / max(len(listed), 1), 4)


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return the share of answers that fit (of all, of those held out, of those misheard), and what an answer costs."""
    persona = load_agent(options.agent or "mira", print)
    if not isinstance(persona, Persona):
        raise ValueError(f"{persona.name} is no persona: its answers are not chosen from topics")
    asked = questions()
    found, costs = [], []
    for question in asked:
        begun = time.process_time()
        fits, _, _ = answered(persona, question, question.text)
        costs.append((time.process_time() - begun) / (1 + len(question.group.after)))
        found.append((question, fits, answered(persona, question, misheard(question.text))[0]))
    topics = sorted({question.topic for question in asked})
    conversations = options.count(_CONVERSATIONS, 5)
    return {
        "fits": _share(fits for _, fits, _ in found),
        "fits_held_out": _share(fits for question, fits, _ in found if question.held_out),
        "fits_misheard": _share(fits for _, _, fits in found),
        "n": len(asked),
        "held_out": sum(question.held_out for question in asked),
        "unanswerable": _share(question.group.unanswerable for question in asked),
        "repeated": sum(repeated(persona, asked, seed) for seed in range(conversations)),
        "turns": conversations * _TURNS,
        "cpu_ms_p95": round(1000 * sorted(costs)[int(0.95 * len(costs))], 2),
        "by_topic": {topic: _share(fits for question, fits, _ in found if question.topic == topic) for topic in topics},
    }  # fmt: skip
