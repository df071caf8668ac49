"""The live side of a motion model: follows the tapes hop by hop and writes both heads' tracks.

The agent's speech is on its tape ahead of time, so that its face hears further and is ready before its voice is.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from audio_io.clock import Clock
from audio_io.tape import SAMPLE_RATE, Tape
from avatar.layout import samples_per_frame
from avatar.motion import MotionTrack
from inference.model import MotionModel

HOP_SECONDS: Final = 0.02
# How far ahead of the user's sound the agent's is read: its longest look-ahead and a lead over its voice.
AGENT_AHEAD_SECONDS: Final = 0.34
# Faces lead the sound they make by some tens of milliseconds; a user's, heard late, cannot.
FACE_LEAD_SECONDS: Final = 0.04
_SILENT_MICROPHONE: Final = 0.30  # s without new sound: the user's tape is then read as silence, up to now
_TOO_LATE: Final = 1.0  # s behind: what is missed is left out but for the context that the model needs
_CONTEXT: Final = 1.4
_FURTHEST: Final = 0.3  # s past now that a recording, known ahead, is followed
_LAG_SMOOTHING: Final = 0.03
_REMEMBERED: Final = 32  # states kept to go back to when speech is taken back


@dataclass(frozen=True)
class _Mark:
    """A state and the user's sample up to which it has heard."""

    heard: int
    frame: int
    state: Any


class Animator:
    """Both heads' motion from both tapes. `step` does what is due and returns whether there was anything.

    user_look_ahead: index in the model's look-aheads for the user's head, whose sound is not known ahead.
    """

    def __init__(
        self, model: MotionModel[Any], clock: Clock, tapes: tuple[Tape, Tape], tracks: tuple[MotionTrack, MotionTrack],
        user_look_ahead: int = 1, seed: int = 0,
    ) -> None:  # fmt: skip
        self._model, self._clock, self._tapes, self._tracks, self._seed = model, clock, tapes, tracks, seed
        self._step = samples_per_frame(model.frames_per_second)
        self.hop = round(HOP_SECONDS * SAMPLE_RATE) // self._step * self._step or self._step
        self._ahead = round(AGENT_AHEAD_SECONDS * SAMPLE_RATE) // self._step * self._step
        self._look = (user_look_ahead, len(model.look_aheads) - 1)
        self._lock = threading.Lock()
        self._marks: deque[_Mark] = deque(maxlen=_REMEMBERED)
        self._lag = (model.look_aheads[user_look_ahead] + HOP_SECONDS) * SAMPLE_RATE  # until it is measured
        self._restart(self._floor(clock.now()))

    @property
    def user_delay(self) -> float:
        """Samples by which the end of the user's newest frame is behind the clock when it comes, as measured lately.

        It holds the look-ahead, the hop, what the microphone takes and what the model takes.
        """
        return self._lag

    def _floor(self, sample: float) -> int:
        return max(0, int(sample) // self._step * self._step)

    def _restart(self, at: int) -> None:
        """Begin anew at the user's sample `at`, having heard what came before as context."""
        self._heard, self._state = at, self._model.start(self._seed)
        context = self._floor(min(at, _CONTEXT * SAMPLE_RATE))
        if context:
            _, self._state = self._model.step(self._audio(at - context, context), self._state, self._look)
        self._marks.clear()
        self._marks.append(_Mark(self._heard, self._heard // self._step, self._state))

    def _audio(self, start: int, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        user, agent = self._tapes
        return np.stack([user.read(start, count), agent.read(start + self._ahead, count)])

    def _available(self) -> int:
        """The sample up to which the user's sound is final."""
        now, written = self._clock.now(), self._tapes[0].end
        if now - written > _SILENT_MICROPHONE * SAMPLE_RATE:
            return int(now)
        return min(written, int(now + _FURTHEST * SAMPLE_RATE))

    def step(self) -> bool:
        """Hear the next hop, if it is there, and write the frames it gives."""
        with self._lock:
            available = self._available()
            if available - self._heard > _TOO_LATE * SAMPLE_RATE:
                self._restart(self._floor(available - self.hop))
            if available - self._heard < self.hop:
                return False
            motion, self._state = self._model.step(self._audio(self._heard, self.hop), self._state, self._look)
            self._heard += self.hop
            self._write(motion)
            lag = self._clock.now() - self._tracks[0].end
            if lag < _TOO_LATE * SAMPLE_RATE:
                self._lag += _LAG_SMOOTHING * (lag - self._lag)
            self._marks.append(_Mark(self._heard, self._heard // self._step, self._state))
            return True

    def _write(self, motion: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        frames = motion.shape[1]
        end = self._heard // self._step
        for row, (track, extra) in enumerate(zip(self._tracks, (0, self._ahead), strict=True)):
            late = round(self._model.look_aheads[self._look[row]] * self._model.frames_per_second)
            lead = round(FACE_LEAD_SECONDS * self._model.frames_per_second) if row else 0
            first = end - frames + extra // self._step - late - lead
            skipped = max(0, -first)
            track.write(first + skipped, motion[row, skipped:])

    def forget(self, sample: int) -> None:
        """Take back the agent's sound from `sample` on: its frames after that go, and the model has not heard it."""
        with self._lock:
            self._tracks[1].forget(sample)
            reachable = [mark for mark in self._marks if mark.heard + self._ahead <= sample]
            mark = reachable[-1] if reachable else self._marks[0]
            while self._marks and self._marks[-1].heard > mark.heard:
                self._marks.pop()
            self._heard, self._state = mark.heard, mark.state
