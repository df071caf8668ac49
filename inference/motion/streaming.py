"""The live side of a motion model: follows the tapes hop by hop and writes both heads' tracks.

The agent's speech is on its tape ahead of time, so that its face hears further and is ready before its voice is.
The model runs outside the lock: whoever forgets, or asks how late the faces are, never waits for it.
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
from inference.motion.model import NEUTRAL, Audio, Conditions, Motion, MotionModel

_MARGIN_SECONDS: Final = 0.10  # of the agent's frames, for the microphone's lateness and a frame to be drawn
_SILENT_MICROPHONE: Final = 0.30  # s without new sound: the user's tape is then read as silence, up to now
_TOO_LATE: Final = 1.0  # s behind, besides the hop: what is missed is left out but for the context the model needs
_FURTHEST: Final = 0.26  # s past now, besides two hops, that a recording, known ahead, is followed
_SMOOTHING: Final = 0.03
_AT_ONCE_SECONDS: Final = 0.4  # of sound that is heard at once to catch up
_AGAIN_MARGIN_SECONDS: Final = 0.09
_FIRST_AGAIN_SECONDS: Final = 0.03  # until it is measured
_REMEMBERED: Final = 32  # states kept to go back to when speech is taken back
_CATCHING_UP: Final = 64  # steps at most
_EASING_SECONDS: Final = 0.3  # over which a face goes over from another model's to this one's


@dataclass(frozen=True)
class _Mark:
    """The user's sample up to which a state has heard; None where the model begins anew there, with the context before it."""

    heard: int
    state: Any = None


class Animator:
    """Both heads' motion from both tapes. `step` on one loop, all else from any thread.

    basis: what the heads shown take for expression; the model's motion is carried into it. shown: whether its frames are
    written from the next hop on; else it follows unseen.
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
        self.shown = shown
        # Of the three that follow, and of what is written: no stale frame comes after `forget`.
        self._lock = threading.Lock()
        self._marks = deque([_Mark(self._floor(clock.now()))], maxlen=_REMEMBERED)  # the last is where it is
        self._reading = self._marks[-1].heard  # the user's sample up to which the step under way hears
        self._changes = 0  # of the sound: a step that began before one is stale
        self._lag = (model.look_aheads[self._look[0]] + model.hop_seconds) * SAMPLE_RATE  # until it is measured
        self._cost = 0.0
        self._most_hops = max(1, int(_AT_ONCE_SECONDS / model.hop_seconds))
        self._again_cost = _FIRST_AGAIN_SECONDS
        self._easing: list[tuple[int, Motion] | None] = [None, None]
        self.conditions = conditions  # what is asked of each face from the next hop on

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

    def _begun(self, at: int) -> Any:
        """Return the state of a model that begins at the user's sample `at`, having heard what came before as context."""
        state = self.model.start(self._seed, self._ahead)
        context = self._floor(min(at, self.model.context_seconds * SAMPLE_RATE))
        if context:
            heard = self._audio(at - context, context)
            _, state = self.model.step(heard, state, self._look, self.conditions)
        return state

    def _audio(self, start: int, count: int) -> Audio:
        user, agent = self._tapes
        return np.stack([user.read(start, count), agent.read(start + self._ahead, count)])

    def _available(self) -> int:
        """The sample up to which the user's sound is final."""
        now, written = self._clock.now(), self._tapes[0].end
        if now - written > _SILENT_MICROPHONE * SAMPLE_RATE:
            return int(now)
        return min(written, int(now + _FURTHEST * SAMPLE_RATE) + 2 * self.hop)

    def step(self) -> bool:
        """Hear the next hop, if it is there, and write the frames it gives; return whether there was anything to do.

        What was heard while the sound changed is dropped, and heard anew by the next step.
        """
        available = self._available()
        with self._lock:
            mark, changes = self._marks[-1], self._changes
            if available - mark.heard > _TOO_LATE * SAMPLE_RATE + 2 * self.hop:
                mark = _Mark(self._floor(available - self.hop))
            hops = min((available - mark.heard) // self.hop, self._most_hops)
            if hops < 1:
                return False
            end = self._reading = mark.heard + hops * self.hop
        if mark.state is None:
            mark = _Mark(mark.heard, self._begun(mark.heard))
        begun = time.perf_counter()
        heard = self._audio(mark.heard, end - mark.heard)
        motion, state = self.model.step(heard, mark.state, self._look, self.conditions)
        self._measure_cost(time.perf_counter() - begun, hops)
        with self._lock:
            if changes == self._changes:
                self._keep(mark, _Mark(end, state), motion)
        return True

    def _keep(self, before: _Mark, after: _Mark, motion: Motion) -> None:
        """Take what a step gave."""
        if before is not self._marks[-1]:  # it began anew
            self._marks.clear()
            self._marks.append(before)
        self._marks.append(after)
        if self.shown:
            self._write(carried(motion, self.model.basis, self.basis, self._bridge), after.heard // self._step)
            self._measure_lag()

    def _measure_cost(self, seconds: float, hops: int) -> None:
        """Learn what a hop costs, and what it costs to catch up with many at once."""
        if hops == 1:
            self._cost += (_SMOOTHING if self._cost else 1.0) * (seconds - self._cost)
        elif hops * self.hop > self._ahead // 2:
            self._again_cost += 0.3 * (seconds - self._again_cost)

    def _measure_lag(self) -> None:
        now = self._clock.now()
        if self._tapes[0].end > now:
            return  # a recording, known ahead: a microphone's sound will come late again
        lag = now - self._tracks[0].end
        if lag < _TOO_LATE * SAMPLE_RATE + 2 * self.hop:
            self._lag += _SMOOTHING * (lag - self._lag)

    def catch_up(self) -> None:
        """Hear all that is there, as far as a model gets that is hardly fast enough."""
        for _ in range(_CATCHING_UP):
            if not self.step():
                return

    def draw_in(self, basis: str) -> None:
        """Write frames in another basis from the next hop on, on the loop that steps."""
        self.basis, self._easing = basis, [None, None]

    def _write(self, motion: Motion, end: int) -> None:
        """Place both rows' frames; those of what was heard up to frame number `end`."""
        frames = motion.shape[1]
        for row, (track, extra) in enumerate(zip(self._tracks, (0, self._ahead), strict=True)):
            late = round(self.model.look_aheads[self._look[row]] * self.model.frames_per_second)
            lead = round(self.model.lead_seconds * self.model.frames_per_second) if row else 0
            first = end - frames + extra // self._step - late - lead
            skipped = max(0, -first)
            if skipped < frames:
                self._place(row, track, first + skipped, motion[row, skipped:])

    def _place(self, row: int, track: MotionTrack, first: int, frames: Motion) -> None:
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
        """Hear the sound from `sample` on anew, for it has changed: the frames after that go, and the model has not heard it.

        Returns at once; a step under way that heard some of it is dropped.
        """
        with self._lock:
            for track in self._tracks if self.shown else ():
                track.forget(sample)
            if sample >= self._reading + self._ahead:
                return
            self._changes += 1
            while self._marks and self._marks[-1].heard + self._ahead > sample:
                self._marks.pop()
            if not self._marks:  # further back than what is remembered
                self._marks.append(_Mark(self._floor(sample - self._ahead)))
            self._reading = self._marks[-1].heard
