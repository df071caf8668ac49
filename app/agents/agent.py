"""What every agent offers: a state and what was heard in, text in pieces and the next state out. Knows no sound."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from audio_io.voices.voice import VoiceSettings

State = TypeVar("State")


@dataclass(frozen=True)
class Reply(Generic[State]):
    """What an agent says, in pieces that may come late (a language model's), with marks; the state that follows.

    A piece that is nothing but marks shows them at once; the next is asked for once the person's turn is over, so that
    what has an effect in the world may come after it. ends: whether the conversation is over after it; left: told, from any
    thread, that nobody waits for the pieces any more.
    """

    pieces: Iterable[str]
    state: State
    ends: bool = False
    left: Callable[[], object] = lambda: None


class Agent(Protocol[State]):
    """A partner in conversation. It keeps nothing: its state is a value, so that an answer nobody heard leaves no trace.

    phrases: what it expects to hear, for recognisers that need to know. backchannels: what it may murmur while it listens.
    """

    name: str
    voice: VoiceSettings
    phrases: tuple[str, ...]
    backchannels: tuple[str, ...]

    def start(self) -> State:
        """Return the state of a conversation that begins."""

    def open(self, state: State) -> Reply[State]:
        """Return what it says when the conversation begins."""

    def reply(self, state: State, heard: str) -> Reply[State]:
        """Return its answer to a turn of the person's."""

    def silence(self, state: State) -> Reply[State]:
        """Return what it says when nobody has spoken for long."""

    def settle(self, state: State, said: str) -> State:
        """Return the state, after a reply of which `said` is what was really heard, an interruption cutting the rest."""
