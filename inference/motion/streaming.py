"""The live side of a motion model: follows the tapes hop by hop and writes both heads' tracks.

The agent's speech is on its tape ahead of time, so that its face hears further and is ready before its voice is.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.flame.retarget import Retargeting
from avatar.rig.basis import NAMED, carried
from avatar.rig.layout import samples_per_frame
from avatar.rig.motion import MotionTrack
from inference.motion.model import NEUTRAL, Conditions, MotionModel

_MARGIN_SECONDS: Final = 0.10  # of the agent's frames, for the microphone's lateness and a frame to be drawn
_SILENT_MICROPHONE: Final = 0.30  # s without new sound: the user's tape is then read as silence, up to now
_TOO_LATE: Final = 1.0  # s behind, besides the hop: what is missed is left out but for the context the model needs
_FURTHEST: Final = 0.26  # s past now, besides two hops, that a recording, known ahead, is followed
_SMOOTHING: Final = 0.03
_AT_ONCE_SECONDS: Final = 0.4  # of sound that is heard at once to catch up
_AGAIN_MARGIN_SECONDS: Final = 0.09
_FIRST_AGAIN_SECONDS: Final = 0.03  # until it is measured
_REMEMBERED: Final = 32  # states kept to go back to when speech is taken back
_EASING_SECONDS: Final = 0.3  # over which a face goes over from another model's to this one's


@dataclass(frozen=True)
class _Mark:
    """A state and the user's sample up to which it has heard."""

    heard: int
    frame: int
    state: Any


