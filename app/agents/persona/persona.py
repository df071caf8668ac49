"""The built-in agent: a persona from a file talks, remembers, tells and plays without any network. Its state is a value."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.agents.agent import Reply
from app.agents.marks import plain_and_marks
from app.agents.persona.filling import filled, sayable
from app.agents.persona.games import begun, played
from app.agents.persona.lines import Lines
from app.agents.persona.matching import yes_or_no
from app.agents.persona.memory import Memory
from app.agents.persona.numbers import result_of
from app.agents.persona.state import PersonaState
from app.agents.persona.told import answer_in, told_in
from app.agents.persona.understanding import CLEAR, Turn, Understanding
from app.agents.schema import Go, PersonaFile, Topic
from app.agents.wording import words_of

_KEEP_AFTER: Final = (5, 2)  # turns, and things told, before the person is asked whether they may be remembered
_SHORT: Final = 5  # words of an answer that is remembered
_UNCLEAR_WORDS: Final = 2  # of a turn that means nothing known, and is taken for misheard
_KEEP, _AGAIN = "keep", "again"  # questions that are no topic's


class Persona:
    """An `Agent` from a persona file. memory: where what was told is kept, the person having agreed; now: the time of day."""

    def __init__(
        self, file: PersonaFile, memory: Memory | None = None, now: Callable[[], datetime] = datetime.now
    ) -> None:
        self.file, self._memory, self._now = file, memory, now
        self.name, self.voice, self.backchannels = file.name, file.voice.settings(), file.backchannels
        self._topics = {topic.name: topic for topic in file.topics}
        self._understanding = Understanding(file)
        self._lines = Lines(file)
        self.phrases = self._understanding.phrases

    def start(self) -> PersonaState:
        """Return the state of a conversation that begins, with what may be remembered of the last one."""
        kept = tuple(self._memory.read().items()) if self._memory and self.file.keeping else ()
        return PersonaState(told=kept, kept=kept, keep=True if kept else None)

    def open(self, state: PersonaState) -> Reply[PersonaState]:
        """Greet; ask whether it is the person who is remembered."""
        if self.file.keeping and "name" in dict(state.kept):
            line = self.file.keeping.again
            return self._said(line, state.waiting_for(_AGAIN, line), "greeting")
        line, state = self._lines.next(state, "greeting", self.file.greeting)
        asked = "how are you" if "how are you" in self._topics else ""
        return self._said(line, state.waiting_for(asked, line), "greeting")

    def silence(self, state: PersonaState) -> Reply[PersonaState]:
        """Take the initiative; while a tour or a story waits, go on with it."""
        if state.touring:
            return self._topic(self._topics[state.touring], state)
        line, state = self._lines.next(state, "initiative", sayable(self.file.initiative, state.facts(self._now())))
        return self._said(line, state.waiting_for(), "initiative")

    def reply(self, state: PersonaState, heard: str) -> Reply[PersonaState]:
        """Answer: in a game or tour first, then an awaited answer, a sum, a topic, what was told; else say it is not known."""
        asked = self._topics.get(state.asked)
        told = told_in(heard, self._understanding.knows, asked is not None and "name" in asked.answers)
        turn = self._understanding.of(heard, told)
        state = replace(state.knowing(told), turns=state.turns + 1)
        for way in (self._played, self._toured, self._awaited, self._summed, self._spoken_of, self._told):
            reply = way(state, turn)
            if reply is not None:
                return reply
        return self._not_known(replace(state, game=None).waiting_for(), turn)

    def _played(self, state: PersonaState, turn: Turn) -> Reply[PersonaState] | None:
        """Go on with a game, unless the turn is clearly about something else."""
        game = state.game
        if game is None or (turn.sure and not self._topics[turn.found].does):
            return None
        outcome = played(game, turn.heard, self.file)
        if outcome is None:
            return None
        line, goes_on = outcome
        act = "guess number" if game.kind == "number" else "riddles"
        return self._said(line, replace(state, game=goes_on, unclear=0).waiting_for(), act)

    def _toured(self, state: PersonaState, turn: Turn) -> Reply[PersonaState] | None:
        goes_on = state.touring and self._understanding.goes_on(turn.heard)
        return self._topic(self._topics[state.touring], state) if goes_on else None

    def _awaited(self, state: PersonaState, turn: Turn) -> Reply[PersonaState] | None:
        """Return the reply to the answer that was awaited, None where the turn is none."""
        said, open_ = yes_or_no(turn.heard), state.waiting_for()
        if state.asked in (_KEEP, _AGAIN):
            return self._allowed(state.asked, said, open_) if said else None
        if state.offered and said and turn.plain:
            if said == "yes":
                return self._topic(self._topics[state.offered], open_)
            return self._acknowledged(open_, "declined")
        topic = self._topics.get(state.asked)
        if topic is None:
            return None
        if "name" in topic.answers and "name" in turn.told:
            return self._answer(topic.answers["name"], open_, "told name")
        if said in topic.answers and turn.plain:
            return self._answer(topic.answers[said], open_, "agreed" if said == "yes" else "declined")
        if "any" in topic.answers and turn.answers and not self._understanding.telling(turn.told):
            if topic.remembers and len(words_of(turn.heard)) <= _SHORT:
                open_ = open_.knowing({topic.remembers: answer_in(turn.heard)})
            return self._answer(topic.answers["any"], open_, "answered")
        return None

    def _allowed(self, asked: str, said: str, state: PersonaState) -> Reply[PersonaState]:
        """Take the person's word on whether they may be remembered, or are who is remembered."""
        keeping = self.file.keeping
        assert keeping is not None
        if asked == _KEEP:
            return self._said(keeping.yes if said == "yes" else keeping.no, replace(state, keep=said == "yes"), "kept")
        if said == "yes":
            return self._acknowledged(state, "agreed")
        return self._said(keeping.stranger, replace(state, told=(), kept=(), keep=None), "declined")

    def _summed(self, state: PersonaState, turn: Turn) -> Reply[PersonaState] | None:
        result = result_of(turn.heard) if self.file.sums else None
        if result is None:
            return None
        line, state = self._lines.next(state, "sums", self.file.sums)
        return self._said(line.replace("{result}", result), state.waiting_for(), "sum")

    def _spoken_of(self, state: PersonaState, turn: Turn) -> Reply[PersonaState] | None:
        """Take the topic that fits, where it is clear, unless something was told that it is not about."""
        if turn.fit < CLEAR or (
            turn.told and (turn.light or (turn.plain and not turn.asks)) and self._understanding.telling(turn.told)
        ):
            return None
        return self._topic(self._topics[turn.found], replace(state, game=None), turn.asks)

    def _told(self, state: PersonaState, turn: Turn) -> Reply[PersonaState] | None:
        told = self._understanding.telling(turn.told)
        return self._topic(self._topics[told], replace(state, game=None)) if told else None

    def _answer(self, answer: str | Go, state: PersonaState, act: str) -> Reply[PersonaState]:
        if isinstance(answer, Go):
            return self._topic(self._topics[answer.go], state)
        return self._led_on(answer, state, act)

    def _acknowledged(self, state: PersonaState, act: str) -> Reply[PersonaState]:
        line, state = self._lines.next(state, "acknowledge", self.file.acknowledge)
        return self._led_on(line, state, act)

    def _led_on(self, line: str, state: PersonaState, act: str) -> Reply[PersonaState]:
        """Say a line, and ask the next question that was not asked yet, so that the conversation goes on."""
        for name in self.file.bridges:
            topic = self._topics[name]
            if topic.ask and not state.times(f"ask {name}") and not state.times(name):
                question, state = self._lines.next(state, f"ask {name}", topic.ask)
                state = replace(state.waiting_for(name, question), unclear=0)
                return self._said(f"{line} {question}", state, act)
        return self._said(line, replace(state, unclear=0), act)

    def _topic(self, topic: Topic, state: PersonaState, asks: bool = True) -> Reply[PersonaState]:
        """Say the next line of a topic, and ask its question the first time."""
        state = replace(state.waiting_for(), unclear=0)
        if topic.picks:
            picked = min(topic.picks, key=state.times)
            return self._topic(self._topics[picked], state.counted(topic.name))
        if topic.repeat:
            return self._said(state.last or self.file.greeting[0], state, topic.name)
        if topic.does:
            return self._done(topic, state)
        first = not state.times(topic.name)
        line, state = self._lines.of(topic, state, asks, state.facts(self._now()))
        more = topic.steps and state.times(topic.name) % len(topic.say)
        state = replace(state, touring=topic.name if more else "", topic=topic.name)
        known = "name" in topic.answers and "name" in dict(state.told)
        if topic.ask and first and not known and not state.times(f"ask {topic.name}"):
            question, state = self._lines.next(state, f"ask {topic.name}", topic.ask)
            return self._said(f"{line} {question}", state.waiting_for(topic.name, question), topic.name)
        then = self._topics.get(topic.then)
        if then and first and then.offer and not state.times(then.name):
            return self._said(f"{line} {then.offer}", state.waiting_for("", then.offer, then.name), topic.name)
        if topic.leads:
            return self._led_on(line, state, topic.name)
        return self._said(line, state, topic.name, topic.ends)

    def _done(self, topic: Topic, state: PersonaState) -> Reply[PersonaState]:
        """Do what no line alone can do."""
        followed = self._followed(topic.does, state)
        if followed is not None:
            return followed
        if topic.does == "keep" and self.file.keeping and self._memory:
            question = self.file.keeping.ask
            return self._said(question, state.waiting_for(_KEEP, question), topic.name)
        if topic.does == "forget":
            state = replace(state, told=(), keep=False)
        times = state.times(topic.name)
        line, state = self._lines.of(topic, state, True, state.facts(self._now()))
        if topic.does in ("number", "riddle"):
            asked, game = begun(topic.does, self.file, times, f"{state.turns} {state.last} {self._now():%d%H}")
            return self._said(f"{line} {asked}".strip(), replace(state, game=game), topic.name)
        return self._led_on(line, state, topic.name) if topic.leads else self._said(line, state, topic.name)

    def _followed(self, deed: str, state: PersonaState) -> Reply[PersonaState] | None:
        """Follow "why?", "and you?" or "tell me more" up on what was spoken of last, where it has more to say."""
        before = self._topics.get(state.topic)
        if before is None:
            return None
        if deed == "why" and before.why:
            line, state = self._lines.next(state, f"why {before.name}", before.why)
            return self._said(line, state, "why")
        if deed == "you" and before.light and "how are you" in self._topics:
            return self._topic(self._topics["how are you"], state)
        if deed in ("more", "you") and not before.does and state.times(before.name) < len(before.say):
            return self._topic(before, state)
        return None

    def _not_known(self, state: PersonaState, turn: Turn) -> Reply[PersonaState]:
        """Say plainly that a question's answer is not known, and offer something; to what was told, say something kind."""
        line, state = self._lines.framed(state, self._understanding.framed(turn))
        if line:
            return self._led_on(line, state, "framed")
        if turn.asks and self.file.unknown:
            line, state = self._lines.next(state, "unknown", self.file.unknown)
            name, offer, state = self._lines.offered(state)
            return self._said(f"{line} {offer}".strip(), state.waiting_for("", offer, name), "unknown")
        told = bool(self.file.unknown) and len(words_of(turn.heard)) > _UNCLEAR_WORDS
        if told or state.unclear % 2:
            return self._acknowledged(state, "statement" if told else "unclear")
        line, state = self._lines.next(state, "unclear", self.file.unclear)
        return self._said(line, replace(state, unclear=state.unclear + 1), "unclear")

    def _said(self, line: str, state: PersonaState, act: str, ends: bool = False) -> Reply[PersonaState]:
        """Return a reply; where enough was told, ask whether it may be kept."""
        turns, told = _KEEP_AFTER
        asked = not state.free or ends or state.turns < turns or len(state.told) < told
        if self._memory and self.file.keeping and state.keep is None and not asked:
            question = self.file.keeping.ask
            line, state = f"{line} {question}", replace(state.waiting_for(_KEEP, question), keep=False)
        text = filled(line, state.facts(self._now()))
        if ends:
            state = PersonaState(used=state.used, told=state.told, keep=state.keep, kept=state.kept)
        return Reply((text,), replace(state, last=text, act=act), ends)

    def settle(self, state: PersonaState, said: str) -> PersonaState:
        """A question that was not heard waits for no answer. What the person agreed to is kept from here on, or forgotten."""
        question = words_of(plain_and_marks(filled(state.question, state.facts(self._now())))[0])
        if question and words_of(said)[-len(question) :] != question:
            state = state.waiting_for()
        return replace(state, kept=self._memory.settled(state.keep, state.told, state.kept)) if self._memory else state
