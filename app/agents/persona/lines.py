"""Which line a persona says next: each list in turn, none that names what is not known, and a word before one said before."""

from collections.abc import Mapping

from app.agents.persona.filling import names_any, sayable
from app.agents.persona.state import PersonaState
from app.agents.schema import PersonaFile, Topic


class Lines:
    """The lines of a persona."""

    def __init__(self, file: PersonaFile) -> None:
        self._file = file
        self._offers = {topic.name: topic.offer for topic in file.topics if topic.offer}

    def next(self, state: PersonaState, key: str, lines: tuple[str, ...]) -> tuple[str, PersonaState]:
        """Return the next line of a list, round and round."""
        return lines[state.times(key) % len(lines)], state.counted(key)

    def of(self, topic: Topic, state: PersonaState, asks: bool, facts: Mapping[str, str]) -> tuple[str, PersonaState]:
        """Return a topic's next line, of those that the person's telling gets where they do not ask."""
        key, listed = (topic.name, topic.say) if asks or not topic.reacts else (f"reacts {topic.name}", topic.reacts)
        lines = sayable(listed, facts) or self._file.acknowledge
        if topic.does == "recall":  # what is known is told rather than that nothing is
            lines = tuple(line for line in lines if names_any(line)) or lines
        times = state.times(key)
        line, state = self.next(state, key, lines)
        state = state if key == topic.name else state.counted(topic.name)
        told_before = times >= len(lines) and not topic.light and not topic.steps and not names_any(line)
        if told_before and self._file.again:
            opening, state = self.next(state, "again", self._file.again)
            line = f"{opening} {line}"
        return line, state

    def framed(self, state: PersonaState, number: int | None) -> tuple[str, PersonaState]:
        """Return the next line of a frame, empty where there is none, or each was said."""
        key, lines = f"frame {number}", () if number is None else self._file.frames[number].say
        return self.next(state, key, lines) if state.times(key) < len(lines) else ("", state)

    def offered(self, state: PersonaState) -> tuple[str, str, PersonaState]:
        """Return the topic offered and talked about the least, and the question that offers it; empty where none can be."""
        if not self._offers:
            return "", "", state
        name = min(self._offers, key=lambda each: (state.times(f"offer {each}"), state.times(each)))
        return name, self._offers[name], state.counted(f"offer {name}")
