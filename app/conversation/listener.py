"""Listens to the person 32 ms at a time: is it speech, and what does that do to the turn?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from app.agents.wording import wait_seconds
from app.conversation.turns import Event, Heard, Turns, advance
from app.settings import Mode
from audio_io.activity import CHUNK, VoiceActivity
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape

_SILENT_MICROPHONE: Final = 0.3  # s without new sound: then it is silence that passes
_TOO_LATE: Final = 2.0  # s behind: what is missed is left out
_ROOM_SECONDS: Final = 0.6  # after the agent's last sample, in which its echo may still come back
_PROBABLE: Final = 0.3
_ECHO_SECONDS: Final = 0.12  # that the room goes on after the agent's last sample


class Floor(Protocol):
    """What the listener has to know of the agent."""

    def sounding(self, at: float, tail_seconds: float = 0.0) -> bool:
        """Tell whether the agent holds the floor at a sample."""

    @property
    def speaking(self) -> bool:
        """Whether the agent has something left to say."""


class Listener:
    """Follows the cleaned microphone's tape. `step` on its loop, all else from any thread.

    text: what the recogniser understood of a turn so far; busy: whether what was heard still has to be judged; whole: whether a
    text is a phrase that the agent knows; complete: how probable it is that a turn is over whose pause began at a sample; own:
    whether the sound just before a sample is the agent's own, come back; happened: told of every event, in order.
    """

    def __init__(
        self, tape: Tape, clock: Clock, agent: Floor, text: Callable[[int], str], busy: Callable[[], bool],
        whole: Callable[[str], bool], complete: Callable[[int], float | None], own: Callable[[int], bool],
        happened: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self._tape, self._clock, self._agent = tape, clock, agent
        self._text, self._busy, self._whole, self._complete = text, busy, whole, complete
        self._own, self._happened = own, happened
        self._activity = VoiceActivity()
        self._at = int(clock.now())
        self.turns = Turns(quiet_from=self._at)  # the loop's alone; others read it
        self.probability = 0.0
        # What other threads ask of the loop: each is a value that they assign and that the next step takes.
        self.mode, self.initiative = self.turns.mode, self.turns.initiative
        self.key = False  # whether the key to talk is held

    def use_mode(self, mode: Mode) -> None:
        """Let the person speak in another way."""
        self.mode = mode

    def use_initiative(self, on: bool) -> None:
        """Let the agent speak by itself when nobody has for long, or not."""
        self.initiative = on

    def wait(self, text: str, pause: Event) -> float:
        """Return how long (s) to wait after a text that a pause follows, before the turn counts as over."""
        return wait_seconds(text, self.turns.patience, self._whole(text), self._complete(pause.speech))

    def step(self) -> bool:
        """Hear the next 32 ms, if they are there."""
        now = int(self._clock.now())
        if now - self._at > _TOO_LATE * SAMPLE_RATE:
            self._at = now - CHUNK
        if self._tape.end >= self._at + CHUNK:
            self.probability = self._activity.probability(self._tape.read(self._at, CHUNK))
        elif now - self._at > _SILENT_MICROPHONE * SAMPLE_RATE:
            self.probability = 0.0
        else:
            return False
        self._at += CHUNK
        sounding = self._agent.sounding(self._at - CHUNK, _ECHO_SECONDS)
        suspect = self.probability > _PROBABLE and self._agent.sounding(self._at - CHUNK, _ROOM_SECONDS)
        voice = 0.0 if suspect and self._own(self._at) else self.probability
        pending = self._busy()
        busy = pending or self._agent.speaking
        text = self._text(self.turns.turn)
        heard = Heard(
            self._at, voice, sounding, text, bool(text) and self._whole(text), self.key, busy, pending,
            self._complete(self.turns.speech) if self.turns.pausing else None,
        )  # fmt: skip
        asked = replace(self.turns, mode=self.mode, initiative=self.initiative)
        self.turns, events = advance(asked, heard, CHUNK)
        for event in events:
            self._happened(event)
        return True
