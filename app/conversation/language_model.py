"""An agent that a language model speaks for, by any OpenAI-compatible server; a persona goes on where the server fails."""

import logging
import re
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Final

from app.conversation.agent import Reply
from app.conversation.marks import plain_and_marks
from app.conversation.persona import Persona
from app.conversation.persona_state import PersonaState
from app.conversation.server import Server, ServerError, client, key_for, plain, streamed
from audio_io.notice import Tell, Trouble
from audio_io.voices.voice import VoiceSettings

_LOG: Final = logging.getLogger(__name__)
FIRST_CLAUSE_SECONDS: Final = 5.0  # that the person waits before the persona answers instead
NEXT_CLAUSE_SECONDS: Final = 8.0
WHOLE_SECONDS: Final = 30.0
_REMEMBERED: Final = 24  # messages
_LONGEST: Final = 700  # letters of an answer: it is a conversation
_LONGEST_CLAUSE: Final = 200  # letters, as of a sentence that is spoken
_CLAUSE: Final = re.compile(r"[.!?…](?:[\"')\]]*)\s|[,;:—]\s|\n")
_SENTENCE: Final = re.compile(r"[.!?…](?:[\"')\]]*)\s|\n")
_SHORTEST_CLAUSE: Final = 18
_READABLE: Final = 0.6  # share of letters and spaces under which text is garbage
_STYLE: Final = (
    "You are talking aloud with somebody in front of a screen that shows your head. Answer in one to three short spoken "
    "sentences, plain words, no lists, no markdown. You may put marks in square brackets before a sentence to move your "
    "face: [smile] [happy] [sad] [surprised] [nod] [shake] [tilt]. What the person said may be misheard: be forgiving."
)


@dataclass(frozen=True)
class LanguageModelState:
    """Messages (who, text) as they were heard, and the state of the persona that stands in."""

    messages: tuple[tuple[str, str], ...]
    persona: PersonaState


def clauses(pieces: Iterator[str]) -> Iterator[str]:
    """Join streamed pieces into what can be spoken: the first clause as soon as it is there, then whole sentences.

    None is longer than 200 letters; one that would be is cut at a blank. What waits is never longer than twice that, so
    that the time grows with the text alone, however it is cut.
    """
    waiting, first = "", True
    for piece in pieces:
        for start in range(0, len(piece), _LONGEST_CLAUSE):
            waiting += piece[start : start + _LONGEST_CLAUSE]
            while (cut := _cut(waiting, first)) is not None:
                clause, waiting = waiting[:cut].strip(), waiting[cut:]
                if clause:
                    yield clause
                    first = False
    if waiting.strip():
        yield waiting.strip()


def _cut(text: str, first: bool) -> int | None:
    for found in (_CLAUSE if first else _SENTENCE).finditer(text, 0, _LONGEST_CLAUSE):
        sentence = text[found.start()] in ".!?…\n"
        if sentence or len(text[: found.start()].strip()) >= _SHORTEST_CLAUSE:
            return found.end()
    if len(text) <= _LONGEST_CLAUSE:
        return None
    blank = text.rfind(" ", 1, _LONGEST_CLAUSE)
    return blank if blank > 0 else _LONGEST_CLAUSE


def _checked(text: str, key: str) -> str:
    """Return text without characters that do not show; raise ServerError where it is no language, or holds our key."""
    printable = sum(character.isalpha() or character.isspace() for character in text)
    if len(text) > 12 and printable < _READABLE * len(text):
        raise ServerError("it sent garbage")
    if any(ord(character) < 32 and character not in "\n\t\r" for character in text) or "�" in text:
        raise ServerError("it sent garbage")
    if key and key in text:
        raise ServerError("it sent its key back")
    return "".join(character for character in text if character.isprintable() or character.isspace())


class _Arriving:
    """Pieces of text read on a thread of their own, so that whoever waits for them can give up in time.

    Iterating raises what the source raised, and ServerError once the time is over.
    """

    def __init__(self, source: Generator[str, None, None]) -> None:
        self._source, self._come = source, SimpleQueue[str | Exception | None]()
        self._left = threading.Event()
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
                    if self._left.is_set():
                        return  # an answer that nobody waits for is not generated to its end
                    if piece:
                        self._come.put(piece)
            self._come.put(None)
        except Exception as error:  # whoever iterates is told
            self._come.put(error)

    def __iter__(self) -> Iterator[str]:
        while (left := self._until - time.monotonic()) > 0:
            try:
                piece = self._come.get(timeout=left)
            except Empty:
                break
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                return
            yield piece
        raise ServerError("it was too slow")

    def close(self) -> None:
        """Hear no more."""
        self._left.set()


class LanguageModel:
    """An `Agent` that a server speaks for, with a persona's profile. warn: told in words where the persona had to go on."""

    def __init__(self, server: Server, model: str, persona: Persona, voice: VoiceSettings | None, warn: Tell) -> None:
        self._server, self._model, self._persona, self._warn = server, model, persona, warn
        self.name, self.voice = persona.name, voice or persona.voice
        self.phrases, self.backchannels = persona.phrases, persona.backchannels
        profile = " ".join(persona.file.profile)
        self._key = key_for(server.address)
        self._client = client(server.address, self._key)
        self._system = f"Your name is {persona.name}. {profile} {persona.file.style} {_STYLE}"

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
        stand_in = self._persona.reply(state.persona, heard)
        return Reply(self._spoken(messages, stand_in), LanguageModelState(messages, stand_in.state), stand_in.ends)

    def silence(self, state: LanguageModelState) -> Reply[LanguageModelState]:
        """Take the initiative, as the persona does."""
        reply = self._persona.silence(state.persona)
        return Reply(reply.pieces, replace(state, persona=reply.state))

    def _spoken(self, messages: tuple[tuple[str, str], ...], stand_in: Reply[PersonaState]) -> Iterator[str]:
        said = 0
        try:
            with closing(_Arriving(streamed(self._client, self._asked(messages)))) as arriving:
                for clause in clauses(iter(arriving)):
                    if said + len(clause) > _LONGEST:
                        return
                    yield _checked(clause, self._key)
                    said += len(clause)
                    arriving.within(NEXT_CLAUSE_SECONDS)
            if not said:
                raise ServerError("it said nothing")
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

    def _asked(self, messages: tuple[tuple[str, str], ...]) -> dict[str, object]:
        sent = [{"role": "system", "content": self._system}]
        sent += [{"role": role, "content": text} for role, text in messages]
        return {"model": self._model, "messages": sent, "stream": True, "temperature": 0.7, "max_tokens": 220}

    def settle(self, state: LanguageModelState, said: str) -> LanguageModelState:
        """Remember what was heard of the answer, without its marks."""
        heard = plain_and_marks(said)[0]
        messages = (*state.messages, ("assistant", heard)) if heard else state.messages
        return replace(state, messages=messages, persona=self._persona.settle(state.persona, said))
