"""The built-in agent: a persona from a file, small talk and a tour without any network. Its state is a value."""

import re
from dataclasses import dataclass, replace
from typing import Final

from app.conversation.agent import Reply
from app.conversation.marks import plain_and_marks
from app.conversation.matching import Phrases, yes_or_no
from app.conversation.schema import Go, PersonaFile, Topic
from app.conversation.wording import words_of

_CLEAR: Final = 0.5  # how well a topic's phrase has to fit
_ANSWER_CLEAR: Final = 0.75  # while an answer is awaited, a change of topic has to be clearer than that
_NAME: Final = re.compile(r"\b(?:my name is|i am called|call me|i'm|i am|it's|it is)\s+([^\W\d_]{2,20})", re.IGNORECASE)
_NOT_NAMES: Final = frozenset(
    words_of(
        "a an the in at on not very so fine good well here there tired happy sad called from just going doing okay"
    )
)


@dataclass(frozen=True)
class PersonaState:
    """What a persona remembers: how often each list of lines was used, the question that waits for an answer, the tour's
    step, the person's name, the last line, how many turns in a row were not understood."""

    used: tuple[tuple[str, int], ...] = ()
    asked: str = ""  # the topic whose question was asked
    question: str = ""
    touring: str = ""
    name: str = ""
    last: str = ""
    unclear: int = 0

    def times(self, key: str) -> int:
        """Return how often a list of lines was used."""
        return dict(self.used).get(key, 0)

    def counted(self, key: str) -> "PersonaState":
        """Return the state after another use of a list of lines."""
        return replace(self, used=tuple({**dict(self.used), key: self.times(key) + 1}.items()))


