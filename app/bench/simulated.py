"""A conversation by stepping, faster than it would last: the same block functions as the sound callbacks, a simulated room,
and a clock that a hand moves. For what takes long to wait for: echo over minutes, coughs and murmurs, an hour of talk."""

import gc
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import numpy as np

from app.bench.room import room_response
from app.bench.turns import BACKCHANNELS, clip
from app.conversation.agents import load_agent
from app.conversation.conversation import Conversation
from app.conversation.speech import Speech
from app.conversation.turns import Mode
from audio_io.activity import CHUNK, VoiceActivity
from audio_io.devices.blocks import Cleaning, Player, Recorder
from audio_io.devices.echo import EchoCanceller, is_own
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from audio_io.voices.voice import Voice
from avatar.rig.motion import MotionTrack

_BLOCK: Final = 160
_LATENCY: Final = 0.08  # s that the loudspeaker holds
_GAIN: Final = 0.35
_NOISE: Final = 0.0005
_DELAYS: Final = (0.04, 0.08, 0.15, 0.22, 0.3)  # s from loudspeaker to microphone
_QUESTIONS: Final = ("what is your name", "how does it work", "do you like music", "what do you like", "tell me a joke")
_LONG: Final = (
    "Let me tell you a longer story about microphones, loudspeakers, echoes, and rooms of every size and shape."
)