class Animator:
    """Both heads' motion from both tapes. `step` does what is due and returns whether there was anything.

    basis: what the heads shown take for expression; the model's motion is carried into it. shown: whether its frames are
    written from the start; else it follows unseen until `take_over`.
    """

    def __init__(
        self, model: MotionModel[Any], clock: Clock, tapes: tuple[Tape, Tape], tracks: tuple[MotionTrack, MotionTrack],
        seed: int = 0, basis: str = NAMED, shown: bool = True,
        conditions: tuple[Conditions, Conditions] = (NEUTRAL, NEUTRAL), bridge: Retargeting | None = None,
    ) -> None:  # fmt: skip
        self.model = model
        self._clock, self._tapes, self._tracks, self._seed = clock, tapes, tracks, seed
        self.basis, self._bridge = basis, bridge
        self._step = samples_per_frame(model.frames_per_second)
        self.hop = max(1, round(model.hop_seconds * model.frames_per_second)) * self._step
        self._look = model.live_look_aheads
        look_ahead = model.look_aheads[self._look[1]]
        # The agent's sound is read this much earlier than the user's: its face hears ahead, and is ready before its voice.
        ahead = look_ahead + 2 * model.hop_seconds + model.lead_seconds + _MARGIN_SECONDS - 0.04
        self._ahead = -(-round(ahead * SAMPLE_RATE) // self._step) * self._step
        self._shown = shown
        self._lock = threading.Lock()
        self._marks: deque[_Mark] = deque(maxlen=_REMEMBERED)
        self._lag = (model.look_aheads[self._look[0]] + model.hop_seconds) * SAMPLE_RATE  # until it is measured
        self._cost = 0.0
        self._most_hops = max(1, int(_AT_ONCE_SECONDS / model.hop_seconds))
        self._again_cost = _FIRST_AGAIN_SECONDS
        self._easing: list[tuple[int, np.ndarray[Any, np.dtype[np.float32]]] | None] = [None, None]
        self.conditions = conditions  # what is asked of each face from the next hop on
        self._restart(self._floor(clock.now()))

    @property
    def speech_lead(self) -> float:
        """Seconds before it sounds that the agent's speech has to be on its tape, so that its face hears it.

        A model that soon hears anew what it has read ahead in vain needs no more than that takes; see `forget`.
        """
        whole = self.reading_lead
        return min(whole, _AGAIN_MARGIN_SECONDS + 2 * self._again_cost) if self._most_hops > 1 else whole

    @property
    def reading_lead(self) -> float:
        """Seconds before it sounds that the agent's tape is read."""
        return self._ahead / SAMPLE_RATE + 0.02

    @property
    def load(self) -> float:
        """What a hop costs, as measured lately, as a share of the hop; over 1 the model cannot keep up."""
        return self._cost * SAMPLE_RATE / self.hop

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
        self._heard, self._state = at, self.model.start(self._seed, self._ahead)
        context = self._floor(min(at, self.model.context_seconds * SAMPLE_RATE))
        if context:
            heard = self._audio(at - context, context)
            _, self._state = self.model.step(heard, self._state, self._look, self.conditions)
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
        return min(written, int(now + _FURTHEST * SAMPLE_RATE) + 2 * self.hop)

    def step(self) -> bool:
        """Hear the next hop, if it is there, and write the frames it gives."""
        with self._lock:
            available = self._available()
            if available - self._heard > _TOO_LATE * SAMPLE_RATE + 2 * self.hop:
                self._restart(self._floor(available - self.hop))
            if available - self._heard < self.hop:
                return False
            hops = min((available - self._heard) // self.hop, self._most_hops)
            begun = time.perf_counter()
            heard = self._audio(self._heard, hops * self.hop)
            motion, self._state = self.model.step(heard, self._state, self._look, self.conditions)
            self._measure_cost(time.perf_counter() - begun, hops)
            self._heard += hops * self.hop
            if self._shown:
                self._write(carried(motion, self.model.basis, self.basis, self._bridge))
                self._measure_lag()
            self._marks.append(_Mark(self._heard, self._heard // self._step, self._state))
            return True

    def _measure_cost(self, seconds: float, hops: int) -> None:
        """Learn what a hop costs, and what it costs to catch up with many at once."""
        if hops == 1:
            self._cost += (_SMOOTHING if self._cost else 1.0) * (seconds - self._cost)
        elif hops * self.hop > self._ahead // 2:
            self._again_cost += 0.3 * (seconds - self._again_cost)

    def _measure_lag(self) -> None:
        lag = self._clock.now() - self._tracks[0].end
        if lag < _TOO_LATE * SAMPLE_RATE + 2 * self.hop:
            self._lag += _SMOOTHING * (lag - self._lag)

    def take_over(self) -> None:
        """Catch up unseen, and write frames from here on: they begin ahead of what is on screen, where the last model is."""
        while self.step():
            pass
        self._shown = True

    def _write(self, motion: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        frames = motion.shape[1]
        end = self._heard // self._step
        for row, (track, extra) in enumerate(zip(self._tracks, (0, self._ahead), strict=True)):
            late = round(self.model.look_aheads[self._look[row]] * self.model.frames_per_second)
            lead = round(self.model.lead_seconds * self.model.frames_per_second) if row else 0
            first = end - frames + extra // self._step - late - lead
            skipped = max(0, -first)
            if skipped < frames:
                self._place(row, track, first + skipped, motion[row, skipped:])

    def _place(self, row: int, track: MotionTrack, first: int, frames: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        """Write a row's frames; the first that this model draws are led over from what the face did before."""
        if self._easing[row] is None:
            self._easing[row] = first, track.sample(first * self._step) - frames[0]
        begun, jump = self._easing[row] or (first, frames[0])
        gone = (np.arange(first, first + len(frames)) - begun) / (_EASING_SECONDS * self.model.frames_per_second)
        if gone[0] < 1:
            frames = frames + (np.clip(1 - gone, 0, 1)[:, None] * jump).astype(np.float32)
        stride = track.frames_per_second // self.model.frames_per_second
        track.write(first * stride, frames, stride)

    def forget(self, sample: int) -> None:
        """Hear the agent's sound from `sample` on anew, for it has changed: its frames after that go, and the model has not
        heard it."""
        with self._lock:
            if sample >= self._heard + self._ahead:
                return
            self._tracks[1].forget(sample)
            reachable = [mark for mark in self._marks if mark.heard + self._ahead <= sample]
            mark = reachable[-1] if reachable else self._marks[0]
            while self._marks and self._marks[-1].heard > mark.heard:
                self._marks.pop()
            self._heard, self._state = mark.heard, mark.state
