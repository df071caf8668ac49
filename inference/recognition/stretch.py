"""A stretch of speech of any length for an engine that hears at most 30 s at once: settled in parts, each cut at a pause."""

from typing import Final, Protocol

import numpy as np

from audio_io.time.tape import SAMPLE_RATE
from inference.recognition.recognizer import Audio, Heard

_LONGEST: Final = 28 * SAMPLE_RATE
_SHORTEST: Final = SAMPLE_RATE // 4
_PAUSE: Final = round(0.3 * SAMPLE_RATE)
_STEP: Final = _PAUSE // 10


class Engine(Protocol):
    """What hears up to 28 s of sound [N] at once."""

    def heard(self, audio: Audio, words: bool) -> Heard:
        """Return what the sound says, with the times of its words where they are wanted."""


def quietest(audio: Audio) -> int:
    """Return the middle of the 0.3 s that are quietest in the second half of sound [N]."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    begins = np.arange(len(audio) // 2, len(audio) - _PAUSE, _STEP)
    return int(begins[np.argmin(energy[begins + _PAUSE] - energy[begins])]) + _PAUSE // 2


class Stretch:
    """A `Recognizer` by an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.start()

    def start(self) -> None:
        """Begin a new stretch."""
        self._settled, self._settled_samples = Heard(), 0
        self._sound: Audio = np.zeros(0, np.float32)

    def hear(self, audio: Audio) -> None:
        """Take more sound [N] at 16 kHz; what is too long for the engine is settled up to a pause."""
        self._sound = np.concatenate([self._sound, audio])
        while len(self._sound) > _LONGEST:
            cut = quietest(self._sound[:_LONGEST])
            self._settled = self._with(self._sound[:cut], words=True)
            self._settled_samples += cut
            self._sound = self._sound[cut:]

    def _with(self, sound: Audio, words: bool) -> Heard:
        if len(sound) < _SHORTEST:
            return self._settled
        return self._settled.then(self._engine.heard(sound, words), self._settled_samples / SAMPLE_RATE)

    def text(self) -> str:
        """Return what was said so far."""
        return self._with(self._sound, words=False).text

    def finish(self) -> Heard:
        """Return what the whole stretch says."""
        return self._with(self._sound, words=True)
