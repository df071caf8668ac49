"""Two recordings on the tapes in place of microphone and agent, read ahead of the clock as they are heard."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from audio_io import files
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Audio, Tape

_BLOCK: Final = 1600
_AHEAD_SECONDS: Final = 2.0  # besides what the face's model needs
_START_SECONDS: Final = 0.15


class Playback:
    """Plays `own` as the user and `partner` as the agent. Raises ValueError where a file holds no sound.

    heard: a tape that only the loudspeaker plays, for the user's side, which is otherwise not played. lead: tells how
    many seconds before it sounds sound has to be on the tapes.
    """

    def __init__(
        self, own: Path, partner: Path, tapes: tuple[Tape, Tape], heard: Tape, clock: Clock, lead: Callable[[], float]
    ) -> None:
        self.seconds = max(files.check(own), files.check(partner))
        self._sources: list[Iterator[Audio]] = [files.stream(path, _BLOCK) for path in (own, partner)]
        self._tapes, self._heard, self._clock = tapes, heard, clock
        self.start = int(clock.now()) + round((lead() + _START_SECONDS) * SAMPLE_RATE)
        self._lead = lead
        self._written = self.start
        self._ended = False
        self._lock = threading.Lock()

    @property
    def done(self) -> bool:
        """Whether all of it has been heard."""
        return self._ended and self._clock.now() > self._written

    def step(self) -> bool:
        """Write the next block where it is due; return whether it was. On one loop: it alone reads the files."""
        if self._ended or self._written > self._clock.now() + (self._lead() + _AHEAD_SECONDS) * SAMPLE_RATE:
            return False
        blocks = [next(source, None) for source in self._sources]
        with self._lock:
            if self._ended or all(block is None for block in blocks):
                self._ended = True
                return False
            for tape, block in zip((*self._tapes, self._heard), (*blocks, blocks[0]), strict=True):
                tape.write(self._written, np.zeros(_BLOCK, np.float32) if block is None else block)
            self._written += _BLOCK
            return True

    def stop(self) -> None:
        """Write no more: a block that is being written is finished before this returns."""
        with self._lock:
            self._ended = True