class Persona:
    """An `Agent` from a persona file."""

    def __init__(self, file: PersonaFile) -> None:
        self.file = file
        self.name, self.voice, self.backchannels = file.name, file.voice.settings(), file.backchannels
        self._topics = {topic.name: topic for topic in file.topics}
        heard = [(topic.name, phrase) for topic in file.topics for phrase in topic.hear]
        self._phrases = Phrases(heard)
        self._steps = Phrases((topic.name, phrase) for topic in file.topics for phrase in topic.steps)
        steps = [phrase for topic in file.topics for phrase in topic.steps]
        self.phrases = tuple(phrase for _, phrase in heard) + tuple(steps)

    def start(self) -> PersonaState:
        """Return the state of a conversation that begins."""
        return PersonaState()

    def _next(self, state: PersonaState, key: str, lines: tuple[str, ...]) -> tuple[str, PersonaState]:
        """Return the next line of a list, round and round."""
        return lines[state.times(key) % len(lines)], state.counted(key)

    def open(self, state: PersonaState) -> Reply[PersonaState]:
        """Greet."""
        line, state = self._next(state, "greeting", self.file.greeting)
        return self._said(
            line, replace(state, asked="how are you" if "how are you" in self._topics else "", question=line)
        )

    def silence(self, state: PersonaState) -> Reply[PersonaState]:
        """Take the initiative; while a tour waits, go on with it."""
        if state.touring:
            return self._topic(self._topics[state.touring], state)
        line, state = self._next(state, "initiative", self.file.initiative)
        return self._said(line, replace(state, asked="", question=""))

    def reply(self, state: PersonaState, heard: str) -> Reply[PersonaState]:
        """Answer: an awaited answer first, then the topic that fits, else ask again or lead on."""
        found, fit = self._meant(heard)
        if state.touring and self._goes_on(heard):
            return self._topic(self._topics[state.touring], state)
        answered = self._answered(state, heard, found, fit)
        if answered is not None:
            return answered
        if fit >= _CLEAR:
            name = self._name_in(heard)
            return self._topic(self._topics[found], replace(state, name=name or state.name))
        return self._unclear(state)

    def _meant(self, heard: str) -> tuple[str, float]:
        """Return the topic that a turn leads to, and how well it fits: by the whole turn, or else by its last sentence."""
        found, fit = self._phrases.best(heard)
        parts = [part for part in re.split(r"[.!?]+\s*", heard) if part.strip()]
        last, closer = self._phrases.best(parts[-1]) if len(parts) > 1 else ("", 0.0)
        return (last, closer) if fit < _CLEAR < closer else (found, fit)

    def _goes_on(self, heard: str) -> bool:
        return self._steps.best(heard)[1] >= _CLEAR or yes_or_no(heard) == "yes"

    def _name_in(self, heard: str) -> str:
        """Return the name that somebody says they have, where it can be one."""
        found = _NAME.search(heard)
        name = found.group(1) if found else ""
        words = words_of(name)
        unlikely = not words or words[0] in _NOT_NAMES or words[0] in self._phrases
        return "" if unlikely else name.capitalize()

    def _answered(self, state: PersonaState, heard: str, found: str, fit: float) -> Reply[PersonaState] | None:
        """Return what the answer to the question that was asked gets, None where none was asked or this is no answer."""
        topic = self._topics.get(state.asked)
        if topic is None or not state.question:
            return None
        said = yes_or_no(heard)
        plain = found in ("agree", "disagree", "well", "")
        name = self._name_in(heard) or (heard.strip().capitalize() if len(words_of(heard)) == 1 else "")
        if "name" in topic.answers and name and not (fit >= _ANSWER_CLEAR and found != "my name"):
            named = replace(state, name=name, asked="", question="")
            return self._answer(topic.answers["name"], named)
        if said in topic.answers and (plain or fit < _ANSWER_CLEAR):
            return self._answer(topic.answers[said], replace(state, asked="", question=""))
        if "any" in topic.answers and (plain or fit < _ANSWER_CLEAR):
            return self._answer(topic.answers["any"], replace(state, asked="", question=""))
        return None

    def _answer(self, answer: str | Go, state: PersonaState) -> Reply[PersonaState]:
        if isinstance(answer, Go):
            return self._topic(self._topics[answer.go], state)
        return self._led_on(answer, state)

    def _led_on(self, line: str, state: PersonaState) -> Reply[PersonaState]:
        """Say a line, and ask the next question that was not asked yet, so that the conversation goes on."""
        for name in self.file.bridges:
            topic = self._topics[name]
            if topic.ask and not state.times(f"ask {name}") and not state.times(name):
                question, state = self._next(state, f"ask {name}", topic.ask)
                return self._said(f"{line} {question}", replace(state, asked=name, question=question, unclear=0))
        return self._said(line, replace(state, unclear=0))

    def _topic(self, topic: Topic, state: PersonaState) -> Reply[PersonaState]:
        if topic.repeat:
            return self._said(state.last or self.file.greeting[0], replace(state, unclear=0))
        if topic.name == "my name" and not state.name:
            return self._led_on(self.file.acknowledge[state.times("acknowledge") % len(self.file.acknowledge)], state)
        first = not state.times(topic.name)
        line, state = self._next(state, topic.name, topic.say)
        more = topic.steps and state.times(topic.name) % len(topic.say)
        state = replace(state, touring=topic.name if more else "", asked="", question="", unclear=0)
        if topic.ask and first and not state.times(f"ask {topic.name}"):
            question, state = self._next(state, f"ask {topic.name}", topic.ask)
            state = replace(state, asked=topic.name, question=question)
            line = f"{line} {question}"
        return self._led_on(line, state) if topic.leads else self._said(line, state, topic.ends)

    def _unclear(self, state: PersonaState) -> Reply[PersonaState]:
        """Ask again; after the second time in a row lead on to something else."""
        if state.unclear % 2:
            line, state = self._next(state, "acknowledge", self.file.acknowledge)
            return self._led_on(line, state)
        line, state = self._next(state, "unclear", self.file.unclear)
        return self._said(line, replace(state, unclear=state.unclear + 1, asked="", question=""))

    def _said(self, line: str, state: PersonaState, ends: bool = False) -> Reply[PersonaState]:
        text = line.replace("{name}", state.name).replace(" ,", ",")
        if ends:
            state = replace(PersonaState(), name=state.name, used=state.used)
        return Reply((text,), replace(state, last=text), ends)

    def settle(self, state: PersonaState, said: str) -> PersonaState:
        """A question that was not heard waits for no answer."""
        question = words_of(plain_and_marks(state.question)[0].replace("{name}", state.name))
        heard = not question or words_of(said)[-len(question) :] == question
        return state if heard else replace(state, asked="", question="")