class Room:
    """A whole conversation on simulated devices. `run(seconds)` lets it pass; `speak` lets the person speak."""

    def __init__(self, delay: float, seed: int = 0) -> None:
        self.now = 1000.0
        self.clock = Clock(lambda: self.now)
        self.tapes, self.captured, self.played = (Tape(), Tape()), Tape(), Tape()
        self.tracks = (MotionTrack(50), MotionTrack(50))
        self.canceller = EchoCanceller()
        self.player = Player([self.tapes[1]], self.clock, SAMPLE_RATE, self.played)
        cleaning = Cleaning(self.played, self.canceller, self.captured)
        self.recorder = Recorder(self.tapes[0], self.clock, SAMPLE_RATE, cleaning)
        self.animator = _animator(self.clock, self.tapes, self.tracks)
        self.voice = Voice()
        self.told: list[str] = []
        self.speech = Speech(
            self.voice, self.tapes[1], self.clock, self.animator.forget, lambda: self.animator.speech_lead, self.played
        )
        self.talk = Conversation(
            load_agent("mira", self.told.append), self.speech, self.clock, self.tapes[0], self.tracks,
            lambda at: is_own(self.canceller, self.tapes[0], self.played, at), self.told.append,
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
        self._air.write(self._at + round(_LATENCY * SAMPLE_RATE), self.player.block(_BLOCK, self.now + _LATENCY))
        start = self._at - self._delay - len(self._response) + 1
        heard = np.convolve(self._air.read(start, _BLOCK + len(self._response) - 1), self._response, "valid") * _GAIN
        heard += self._rng.normal(size=_BLOCK) * _NOISE
        for begin, audio in self._person:
            piece = audio[max(self._at - begin, 0) : max(self._at - begin + _BLOCK, 0)]
            place = max(begin - self._at, 0)
            heard[place : place + len(piece)] += piece[: _BLOCK - place]
        self._person = [item for item in self._person if item[0] + len(item[1]) > self._at]
        self._at += _BLOCK
        self.now += _BLOCK / SAMPLE_RATE
        self.recorder.block(heard.astype(np.float32), self.now - _BLOCK / SAMPLE_RATE)
        self._settle()

    def _settle(self) -> None:
        while self.animator.step() or self.speech.step() or self.talk.step():
            pass
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


def _keep_talking(room: Room, seconds: float) -> None:
    """Let the agent talk for some seconds."""
    end = room._at + seconds * SAMPLE_RATE
    while room._at < end:
        if not room.speech.speaking:
            room.talk.dialogue.say(_LONG)
        room.run(1.0)


def self_interruptions(minutes: float) -> int:
    """Return how often the agent stopped, or was answered, because it heard itself, over all delays."""
    count = 0
    for number, delay in enumerate(_DELAYS):
        room = Room(delay, number)
        room.talk.listener.use_initiative(False)
        _keep_talking(room, minutes * 60 / len(_DELAYS))
        count += room.count("yielded") + room.count("turn")
        room.close()
    return count


def _disturbances() -> list[np.ndarray]:
    """Return what must not take the floor: murmurs, coughs, clicks, a slammed door."""
    rng = np.random.default_rng(3)
    murmurs = [clip(text, voice) for text in BACKCHANNELS for voice in (0, 1)]
    made = []
    for length, decay in ((0.12, 0.03), (0.25, 0.08), (0.3, 0.1)):
        time_ = np.arange(round(length * SAMPLE_RATE)) / SAMPLE_RATE
        noise = np.convolve(rng.normal(size=len(time_)), np.ones(6) / 6, "same")
        made.append((0.4 * noise * np.exp(-time_ / decay)).astype(np.float32))
    cough = np.concatenate([made[1], np.zeros(1600, np.float32), made[2]])
    keys = np.concatenate([np.concatenate([made[0][:400] * 0.5, np.zeros(2400, np.float32)]) for _ in range(8)])
    return [*murmurs, *made, cough, keys]


def false_interruptions() -> tuple[int, int]:
    """Return how often noise, coughs and murmurs took the agent's floor, and of how many."""
    room = Room(0.08)
    room.talk.listener.use_initiative(False)
    room.talk.dialogue.say(_LONG)
    room.run(5.0)
    wrong, disturbances = 0, _disturbances() * 2
    for disturbance in disturbances:
        if not room.speech.speaking:
            room.talk.dialogue.say(_LONG)
            room.run(1.5)
        since = len(room.events)
        room.speak(disturbance)
        room.run(3.5)
        wrong += bool(room.count("interrupted", since) or room.count("turn", since))
    room.close()
    return wrong, len(disturbances)


def kept_speech() -> float:
    """Return the share of a person's speech frames that are still speech after cleaning while the agent talks too."""
    room = Room(0.08)
    room.talk.listener.use_initiative(False)
    room.talk.listener.use_mode(Mode.HALF_DUPLEX)
    room.talk.dialogue.say(_LONG)
    room.run(4.0)
    kept = total = 0
    for question in _QUESTIONS * 2:
        if not room.speech.speaking:
            room.talk.dialogue.say(_LONG)
            room.run(1.0)
        audio, start = clip(question), room._at
        room.speak(audio)
        room.run(len(audio) / SAMPLE_RATE + 0.3)
        begin = int(room.clock.now()) - (room._at - start)
        cleaned = room.tapes[0].read(begin, len(audio))
        alone, mixed = VoiceActivity(), VoiceActivity()
        for at in range(0, len(audio) - CHUNK, CHUNK):
            speech = alone.probability(audio[at : at + CHUNK]) > 0.5
            found = mixed.probability(cleaned[at : at + CHUNK]) > 0.5
            total += speech
            kept += speech and found
    room.close()
    return kept / max(total, 1)


def _lips_lag(room: Room) -> float:
    """Return by how much (ms) the agent's jaw follows its voice, of a sentence that is always the same."""
    room.talk.dialogue.stop()
    room.run(1.0)
    room.talk.dialogue.say(_LONG)
    begin = int(room.clock.now())
    room.run(9.0)
    frames = 8 * 50
    first = begin // 320
    jaw = np.array([room.tracks[1].sample((first + n) * 320)[50] for n in range(frames)])
    sound = room.played.read(first * 320, frames * 320).reshape(frames, 320)
    loudness = np.log(np.sqrt(np.mean(np.square(sound), 1)) + 1e-3)
    lags = np.arange(-12, 13)
    fits = np.array([np.corrcoef(np.roll(loudness, lag)[20:-20], jaw[20:-20])[0, 1] for lag in lags])
    best = int(np.clip(np.argmax(fits), 1, len(lags) - 2))
    below, peak, above = fits[best - 1 : best + 2]
    return float((lags[best] + 0.5 * (below - above) / (below - 2 * peak + above)) * 20)


def long_talk(minutes: float) -> dict[str, Any]:
    """Return growth of memory (MB, after the first tenth), drift of the lips (ms), turns, and whether it answers at the end."""
    import psutil

    room = Room(0.08)
    process = psutil.Process()
    room.talk.open()
    room.run(8.0)
    lag = _lips_lag(room)
    begun, asked, settled = room._at, 0, 0.0
    length = minutes * 60 * SAMPLE_RATE
    while room._at < begun + length:
        room.run(8.0, lambda: not room.speech.speaking)
        room.speak(clip(_QUESTIONS[asked % len(_QUESTIONS)], asked), 0.4)
        room.run(6.0)
        room.events = room.events[-200:]
        asked += 1
        if not settled and room._at > begun + length / 10:
            gc.collect()
            settled = process.memory_info().rss / 1e6
    gc.collect()
    grown = process.memory_info().rss / 1e6 - settled
    drift = _lips_lag(room) - lag
    room.talk.dialogue.stop()
    room.run(1.0)
    since = len(room.events)
    room.speak(clip("what is your name"))
    room.run(5.0)
    alive = bool(room.count("answer", since))
    room.close()
    return {
        "rss_growth_mb": round(grown, 1), "lips_drift_ms": round(drift, 1), "simulated_minutes": minutes,
        "simulated_turns": asked, "answers_at_end": alive,
    }  # fmt: skip


def simulated(minutes: float) -> dict[str, Any]:
    """Return the figures of the simulated conversation; `minutes` is how long the long talk is."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:  # whose memory nothing else fills
        talked = own.submit(long_talk, minutes).result()
    wrong, disturbances = false_interruptions()
    return {
        "self_interruptions": self_interruptions(10.0), "false_interruptions": wrong, "disturbances": disturbances,
        "kept_speech": round(kept_speech(), 3), **talked,
    }  # fmt: skip
