"""An agent that a language model speaks for, by any OpenAI-compatible server; a persona goes on where the server fails."""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

from app.conversation.agent import Reply
from app.conversation.marks import plain_and_marks
from app.conversation.persona import Persona, PersonaState
from audio_io.voices.voice import VoiceSettings

KEY_VARIABLE: Final = "OPENAI_API_KEY"
_KEYRING: Final = "dualtalk-live"
# Where the usual programs listen on this machine.
LOCAL_SERVERS: Final = {
    "Ollama": "http://127.0.0.1:11434/v1", "llama.cpp": "http://127.0.0.1:8080/v1",
    "LM Studio": "http://127.0.0.1:1234/v1", "vLLM": "http://127.0.0.1:8000/v1",
}  # fmt: skip
_LOOK_SECONDS: Final = 0.5
FIRST_WORD_SECONDS: Final = 4.0
_NEXT_WORD_SECONDS: Final = 3.0
_REMEMBERED: Final = 24  # messages
_LONGEST: Final = 700  # letters: it is a conversation
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
class Server:
    """An OpenAI-compatible server: its name, address and models."""

    name: str
    address: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class LanguageModelState:
    """Messages (who, text) as they were heard, and the state of the persona that stands in."""

    messages: tuple[tuple[str, str], ...]
    persona: PersonaState


def api_key() -> str:
    """Return the key from the environment, or the system's keyring; a local server needs none."""
    if os.environ.get(KEY_VARIABLE):
        return os.environ[KEY_VARIABLE]
    try:
        import keyring

        return keyring.get_password(_KEYRING, KEY_VARIABLE) or "none"
    except Exception:  # a machine without a keyring fails in many ways
        return "none"


def client(address: str, seconds: float) -> Any:
    """Return a client of a server that gives up after `seconds` without an answer."""
    import openai  # a second

    return openai.OpenAI(base_url=address, api_key=api_key(), timeout=seconds, max_retries=0)


def look(name: str, address: str) -> Server | None:
    """Return the server at an address, None where there is none, or none that has a model."""
    try:
        models = tuple(model.id for model in client(address, _LOOK_SECONDS).models.list().data)
    except Exception:  # whatever answers there is no such server
        return None
    return Server(name, address, models) if models else None


def local_servers() -> list[Server]:
    """Return the servers on this machine's usual ports."""
    with ThreadPoolExecutor(len(LOCAL_SERVERS)) as pool:
        found = pool.map(lambda item: look(*item), LOCAL_SERVERS.items())
    return [server for server in found if server]


def clauses(pieces: Iterator[str]) -> Iterator[str]:
    """Join streamed pieces into what can be spoken: the first clause as soon as it is there, then whole sentences."""
    waiting, first = "", True
    for piece in pieces:
        waiting += piece
        while (cut := _cut(waiting, first)) is not None:
            yield waiting[:cut].strip()
            waiting, first = waiting[cut:], False
    if waiting.strip():
        yield waiting.strip()


def _cut(text: str, first: bool) -> int | None:
    for found in (_CLAUSE if first else _SENTENCE).finditer(text):
        sentence = text[found.start()] in ".!?…\n"
        if sentence or len(text[: found.start()].strip()) >= _SHORTEST_CLAUSE:
            return found.end()
    return None


def _checked(text: str) -> str:
    """Return text; raise ValueError where it is no language."""
    printable = sum(character.isalpha() or character.isspace() for character in text)
    if len(text) > 12 and printable < _READABLE * len(text):
        raise ValueError("it sent garbage")
    if any(ord(character) < 32 and character not in "\n\t\r" for character in text) or "�" in text:
        raise ValueError("it sent garbage")
    return text


class LanguageModel:
    """An `Agent` that a server speaks for, with a persona's profile. warn: told in words where the persona had to go on."""

    def __init__(
        self, server: Server, model: str, persona: Persona, voice: VoiceSettings | None, warn: Callable[[str], None]
    ) -> None:
        self._server, self._model, self._persona, self._warn = server, model, persona, warn
        self.name, self.voice = persona.name, voice or persona.voice
        self.phrases, self.backchannels = persona.phrases, persona.backchannels
        profile = " ".join(persona.file.profile)
        self._client = client(server.address, FIRST_WORD_SECONDS)
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
            for clause in clauses(self._streamed(messages)):
                yield _checked(clause)
                said += len(clause)
                if said > _LONGEST:
                    return
            if not said:
                raise ValueError("it said nothing")
        except Exception as error:  # servers fail in every way: down, slow, breaking off, sending garbage
            reason = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
            self._warn(
                f"the language model at {self._server.address} failed ({reason}): {self._persona.name} goes on alone"
            )
            if not said:
                yield from stand_in.pieces

    def _streamed(self, messages: tuple[tuple[str, str], ...]) -> Iterator[str]:
        sent = [{"role": "system", "content": self._system}]
        sent += [{"role": role, "content": text} for role, text in messages]
        import httpx2 as http

        patience = http.Timeout(_NEXT_WORD_SECONDS, read=FIRST_WORD_SECONDS)
        stream = self._client.chat.completions.create(
            model=self._model, messages=sent, stream=True, temperature=0.7, max_tokens=220, timeout=patience
        )
        try:
            for chunk in stream:
                text = chunk.choices[0].delta.content if chunk.choices else None
                if text:
                    yield text
        finally:
            stream.close()  # an answer that nobody waits for is not generated to its end

    def settle(self, state: LanguageModelState, said: str) -> LanguageModelState:
        """Remember what was heard of the answer, without its marks."""
        plain = plain_and_marks(said)[0]
        messages = (*state.messages, ("assistant", plain)) if plain else state.messages
        return replace(state, messages=messages, persona=self._persona.settle(state.persona, said))
