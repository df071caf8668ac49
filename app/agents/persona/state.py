"""What a persona keeps of a conversation: a value, so that an answer nobody heard leaves no trace."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.agents.persona.games import Game
from app.agents.persona.numbers import moment_in_words

_SUMMARY = {
    "name": "your name is {}", "from": "you are from {}", "work": "you {}", "likes": "you like {}",
    "feeling": "you felt {}",
}  # fmt: skip


@dataclass(frozen=True)
class PersonaState:
    """used: how often each list of lines was; asked: the topic whose question waits for an answer; offered: which was;
    touring: the topic that goes on step by step; told: what the person told, by key; last: what was said last; unclear: how
    many turns in a row were not understood; act, topic: what the last exchange was, and what it was about; keep: whether the
    person may be remembered, None where they were not asked yet; kept: what of them is."""

    used: tuple[tuple[str, int], ...] = ()
    asked: str = ""
    question: str = ""
    offered: str = ""
    touring: str = ""
    told: tuple[tuple[str, str], ...] = ()
    last: str = ""
    unclear: int = 0
    turns: int = 0
    act: str = ""
    topic: str = ""
    game: Game | None = None
    keep: bool | None = None
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def free(self) -> bool:
        """Whether nothing waits: no question, no offer, no tour, no game."""
        return not (self.asked or self.offered or self.touring or self.game)

    def times(self, key: str) -> int:
        """Return how often a list of lines was used."""
        return dict(self.used).get(key, 0)

    def counted(self, key: str) -> "PersonaState":
        """Return the state after another use of a list of lines."""
        return replace(self, used=tuple({**dict(self.used), key: self.times(key) + 1}.items()))

    def knowing(self, told: dict[str, str]) -> "PersonaState":
        """Return the state in which the person has told something."""
        return replace(self, told=tuple({**dict(self.told), **told}.items())) if told else self

    def waiting_for(self, asked: str = "", question: str = "", offered: str = "") -> "PersonaState":
        """Return the state in which a question waits for an answer, or none does."""
        return replace(self, asked=asked, question=question, offered=offered)

    def facts(self, now: datetime) -> dict[str, str]:
        """Return what lines may name: what was told, all of it in words as {told}, and the moment's {time}, {date}, …"""
        listed = [_SUMMARY[key].format(value) for key, value in self.told]
        joined = ", ".join(listed[:-1]) + (" and " if len(listed) > 1 else "") + listed[-1] if listed else ""
        return dict(self.told) | ({"told": joined} if joined else {}) | moment_in_words(now)
