"""An answer under way: to what, from which state of the agent's, and how far it is."""

from dataclasses import dataclass, field
from typing import Any

from app.conversation.agent import Reply
from app.conversation.waterfall import Waterfall


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
