"""What the agent says: lines are synthesised sentence by sentence and written to its tape ahead of time."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from audio_io.clock import Clock
from audio_io.tape import SAMPLE_RATE, Audio, Tape
from audio_io.voice import sentences

_SENTENCE_GAP_SECONDS: Final = 0.22
_AHEAD_SECONDS: Final = 4.0  # nothing is synthesised further ahead than this


class Synthesiser(Protocol):
    """A voice: a sentence to audio [N] at 16 kHz."""

    def speak(self, sentence: str) -> Audio:
        """Return a sentence as audio; raise RuntimeError with the remedy where that cannot be."""


class Speech:
    """The agent's lines. `say` and `stop` from any thread; `step` on the speech loop.

    forget: called with the sample from which on everything said is taken back. lead: seconds before it sounds that
    speech has to be on the tape, so that the face hears it in time.
    """

    def __init__(
        self, voice: Synthesiser, tape: Tape, clock: Clock, forget: Callable[[int], None], lead: Callable[[], float]
    ) -> None:
        self._voice, self._tape, self._clock, self._forget, self._lead = voice, tape, clock, forget, lead
        self._lines: deque[tuple[int, str]] = deque()
        self._generation = 0
        self._lock = threading.Lock()

    def say(self, text: str) -> int:
        """Add a line; return how many sentences of it will be spoken."""
        parts = sentences(text)
        with self._lock:
            self._lines.extend((self._generation, part) for part in parts)
        return len(parts)

    def stop(self) -> None:
        """Be silent from now on: what waits and what is already on the tape is forgotten."""
        with self._lock:
            self._generation += 1
            self._lines.clear()
            now = int(self._clock.now())
            self._tape.forget(now)
            self._forget(now)

    @property
    def speaking(self) -> bool:
        """Whether there is something left to be heard."""
        return bool(self._lines) or self._tape.end > self._clock.now()

    def step(self) -> bool:
        """Synthesise the next sentence, if one is due, and write it behind the last."""
        with self._lock:
            due = bool(self._lines) and self._tape.end < self._clock.now() + _AHEAD_SECONDS * SAMPLE_RATE
            if not due:
                return False
            generation, sentence = self._lines.popleft()
        audio = self._voice.speak(sentence)
        with self._lock:
            if generation != self._generation:  # stopped while it was being made: it must not be heard
                return True
            soonest = int(self._clock.now()) + round(self._lead() * SAMPLE_RATE)
            after = self._tape.end + round(_SENTENCE_GAP_SECONDS * SAMPLE_RATE)
            self._tape.write(max(soonest, after), audio)
        return True
