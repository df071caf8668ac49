"""When the agent murmurs while it listens: in a pause inside a turn that plainly goes on, not too often."""

from collections.abc import Sequence
from typing import Final

from app.agents.wording import wait_seconds
from app.conversation.speech import Speech
from app.conversation.turns import Event
from audio_io.time.tape import SAMPLE_RATE

_EVERY_SECONDS: Final = 5.0
_AFTER_SECONDS: Final = 1.2  # of a turn
_GOES_ON_SECONDS: Final = 1.0  # that a text makes one wait for more


class Murmurs:
    """The agent's murmurs. readiness: how readily it murmurs, 0 (never) to 1."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self.readiness = 0.0
        self._began = self._murmured = 0

    def turn_begins(self, at: int) -> None:
        """Hear that the person begins a turn at a sample."""
        self._began = at

    def given(self, pause: Event, text: str, sounds: Sequence[str]) -> bool:
        """Murmur one of `sounds` in a pause after `text`, where the dial lets it; return whether it did."""
        spoken = (pause.at - self._began) / SAMPLE_RATE
        rested = (pause.at - self._murmured) / SAMPLE_RATE
        goes_on = wait_seconds(text) >= _GOES_ON_SECONDS and spoken > _AFTER_SECONDS
        if not (self.readiness and sounds and goes_on) or rested < _EVERY_SECONDS / self.readiness:
            return False
        self._murmured = pause.at
        self._speech.murmur(sounds[pause.turn % len(sounds)])
        return True
