"""inference.motion.streaming: both heads follow the tapes on time, equal the offline motion, and forget what was taken back."""

import threading

import numpy as np
import pytest

from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.layout import JAW
from avatar.rig.motion import MotionTrack
from inference.duet.model import DuetModel, load_duet
from inference.motion.model import Conditions
from inference.motion.offline import animate
from inference.motion.streaming import Animator
from tests.conftest import PATIENCE, HandTime, until


@pytest.fixture(scope="module")
def duet() -> DuetModel:
    return load_duet()


class Scene:
    """A microphone that delivers 10 ms at a time, 20 ms late, and an agent whose speech is on its tape in advance."""

    def __init__(self, duet: DuetModel, clock: Clock, time: HandTime, user: np.ndarray) -> None:
        self.clock, self.time, self.user = clock, time, user
        self.tapes = (Tape(), Tape())
        self.tracks = (MotionTrack(50), MotionTrack(50))
        self.animator = Animator(duet, clock, self.tapes, self.tracks, seed=9)

    def live(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.time.now += 0.01
            heard = int(self.clock.now()) - 320
            if heard >= 160:
                self.tapes[0].write(heard - 160, self.user[heard - 160 : heard])
            while self.animator.step():
                pass


def test_live_heads_equal_the_offline_ones(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    scene = Scene(duet, clock, hand_time, speech)
    scene.tapes[1].write(8000, speech[30_000:94_000])
    scene.live(6.0)
    agent = np.zeros(160_000, np.float32)
    agent[8000:72_000] = speech[30_000:94_000]
    both = np.stack([agent[:96_000], speech[:96_000]])
    offline = np.concatenate(list(animate(duet, iter([both]), seed=9)), 1)
    # The agent's live mouth starts with what it hears ahead; the two agree once both have a second of context.
    frames = np.arange(100, 280)
    live = np.stack([scene.tracks[1].sample(n * 320) for n in frames])
    assert np.abs(live[:, JAW.start] - offline[0, frames, JAW.start]).max() < 1e-3


def test_the_agents_frames_are_ready_before_its_voice_is_heard(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    scene = Scene(duet, clock, hand_time, speech)
    scene.live(1.0)
    assert scene.tracks[1].end - clock.now() > 0.05 * 16_000


def test_the_users_frames_are_as_late_as_said(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    scene = Scene(duet, clock, hand_time, speech)
    scene.live(1.0)
    assert clock.now() - scene.tracks[0].end <= scene.animator.user_delay + 0.02 * 16_000
    assert scene.animator.user_delay < 0.10 * 16_000


def test_a_recording_that_is_known_ahead_says_nothing_of_how_late_the_microphone_is(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    scene = Scene(duet, clock, hand_time, speech)
    scene.live(1.0)
    before = scene.animator.user_delay
    scene.user = np.zeros(0, np.float32)
    scene.tapes[0].write(int(clock.now()), speech[:64_000])
    while clock.now() < 64_000:
        hand_time.now += 0.01
        while scene.animator.step():
            pass
    assert scene.tracks[0].end > clock.now()
    assert scene.animator.user_delay == before


def test_without_a_microphone_time_goes_on(duet: DuetModel, clock: Clock, hand_time: HandTime) -> None:
    scene = Scene(duet, clock, hand_time, np.zeros(1, np.float32))
    for _ in range(100):
        hand_time.now += 0.01
        while scene.animator.step():
            pass
    assert clock.now() - scene.tracks[0].end < 0.2 * 16_000


def test_what_is_taken_back_is_neither_shown_nor_remembered(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    silent_user = np.zeros(320_000, np.float32)
    scene = Scene(duet, clock, hand_time, silent_user)
    scene.tapes[1].write(4800, speech[10_000:110_000])
    scene.live(2.0)
    stopped = int(clock.now())
    scene.tapes[1].forget(stopped)
    scene.animator.forget(stopped)
    assert scene.tracks[1].end <= stopped + 320
    scene.live(1.0)
    shown = np.array([scene.tracks[1].sample(stopped + n * 320)[JAW.start] for n in range(8, 40)])
    assert shown.max() < 0.04  # shut 160 ms after, and it stays so
    truth = np.zeros(80_000, np.float32)
    truth[4800:stopped] = speech[10_000 : 10_000 + stopped - 4800]
    offline = np.concatenate(list(animate(duet, iter([np.stack([truth, silent_user[:80_000]])]), seed=9)), 1)
    frames = np.arange(stopped // 320 + 2, stopped // 320 + 40)
    live = np.stack([scene.tracks[1].sample(n * 320) for n in frames])
    assert np.abs(live[:, JAW.start] - offline[0, frames, JAW.start]).max() < 2e-3


def test_far_behind_it_skips_rather_than_runs_late(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    scene = Scene(duet, clock, hand_time, speech)
    scene.live(0.5)
    hand_time.now += 5.0
    steps = 0
    while scene.animator.step():
        steps += 1
    assert steps < 20
    assert clock.now() - scene.tracks[0].end < 0.2 * 16_000


class Held:
    """A motion model of Duet's timing whose step waits until the test lets it go; its frames show the agent's loudness."""

    name, basis, frames_per_second = "held", "named", 50
    look_aheads, live_look_aheads = (0.0,), (0, 0)
    hop_seconds, context_seconds, lead_seconds = 0.02, 0.0, 0.0

    def __init__(self) -> None:
        self.entered, self.go = threading.Semaphore(0), threading.Semaphore(0)

    def start(self, seed: int = 0, ahead: int = 0) -> int:
        return seed + ahead

    def step(
        self, audio: np.ndarray, state: int, _look_aheads: tuple[int, int], _conditions: object = None
    ) -> tuple[np.ndarray, int]:
        self.entered.release()
        assert self.go.acquire(timeout=PATIENCE)
        motion = np.zeros((2, audio.shape[1] // 320, 56), np.float32)
        motion[:, :, JAW.start] = np.abs(audio.reshape(2, -1, 320)).max(-1)
        return motion, state + 1


def test_nobody_waits_for_a_models_step_and_what_it_heard_in_vain_is_dropped(clock: Clock, hand_time: HandTime) -> None:
    model, tapes, tracks = Held(), (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
    animator = Animator(model, clock, tapes, tracks)
    hand_time.now += 0.5
    tapes[0].write(0, np.full(8000, 0.5, np.float32))
    tapes[1].write(0, np.full(32_000, 0.5, np.float32))
    stepping = threading.Thread(target=animator.step)
    stepping.start()
    assert model.entered.acquire(timeout=PATIENCE)

    def interrupt() -> None:
        for tape in tapes:
            tape.forget(0)
        animator.forget(0)
        animator.conditions = (Conditions(attitude=1.0), Conditions())
        _ = animator.user_delay, animator.load, animator.speech_lead

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    assert until(lambda: not interrupting.is_alive()), "it waits for the model"
    model.go.release()
    stepping.join(PATIENCE)
    assert tracks[0].end == tracks[1].end == 0  # a stale step leaves nothing
    for _ in range(100):
        model.go.release()
    tapes[0].write(0, np.zeros(8000, np.float32))
    animator.catch_up()
    assert tracks[1].end > clock.now()
    assert not any(tracks[1].sample(n * 320)[JAW.start] for n in range(40))


def test_further_back_than_it_remembers_it_hears_the_context_anew(
    duet: DuetModel, clock: Clock, hand_time: HandTime, speech: np.ndarray
) -> None:
    scene = Scene(duet, clock, hand_time, np.zeros(320_000, np.float32))
    scene.tapes[1].write(0, speech[10_000:110_000])
    scene.live(2.0)
    stopped = int(clock.now()) - 8000
    scene.tapes[1].forget(stopped)
    scene.animator.forget(stopped)
    scene.animator.catch_up()
    shown = np.array([scene.tracks[1].sample(stopped + n * 320)[JAW.start] for n in range(8, 40)])
    assert shown.max() < 0.04
