"""What a language model is told: who it is, what it knows, what it must not talk about, the last turns, within a budget."""

from collections.abc import Sequence
from typing import Any, Final

from app.agents.marks import plain_and_marks
from app.agents.schema import PersonaFile

_LETTERS_A_TOKEN: Final = 3.5  # of English, a little less than tokenisers need
_MESSAGE_TOKENS: Final = 4  # that wrap a message
HISTORY_TOKENS: Final = 1500
_FACT_TOKENS: Final = 1500
_STYLE: Final = (
    "You are talking aloud with somebody in front of a screen that shows your head. Answer in one to three short spoken "
    "sentences, plain words, no lists, no markdown. You may put marks in square brackets before a sentence to move your "
    "face: [smile] [happy] [sad] [surprised] [nod] [shake] [tilt]. What the person said may be misheard: be forgiving."
)


def tokens(text: str) -> int:
    """Return about how many tokens a text is, whatever the tokeniser."""
    return _MESSAGE_TOKENS + round(len(text) / _LETTERS_A_TOKEN)


def system_text(file: PersonaFile) -> str:
    """Return who the language model is, by a persona's profile, style, topics (what it knows) and guard."""
    facts, left = [], _FACT_TOKENS
    for topic in file.topics:
        fact = f"{topic.hear[0]}: {plain_and_marks(topic.say[0])[0]}" if topic.hear else ""
        if fact and tokens(fact) <= left:
            facts.append(fact)
            left -= tokens(fact)
    never = f"Never talk about: {'; '.join(file.guard.never)}." if file.guard.never else ""
    known = "\n".join(("What you would say, where it is asked:", *facts)) if facts else ""
    return " ".join(filter(None, (f"Your name is {file.name}.", *file.profile, file.style, _STYLE, never, known)))


def recent(messages: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the last of the messages (who, text) that are within the budget, and the very last in any case."""
    kept: list[dict[str, Any]] = []
    left = HISTORY_TOKENS
    for role, text in reversed(messages):
        left -= tokens(text)
        if kept and left < 0:
            break
        kept.insert(0, {"role": role, "content": text})
    return kept
