"""An agent that a language model speaks for, by any OpenAI-compatible server; a persona goes on where the server fails."""

import logging
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any, Final

from app.agents.agent import Reply
from app.agents.language_model.clauses import checked, clauses
from app.agents.language_model.guard import Guarded
from app.agents.language_model.prompt import recent, system_text
from app.agents.language_model.server import Server, ServerError, client, key_for, plain
from app.agents.language_model.stream import Call, streamed
from app.agents.language_model.tools import Using, tools_of
from app.agents.marks import plain_and_marks
from app.agents.persona.persona import Persona
from app.agents.persona.state import PersonaState
from audio_io.notice import Tell, Trouble
from audio_io.voices.voice import VoiceSettings

_LOG: Final = logging.getLogger(__name__)
FIRST_CLAUSE_SECONDS: Final = 5.0  # that the person waits before the persona answers instead
NEXT_CLAUSE_SECONDS: Final = 8.0
WHOLE_SECONDS: Final = 30.0
TOOL_SECONDS: Final = 1.5  # that a tool may take before the agent says that it takes a moment
_REMEMBERED: Final = 100  # messages, of which those are sent that are within the budget
_LONGEST: Final = 700  # letters of an answer: it is a conversation
_LOOK_SECONDS: Final = 0.1  # between looks whether anybody still waits
_ROUNDS: Final = 4  # of tools, in one answer
_AWAY: Final = "[away]"  # a face that thinks looks aside
_MOMENT: Final = "[away] One moment, I am looking that up."


@dataclass(frozen=True)
class LanguageModelState:
    """Messages (who, text) as they were heard, and the state of the persona that stands in."""

    messages: tuple[tuple[str, str], ...]
    persona: PersonaState


class _LeftError(Exception):
    """Nobody waits for the answer any more."""


class _Arriving:
    """Pieces of text read on a thread of their own, so that whoever waits for them can give up in time.

    Iterating raises what the source raised, and ServerError once the time is over, _LeftError once `left` is set.
    """

    def __init__(self, source: Generator[str | Call, None, None], left: threading.Event) -> None:
        self._source, self._come = source, SimpleQueue[str | Call | Exception | None]()
        self._left, self._over = left, threading.Event()
        self._begun = time.monotonic()
        self.within(FIRST_CLAUSE_SECONDS)
        threading.Thread(target=self._read, name="language-model", daemon=True).start()

    def within(self, seconds: float) -> None:
        """Wait so long from now, and never longer than a whole answer may take."""
        self._until = min(time.monotonic() + seconds, self._begun + WHOLE_SECONDS)

    def _read(self) -> None:
        try:
            with closing(self._source) as source:
                for piece in source:
                    if self._over.is_set() or self._left.is_set():
                        return  # an answer that nobody waits for is not generated to its end
                    if piece:
                        self._come.put(piece)
            self._come.put(None)
        except Exception as error:  # whoever iterates is told
            self._come.put(error)

    def __iter__(self) -> Iterator[str | Call]:
        while (left := self._until - time.monotonic()) > 0:
            try:
                piece = self._come.get(timeout=min(left, _LOOK_SECONDS))
            except Empty:
                if self._left.is_set():
                    raise _LeftError from None
                continue
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                return
            yield piece
        raise ServerError("it was too slow")

    def close(self) -> None:
        """Hear no more."""
        self._over.set()


def _texts(arriving: _Arriving, calls: list[Call]) -> Iterator[str]:
    """Yield the texts of what arrives, and keep the calls."""
    for piece in arriving:
        if isinstance(piece, Call):
            calls.append(piece)
        else:
            yield piece


