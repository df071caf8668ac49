"""Recordings in place of microphone and agent: sound files on the tapes, or a stored session as it was."""

import threading
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from app.session.shown import Captions, Cast, Replayed
from audio_io import files
from audio_io.files import Sound
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Audio, Tape
from avatar.rig.head import Pose

_BLOCK: Final = 1600
_AHEAD_SECONDS: Final = 2.0  # besides what the face's model needs
_START_SECONDS: Final = 0.15


class Playback:
    """Plays `own` as the user and `partner` as the agent. Raises ValueError where a file holds no sound.

    heard: a tape that only the loudspeaker plays, for the user's side, which is otherwise not played. lead: tells how
    many seconds before it sounds sound has to be on the tapes.
    """

    def __init__(
        self,
        own: Sound,
        partner: Sound,
        tapes: tuple[Tape, Tape],
        heard: Tape,
        clock: Clock,
        lead: Callable[[], float],
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


class Replay:
    """Plays a stored session: its voices are heard, and what was seen is asked of `shown` at a sample of its own timeline.

    loud: the tapes that the loudspeaker plays, of its user's voice and its agent's.
    """

    def __init__(self, shown: Replayed, loud: tuple[Tape, Tape], clock: Clock) -> None:
        self.shown, self._loud, self._clock = shown, loud, clock
        self._start = int(clock.now()) + round(_START_SECONDS * SAMPLE_RATE)
        self._written = 0
        self._ended = False
        self._lock = threading.Lock()

    def at(self, sample: float) -> float:
        """Return which sample of the stored session is heard at one of the clock's."""
        first = self.shown.stored.start
        return min(max(sample - self._start + first, first), first + self.shown.stored.samples)

    def captions(self) -> Captions:
        """Return what was written under the heads, now; see `Replayed.captions`."""
        return self.shown.captions(self.at(self._clock.now()))

    @property
    def agent(self) -> str:
        """The agent's name now."""
        return self.shown.agent(self.at(self._clock.now()))

    @property
    def cast(self) -> Cast | None:
        """Whose heads were shown, now."""
        return self.shown.cast(self.at(self._clock.now()))

    @property
    def meaning(self) -> tuple[str, object]:
        """What the expressions of `poses` mean now, and of what."""
        return self.shown.basis(self.at(self._clock.now())), self

    def poses(self, sample: float, facing: str) -> list[Pose]:
        """Return both faces at one of the clock's samples; see `Faces.poses`."""
        at = self.at(sample)
        return self.shown.faces(at).poses(at, facing, self.shown.delay(at), self.shown.basis(at))

    @property
    def done(self) -> bool:
        """Whether all of it has been heard."""
        return self._clock.now() > self._start + self.shown.stored.samples

    def step(self) -> bool:
        """Write the next block where it is due; return whether it was."""
        due = self._start + self._written < self._clock.now() + _AHEAD_SECONDS * SAMPLE_RATE
        with self._lock:
            if self._ended or not due or self._written >= self.shown.stored.samples:
                return False
            for tape, sound in zip(self._loud, self.shown.faces(0).tapes, strict=True):
                tape.write(self._start + self._written, sound.read(self.shown.stored.start + self._written, _BLOCK))
            self._written += _BLOCK
            return True

    def stop(self) -> None:
        """Write no more: a block that is being written is finished before this returns."""
        with self._lock:
            self._ended = True
