"""Choosing the motion model: live, without a break; on recordings; side by side. DualTalk's real classes at small sizes."""

import argparse
import json
import time
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from app.session.animation import Animation
from app.session.faces import Faces
from app.session.playback import Playback
from app.session.session import SAMPLE, Session
from app.session.trial import Offer
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.basis import carried, same_basis
from avatar.rig.layout import JAW, NECK
from avatar.rig.motion import MotionTrack
from inference.dualtalk.checkpoint import official_names
from inference.dualtalk.model import DualTalkModel, LiveSettings
from inference.dualtalk.network import DualTalkNetwork, DualTalkSettings
from inference.motion.streaming import Animator
from tests import tiny_dualtalk
from tests.conftest import SPEECH, HandTime, until
from tests.synthetic_flame import flame_arrays, write_pickle
from tests.test_checkpoint import run

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


class Talk:
    """The sample conversation and what shows it, on a time that a hand moves; every 10 ms both faces are looked at."""

    def __init__(self, clock: Clock, time: HandTime, animation: Animation) -> None:
        self.clock, self.time, self.animation = clock, time, animation
        _, tapes, tracks = animation._parts
        self.faces = Faces(tapes, tracks)
        lead = animation.playback_lead
        self.playback = Playback(SAMPLE / "own.flac", SAMPLE / "partner.flac", tapes, Tape(), clock, lead)
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
    options = argparse.Namespace(weights=weights, context=2000, future=80, hop=480, device=None, precision=None)
    tapes, tracks = (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
    animation = Animation(clock, tapes, tracks, 0, said.append, lambda offer: said.append(offer.told()), options)
    talk = Talk(clock, hand_time, animation)
    talk.live(2.0)
    for name in ("dualtalk", "duet"):
        before, speech = tracks[1].end, tapes[1].end
        animation.use(name)
        assert animation.name != name
        talk.live(0.5)
        assert tracks[1].end > before  # the one that runs goes on meanwhile
        assert until(lambda: animation.step() or not animation.loading)  # the loop goes on, and takes it over
        talk.live(1.5)
        assert animation.name == name, said
        assert tapes[1].end > speech
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
    options = argparse.Namespace(weights=home / "slow.pth", context=8000, hop=40, precision="float32")
    tracks = (MotionTrack(50), MotionTrack(50))
    animation = Animation(Clock(), (Tape(), Tape()), tracks, 0, said.append, offers.append, options)
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
    clock, tapes, tracks = Clock(), (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
    animation = Animation(clock, tapes, tracks, 0, said.append, offers.append, argparse.Namespace())
    animation._animator = Animator(Overloaded(), clock, tapes, tracks)
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


def test_render_by_dualtalk_answers_the_partners_motion(home: Path) -> None:
    weights = tiny_dualtalk.write_checkpoint(home / "d.pth")
    common = ("render", OWN, PARTNER, "--model", "dualtalk", "--weights", weights)
    first = run(home, *common, "--motion", home / "free.npz", "--json")
    assert first.returncode == 0, first.stderr
    figures = json.loads(first.stdout)
    assert figures["fps"] == 25
    with np.load(home / "free.npz") as free, np.load(home / "free_partner.npz") as partner:
        assert len(free["exp"]) == figures["frames"]
        assert str(free["basis"]) == "flame"
        given = {name: partner[name] * 0.5 for name in ("exp", "pose")}
    np.savez(home / "given.npz", **given)
    second = run(home, *common, "--motion", home / "answer.npz", "--partner-motion", home / "given.npz")
    assert second.returncode == 0, second.stderr
    with (
        np.load(home / "answer_partner.npz") as kept,
        np.load(home / "answer.npz") as answer,
        np.load(home / "free.npz") as free,
    ):
        assert np.allclose(kept["exp"], given["exp"])
        assert not np.allclose(answer["exp"], free["exp"], atol=1e-4)
    wrong = run(home, "render", OWN, PARTNER, "--motion", home / "x.npz", "--partner-motion", home / "given.npz")
    assert wrong.returncode == 1
    assert "named expressions" in wrong.stderr
    moody = run(home, *common, "--motion", home / "x.npz", "--mood", "happy")
    assert moody.returncode == 2
    assert "DualTalk" in moody.stderr
    named = run(home, "render", OWN, PARTNER, "--motion", home / "duet.npz")
    assert named.returncode == 0
    duet = ("render", OWN, PARTNER, "--partner-motion", home / "duet_partner.npz", "--mood", "happy,head=0.5")
    assert run(home, *duet, "--motion", home / "z.npz").returncode == 0
    with np.load(home / "duet_partner.npz") as given, np.load(home / "z_partner.npz") as kept:
        assert np.allclose(kept["exp"], given["exp"], atol=1e-6)
        assert np.allclose(kept["pose"], given["pose"], atol=1e-6)
    other = run(home, *common, "--motion", home / "y.npz", "--partner-motion", home / "duet.npz")
    assert other.returncode == 1
    assert "named" in other.stderr
    assert not (home / "y.npz").exists()


def test_compare_shows_every_model_and_the_truth(home: Path) -> None:
    weights = tiny_dualtalk.write_checkpoint(home / "d.pth")
    assert run(home, "import-flame", write_pickle(home / "flame.pkl", flame_arrays())).returncode == 0
    frames = 140
    truth = {"exp": np.random.default_rng(0).normal(0, 0.3, (frames, 50)), "pose": np.zeros((frames, 6))}
    np.savez(home / "truth.npz", **truth)
    result = run(home, "compare", OWN, PARTNER, "--models", "duet", "dualtalk", "--weights", weights, "--truth",
                 home / "truth.npz", "-o", home / "c.mp4", "--size", "240x136", "--json")  # fmt: skip
    assert result.returncode == 0, result.stderr
    measures = json.loads(result.stdout)["measures"]
    assert list(measures) == ["Duet", "DualTalk", "Truth"]
    assert "fd_expression" in measures["DualTalk"]
    assert "fd_expression" not in measures["Duet"]
    assert measures["Truth"]["mse_neck"] == 0
    with av.open(str(home / "c.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert pictures[0].shape == (2 * (136 + 74), 480, 3)
    panels = [pictures[60][top : top + 136, left : left + 240] for top, left in ((0, 0), (0, 240), (210, 0))]
    for panel in panels:
        skin = (panel[..., 0].astype(int) > 100) & (panel[..., 0] > panel[..., 2].astype(int) + 15)
        assert skin.sum() > 400
    assert pictures[60][140:210, :240].max() > 150  # the caption
