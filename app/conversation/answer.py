"""An answer under way: to what, from which state of the agent's, how far it is; and where that is noted."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from app.agents.agent import Reply
from app.conversation.waterfall import Waterfall


class Diary(Protocol):
    """Where everything that happens is noted."""

    def note(self, kind: str, at: int, **facts: Any) -> None:
        """Note an event at a sample of the timeline."""


@dataclass
class Answer:
    """An answer under way: to which text of the person's, from which state of the agent's it leads on."""

    turn: int
    text: str
    reply: Reply[Any]
    generation: int
    waterfall: Waterfall
    sounding: bool = False
    said: list[str] = field(default_factory=list)
