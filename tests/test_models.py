"""Choosing the motion model: live, without a break; on recordings; side by side. DualTalk's real classes at small sizes."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from app.session.animation import Animation
from app.session.faces import Faces
from app.session.playback import Playback
from app.session.session import SAMPLE, Session
from app.session.trial import Offer
from app.settings import ModelOptions
from app.timeline.timeline import Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.basis import carried, same_basis
from avatar.rig.layout import JAW, NECK
from avatar.rig.motion import MotionTrack
from inference.dualtalk.model import DualTalkModel, LiveSettings
from inference.dualtalk.network import DualTalkNetwork, DualTalkSettings
from inference.dualtalk.tensors import official_names
from inference.motion.streaming import Animator
from tests import tiny_dualtalk
from tests.conftest import SPEECH, HandTime, until

OWN, PARTNER = SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder of imported files, empty; no sound devices."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    return tmp_path


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def offers() -> list[Offer]:
    return []


def timeline() -> Timeline:
    return Timeline({"user": Tape(), "agent": Tape()}, (MotionTrack(50), MotionTrack(50)))


class Talk:
    """The sample conversation and what shows it, on a time that a hand moves; every 10 ms both faces are looked at."""

    def __init__(self, clock: Clock, time: HandTime, animation: Animation) -> None:
        self.clock, self.time, self.animation = clock, time, animation
        line = animation._timeline
        self.faces = Faces.over(line, 0)
        lead = animation.playback_lead
        self.playback = Playback(SAMPLE / "own.flac", SAMPLE / "partner.flac", line.tapes, Tape(), clock, lead)
        self.shown: list[np.ndarray] = []

    def live(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.time.now += 0.01
            while self.playback.step() or self.animation.step():
                pass
            poses = self.faces.poses(self.clock.now(), "viewer", 0.0, self.animation.basis)
            self.shown.append(np.stack([pose.motion[JAW.start : NECK.stop] for pose in poses]))


def test_models_change_over_while_it_talks(home: Path, said: list[str], clock: Clock, hand_time: HandTime) -> None:
    weights = tiny_dualtalk.write_checkpoint(home / "d.pth")
    options = ModelOptions(weights=weights, context=2000, future=80, hop=480)
    line = timeline()
    animation = Animation(clock, line, 0, said.append, lambda offer: said.append(offer.told()), options)
    talk = Talk(clock, hand_time, animation)
    talk.live(2.0)
    for name in ("dualtalk", "duet"):
        before, speech = line.tracks[1].end, line.tapes[1].end
        animation.use(name)
        assert animation.name != name
        talk.live(0.5)
        assert line.tracks[1].end > before  # the one that runs goes on meanwhile
        assert until(lambda: not (animation.step() or animation.loading))  # it takes over on the loop
        talk.live(1.5)
        assert animation.name == name, said
        assert line.tapes[1].end > speech
    states = [(entry.kind, entry.facts["name"]) for entry in line.entries("model", "basis")]
    assert states == [("basis", "named"), ("model", "duet"), ("model", "dualtalk"), ("model", "duet")]
    assert np.ptp(talk.shown, axis=0).max() > 0.1  # they move
    assert np.abs(np.diff(talk.shown, axis=0)).max() < 0.15  # rad: from one look to the next, no face jumps
    assert any("jaw and neck" in text for text in said)  # no FLAME head here


@pytest.mark.usefixtures("home")
def test_what_is_not_imported_is_told_and_duet_goes_on(said: list[str]) -> None:
    opened = Session(said.append)
    opened.start()
    try:
        assert until(lambda: opened.ready)
        opened.animation.use("dualtalk")
        assert until(lambda: any("import-dualtalk" in text for text in said))
        assert opened.animation.name == "duet"
        assert until(lambda: not opened.animation.loading)
        end = opened.tracks[0].end
        assert until(lambda: opened.tracks[0].end > end)
    finally:
        opened.close()


def test_a_model_that_cannot_keep_up_is_offered_a_longer_hop(home: Path, said: list[str], offers: list[Offer]) -> None:
    sizes = tiny_dualtalk.settings().wav2vec | {
        "hidden_size": 256, "num_hidden_layers": 12, "intermediate_size": 2048, "num_conv_pos_embedding_groups": 16,
    }  # fmt: skip
    torch.save(official_names(DualTalkNetwork(DualTalkSettings(sizes, 256)).state_dict()), home / "slow.pth")
    options = ModelOptions(weights=home / "slow.pth", context=8000, hop=40, precision="float32")
    animation = Animation(Clock(), timeline(), 0, said.append, offers.append, options)
    animation.step()
    animation.use("dualtalk")
    assert until(lambda: bool(offers)), said
    animation.step()
    assert animation.name == "duet"
    offer = offers[0]
    assert offer.cost > 0.8 * offer.hop
    assert "cannot keep up" in offer.told()
    assert "Duet" in offer.told()
    if offer.longer is not None:
        assert offer.longer > offer.hop


class Overloaded:
    """A motion model that takes half as long again as the sound it is given lasts."""

    name, basis, frames_per_second = "dualtalk", "flame", 25
    look_aheads, live_look_aheads = (0.0,), (0, 0)
    hop_seconds, context_seconds, lead_seconds = 0.04, 1.0, 0.0

    def start(self, seed: int = 0, ahead: int = 0) -> int:
        return seed + ahead

    def step(
        self, audio: np.ndarray, state: int, _look_aheads: tuple[int, int], _conditions: object = None
    ) -> tuple[np.ndarray, int]:
        time.sleep(1.5 * audio.shape[1] / 16_000)
        return np.zeros((2, audio.shape[1] // 640, 56), np.float32), state


def test_a_model_that_falls_behind_gives_way_to_duet(said: list[str], offers: list[Offer]) -> None:
    clock, line = Clock(), timeline()
    animation = Animation(clock, line, 0, said.append, offers.append, ModelOptions())
    animation._animator = Animator(Overloaded(), clock, line.tapes, line.tracks)
    assert until(lambda: animation.step() and animation.name == "duet"), said
    assert len(offers) == 1
    assert offers[0].name == "dualtalk"
    assert offers[0].cost > offers[0].hop


def test_dualtalks_agent_is_ready_before_its_voice(clock: Clock, hand_time: HandTime, speech: np.ndarray) -> None:
    model = DualTalkModel(tiny_dualtalk.network(), LiveSettings(2.0, 0.08, 0.12, "float32"))
    tapes, tracks = (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
    animator = Animator(model, clock, tapes, tracks)
    tapes[1].write(round(animator.speech_lead * 16_000), speech[30_000:94_000])
    for _ in range(250):
        hand_time.now += 0.01
        heard = int(clock.now()) - 320
        if heard >= 160:
            tapes[0].write(heard - 160, speech[heard - 160 : heard])
        while animator.step():
            pass
        if clock.now() > 16_000:
            assert tracks[1].end > clock.now()
    assert clock.now() - tracks[0].end <= animator.user_delay + 0.13 * 16_000
    stopped = int(clock.now())
    tapes[1].forget(stopped)
    animator.forget(stopped)
    assert tracks[1].end <= stopped + 640
    between = [tracks[0].sample(19_200 + n * 320) for n in range(3)]  # drawn 25 times a second, shown 50 times
    assert np.allclose(between[1], (between[0] + between[2]) / 2, atol=1e-6)
    assert not np.allclose(between[0], between[2], atol=1e-6)


def test_expressions_of_another_basis_are_left_out() -> None:
    motion = np.ones((3, 56), np.float32)
    assert np.array_equal(carried(motion, "flame", "flame:abc"), motion)
    assert not same_basis("flame:abc", "flame:def")
    moved = carried(motion, "flame", "named")
    assert moved[:, :50].max() == 0
    assert moved[:, 50:].min() == 1
