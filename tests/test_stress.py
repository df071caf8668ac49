"""app.session.session under stress: every thread, at random delays, all at once; nothing lost or stale, and it ends."""

import itertools
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.agents.agent import Reply
from app.session.faces import load_heads
from app.session.session import Session
from app.settings import Mode
from audio_io.voices.voice import Spoken, VoiceSettings
from avatar.rig.basis import NAMED
from avatar.rig.layout import EXPRESSION, JAW
from inference.motion.model import Conditions
from tests.actors import Actors, pause
from tests.conftest import until

INTERRUPTIONS, MODELS, DEVICES = 2000, 60, 200
FLAME = "flame:toy"
LOUDNESS = {NAMED: 0.25, FLAME: 1.0}  # what a toy's expression is in a basis
UNIT = 1.23456e-4  # no sample of a 16-bit recording is a multiple of it


def volume(label: int) -> np.float32:
    """Return how loud sentence number `label` is, by which it is known on tapes and faces."""
    return np.float32(label * UNIT)


class Labels:
    """A voice and an agent whose every sentence is a number, and sounds like it."""

    name, voice, phrases, backchannels = "Labels", VoiceSettings(), (), ()

    def __init__(self) -> None:
        self.count = itertools.count(1)
        self.last = 0

    def next(self) -> str:
        self.last = next(self.count)
        return str(self.last)

    def speak(self, sentence: str, _settings: VoiceSettings) -> Spoken:
        pause(0.004)
        return Spoken(sentence, np.full(6400, volume(int(sentence)), np.float32), (), False)

    def start(self) -> int:
        return 0

    def open(self, state: int) -> Reply[int]:
        return Reply((self.next() for _ in range(3)), state)

    def reply(self, state: int, _heard: str) -> Reply[int]:
        return self.open(state)

    def silence(self, state: int) -> Reply[int]:
        return self.open(state)

    def settle(self, state: int, _said: str) -> int:
        return state + 1


