"""A conversation by stepping, faster than it would last: the same block functions as the sound callbacks, a simulated room,
and a clock that a hand moves. For what takes long to wait for: echo over minutes, coughs and murmurs, an hour of talk."""

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from app.agents.agents import load_agent
from app.bench.room import room_response
from app.conversation.conversation import Conversation
from app.conversation.speech import Speech
from app.timeline.timeline import AGENT, USER, VOICES, Timeline
from audio_io.devices.blocks import Cleaning, Player, Recorder
from audio_io.devices.echo import BLOCK, EchoCanceller, is_own
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from audio_io.voices.voice import Voice
from avatar.rig.layout import TRACK_RATE
from avatar.rig.motion import MotionTrack

_LATENCY: Final = 0.08  # s that the loudspeaker holds
_GAIN: Final = 0.35
_NOISE: Final = 0.0005


class Room:
    """A whole conversation on simulated devices. `run(seconds)` lets it pass; `speak` lets the person speak."""

    def __init__(self, delay: float, seed: int = 0) -> None:
        self.now = 1000.0
        self.clock = Clock(lambda: self.now)
        self.tapes, self.captured, self.played = (Tape(), Tape()), Tape(), Tape()
        self.tracks = (MotionTrack(TRACK_RATE), MotionTrack(TRACK_RATE))
        self.canceller = EchoCanceller()
        self.player = Player([self.tapes[AGENT]], self.clock, SAMPLE_RATE, self.played)
        cleaning = Cleaning(self.played, self.canceller, self.captured)
        self.recorder = Recorder(self.tapes[USER], self.clock, SAMPLE_RATE, cleaning)
        self.animator = _animator(self.clock, self.tapes, self.tracks)
        self.voice = Voice()
        self.told: list[str] = []
        voices = dict(zip(VOICES, (self.captured, *self.tapes, self.played), strict=True))
        timeline = Timeline(voices, self.tracks, ahead=("agent_raw",))
        self.speech = Speech(
            self.voice, timeline, self.clock, self.animator.forget, lambda: self.animator.speech_lead, self._silence
        )  # fmt: skip
        self.talk = Conversation(
            load_agent("mira", self.told.append), self.speech, self.clock, self.tapes[USER], timeline,
            lambda at: is_own(self.canceller, self.tapes[USER], self.played, at), self.told.append,
        )  # fmt: skip
        self.events: list[tuple[float, str, dict[str, Any]]] = []
        self.talk.note = self._note  # type: ignore[method-assign]
        self._air = Tape(4.0)  # the loudspeaker's sound by sample of real time
        self._response = room_response(seed)
        self._delay = round(delay * SAMPLE_RATE)
        self._rng = np.random.default_rng(seed)
        self._person: list[tuple[int, np.ndarray]] = []  # (sample of real time, what is left to say)
        self._at = 0

    def _note(self, kind: str, at: int, **facts: Any) -> None:
        self.events.append((self._at / SAMPLE_RATE, kind, {"at": at, **facts}))

    def _silence(self) -> None:
        """Let the loudspeaker drop what it holds, as the devices do."""
        self.canceller.unsettle()
        self._air.forget(self._at)

    def speak(self, audio: np.ndarray, after: float = 0.0) -> None:
        """Let the person speak, some seconds from now."""
        self._person.append((self._at + round(after * SAMPLE_RATE), audio))

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let some seconds pass, or less if something comes to be so."""
        end = self._at + round(seconds * SAMPLE_RATE)
        while self._at < end and not until():
            self._step()

    def _step(self) -> None:
        """Let 10 ms pass: the loudspeaker takes a block, the microphone gives one, everybody does what is due."""
        self._air.write(self._at + round(_LATENCY * SAMPLE_RATE), self.player.block(BLOCK, self.now + _LATENCY))
        start = self._at - self._delay - len(self._response) + 1
        heard = np.convolve(self._air.read(start, BLOCK + len(self._response) - 1), self._response, "valid") * _GAIN
        heard += self._rng.normal(size=BLOCK) * _NOISE
        for begin, audio in self._person:
            piece = audio[max(self._at - begin, 0) : max(self._at - begin + BLOCK, 0)]
            place = max(begin - self._at, 0)
            heard[place : place + len(piece)] += piece[: BLOCK - place]
        self._person = [item for item in self._person if item[0] + len(item[1]) > self._at]
        self._at += BLOCK
        self.now += BLOCK / SAMPLE_RATE
        self.recorder.block(heard.astype(np.float32), self.now - BLOCK / SAMPLE_RATE)
        self._settle()

    def _settle(self) -> None:
        while self.animator.step() or self.speech.step() or self.talk.step():
            pass
        self.talk.endings.step()
        self.talk.ears.step()
        answer = self.talk.dialogue._answer
        while answer is not None and not answer.waterfall.complete and self.talk.dialogue._answer is answer:
            time.sleep(0.0002)  # the answer's thread is as quick as in life, where this one is slower than time
        while self.speech.step():
            pass

    def count(self, kind: str, since: int = 0) -> int:
        """Return how often something happened, from event number `since` on."""
        return sum(name == kind for _, name, _ in self.events[since:])

    def close(self) -> None:
        """End voice and recogniser."""
        self.talk.close()
        self.voice.close()


def _animator(clock: Clock, tapes: tuple[Tape, Tape], tracks: tuple[MotionTrack, MotionTrack]) -> Any:
    import torch

    from inference.duet.model import load_duet
    from inference.motion.streaming import Animator

    torch.set_num_threads(1)
    return Animator(load_duet(), clock, tapes, tracks)