class LanguageModel:
    """An `Agent` that a server speaks for, with a persona's profile. warn: told in words where the persona had to go on."""

    def __init__(self, server: Server, model: str, persona: Persona, voice: VoiceSettings | None, warn: Tell) -> None:
        self._server, self._model, self._persona, self._warn = server, model, persona, warn
        self.name, self.voice = persona.name, voice or persona.voice
        self.phrases, self.backchannels = persona.phrases, persona.backchannels
        self._key = key_for(server.address)
        self._client = client(server.address, self._key)
        self._system = system_text(persona.file)
        self._tools = tools_of(persona.file.tools, warn)

    def start(self) -> LanguageModelState:
        """Return the state of a conversation that begins."""
        return LanguageModelState((), self._persona.start())

    def open(self, state: LanguageModelState) -> Reply[LanguageModelState]:
        """Greet, as the persona does: at once."""
        reply = self._persona.open(state.persona)
        return Reply(reply.pieces, replace(state, persona=reply.state))

    def reply(self, state: LanguageModelState, heard: str) -> Reply[LanguageModelState]:
        """Stream an answer, clause by clause."""
        messages = (*state.messages, ("user", heard))[-_REMEMBERED:]
        stand_in, left = self._persona.reply(state.persona, heard), threading.Event()
        pieces = self._spoken(messages, stand_in, left)
        return Reply(pieces, LanguageModelState(messages, stand_in.state), stand_in.ends, left.set)

    def silence(self, state: LanguageModelState) -> Reply[LanguageModelState]:
        """Take the initiative, as the persona does."""
        reply = self._persona.silence(state.persona)
        return Reply(reply.pieces, replace(state, persona=reply.state))

    def _spoken(
        self, messages: tuple[tuple[str, str], ...], stand_in: Reply[PersonaState], left: threading.Event
    ) -> Iterator[str]:
        said = False
        try:
            for piece in self._answered(recent(messages), left):
                yield piece
                said = said or piece not in (_AWAY, _MOMENT)
            if not said:
                raise ServerError("it said nothing")
        except _LeftError:
            return
        except Exception as error:  # servers fail in every way
            if isinstance(error, ServerError):
                reason = str(error)
            else:
                reason = f"in a way that was not foreseen, {type(error).__name__}"
                _LOG.error("an answer failed", exc_info=error)
            goes_on = "the answer ends there" if said else f"{self._persona.name} goes on alone"
            self._warn(Trouble(f"the language model at {plain(self._server.address)} failed ({reason}): {goes_on}"))
            if not said:
                yield from stand_in.pieces

    def _answered(self, sent: list[dict[str, Any]], left: threading.Event) -> Iterator[str]:
        """Yield an answer's clauses as they may be spoken, using tools where the language model asks for them."""
        guard, length = Guarded(self._persona.file.guard), 0
        for _ in range(_ROUNDS):
            if left.is_set():
                raise _LeftError
            calls: list[Call] = []
            with closing(_Arriving(streamed(self._client, self._asked(sent)), left)) as arriving:
                for clause in clauses(_texts(arriving, calls)):
                    length += len(clause)
                    if length > _LONGEST:
                        return
                    if guard.forbids(clause):
                        yield self._instead(sent)
                        return
                    yield checked(clause, self._key)
                    arriving.within(NEXT_CLAUSE_SECONDS)
            if not calls:
                return
            yield from self._used(calls, sent, left)

    def _instead(self, sent: list[dict[str, Any]]) -> str:
        """Return what is said instead of what must not be, in turn."""
        lines = self._persona.file.guard.instead
        asked = sum(message["role"] == "user" for message in sent)
        return str(lines[asked % len(lines)])

    def _used(self, calls: list[Call], sent: list[dict[str, Any]], left: threading.Event) -> Iterator[str]:
        """Use tools and add what they gave to what is sent; say so where that takes long."""
        yield _AWAY
        if left.is_set():
            raise _LeftError
        sent.append({"role": "assistant", "content": None, "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]})  # fmt: skip
        told = False
        for call in calls:
            using = Using(self._tools, call)
            if not using.done(TOOL_SECONDS) and not told:
                told = True
                yield _MOMENT
            result = using.result()
            if using.failed:
                _LOG.warning("the tool %r failed", call.name, exc_info=using.failed)
            sent.append({"role": "tool", "tool_call_id": call.id, "content": result})

    def _asked(self, sent: Sequence[dict[str, Any]]) -> dict[str, Any]:
        told = [{"role": "system", "content": self._system}, *sent]
        asked = {"model": self._model, "messages": told, "stream": True, "temperature": 0.7, "max_tokens": 220}
        return asked | ({"tools": [tool.described() for tool in self._tools]} if self._tools else {})

    def settle(self, state: LanguageModelState, said: str) -> LanguageModelState:
        """Remember what was heard of the answer, without its marks."""
        heard = plain_and_marks(said)[0]
        messages = (*state.messages, ("assistant", heard)) if heard else state.messages
        return replace(state, messages=messages, persona=self._persona.settle(state.persona, said))