class Toy:
    """A motion model whose faces show how loud they heard themselves, and the basis they are in."""

    name, frames_per_second = "duet", 50
    look_aheads, live_look_aheads, lead_seconds, context_seconds = (0.0,), (0, 0), 0.0, 0.2

    def __init__(self, basis: str, hop: float) -> None:
        self.basis, self.hop_seconds = basis, hop

    def start(self, seed: int = 0, ahead: int = 0) -> int:
        return seed + ahead

    def step(
        self, audio: np.ndarray, state: int, _look_aheads: tuple[int, int], _conditions: object = None
    ) -> tuple[np.ndarray, int]:
        pause(0.5 * self.hop_seconds)
        motion = np.zeros((2, audio.shape[1] // 320, 56), np.float32)
        motion[:, :, EXPRESSION] = LOUDNESS[self.basis]
        motion[:, :, JAW.start] = audio.reshape(2, -1, 320).max(-1)
        return motion, state


@pytest.fixture
def labels() -> Labels:
    return Labels()


@pytest.fixture
def session(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    opened = Session(lambda _text: None)
    opened.speech._voice = labels
    opened.conversation.use_agent(labels)
    opened.start()
    assert until(lambda: opened.ready and opened.opened.is_set())
    yield opened
    opened.close()


class Witness:
    """Watches tape and face of the agent for sentences that were stopped before."""

    def __init__(self, session: Session, labels: Labels) -> None:
        self._session, self._labels, self.stops = session, labels, [(0, 0)]

    def stop(self) -> None:
        """Let the agent fall silent: nothing that was said before is heard or seen from now on."""
        before = self._labels.last
        self._session.conversation.dialogue.stop()
        self.stops.append((before, int(self._session.clock.now())))

    def look(self) -> None:
        """Raise AssertionError where something stale is there."""
        stops = self.stops[-20:]
        track, tape = self._session.tracks[1], self._session.tapes[1]
        with track._lock:
            numbers, jaws = track._numbers.copy(), track._frames[:, JAW.start].copy()
        for label, at in stops:
            self._none_of(label, jaws[numbers * 320 > at + 320], "seen")
            self._none_of(label, tape.read(at, 8000)[::320], "heard")

    def _none_of(self, last: int, values: np.ndarray, how: str) -> None:
        found = np.rint(values / UNIT).astype(int)
        stale = (found > 0) & (found <= last) & (np.float32(1) * (found * UNIT).astype(np.float32) == values)
        assert not stale.any(), f"{sorted(set(found[stale]))} is {how} though all up to {last} were stopped"


class Crowd:
    """What happens at once in a session."""

    def __init__(self, session: Session, labels: Labels, short: Path) -> None:
        self._session, self._labels, self._short = session, labels, short
        self._chance, self._heads, self.wished = random.Random(4), load_heads(), [Toy(NAMED, 0.02)]
        self.talk, self.witness = session.conversation, Witness(session, labels)

    def expressions(self) -> list[float]:
        return [float(pose.motion[EXPRESSION].max()) for pose in self._session.shown(self._heads, "viewer", 0.0)]

    def interrupt(self) -> None:
        dialogue, labels = self.talk.dialogue, self._labels
        ways = [lambda: self.talk.ask("go on"), lambda: dialogue.say(labels.next()), dialogue.open]
        self._chance.choice(ways)()
        pause(0.004)
        self.witness.stop()

    def choose(self) -> None:
        session, chance = self._session, self._chance
        session.devices.choose(chance.choice(["microphone", "loudspeaker"]), chance.choice([None, "none such"]))
        session.use_mode(chance.choice(list(Mode)))
        session.animation.ask((Conditions(attitude=chance.uniform(-1, 1)), Conditions()))
        session.check(chance.random() < 0.5)

    def change(self) -> None:
        self.wished.append(Toy(self._chance.choice([NAMED, FLAME]), self._chance.choice([0.02, 0.1, 0.4])))
        self._session.animation.bring(self.wished[-1])
        pause(0.1)
        self._session.animation.draw_in(self._chance.choice([NAMED, FLAME]))

    def play(self) -> None:
        self._session.play(self._short, self._short)
        mine = self._session.playback
        assert mine is not None
        assert until(lambda: self._session.playback is mine or mine.done)
        pause(0.8)
        self._session.stop_playback()

    def draw(self) -> None:
        assert max(self.expressions()) < LOUDNESS[NAMED] + 0.01, "an expression of another basis"
        assert 0 <= self._session.user_delay < 32_000
        (_, _), (text, heard) = self.talk.captions()
        assert 0 <= heard <= len(text)

    def record(self) -> None:
        self.talk.record_step(self._session.user_delay)


def test_all_at_once(session: Session, labels: Labels, tmp_path: Path) -> None:
    short = tmp_path / "short.wav"
    soundfile.write(short, np.random.default_rng(0).normal(0, 0.1, 1600), 16_000)
    crowd, actors = Crowd(session, labels, short), Actors()
    session.animation.bring(crowd.wished[0])
    assert until(lambda: set(crowd.expressions()) == {LOUDNESS[NAMED]})  # what Duet showed before is gone
    actors.add(crowd.interrupt, INTERRUPTIONS)
    actors.add(crowd.choose, DEVICES, 0.05)
    actors.add(crowd.change, MODELS)
    actors.add(crowd.play, 12)
    for watching in (crowd.draw, crowd.witness.look, crowd.record):
        actors.add(watching)
    actors.finish()
    session.check(False)
    session.use_mode(Mode.PUSH_TO_TALK)
    session.listen(False)
    assert until(lambda: session.conversation.listener.turns.mode is Mode.PUSH_TO_TALK)
    assert until(lambda: session.animation._animator.model is crowd.wished[-1])  # of models asked for, the last
    crowd.talk.dialogue.say(labels.next())
    assert until(lambda: volume(labels.last) in session.tapes[1].read(int(session.clock.now()), 16_000))
    actors.over.set()
    assert session.devices.muted
    assert not actors.errors


def test_it_closes_whatever_hangs(session: Session) -> None:
    held, hangs = threading.Event(), threading.Event()
    session.animation._asked.put(lambda: (hangs.set(), held.wait()))  # the animation loop hangs
    session.speech._voice.speak = lambda *_: held.wait()  # and the voice
    session.speech.say("1")
    assert until(lambda: session.speech._working is not None and hangs.is_set())
    closing = threading.Thread(target=session.close)
    closing.start()
    assert until(lambda: not closing.is_alive())
    alive = {thread.name for thread in threading.enumerate()}
    assert {"animation", "speech"} <= alive
    assert not alive & {"listening", "recording"}
    held.set()
