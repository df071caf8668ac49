"""A whole conversation by stepping: two recordings through the block functions, tapes, model, tracks and pictures."""

import numpy as np

from app.session.faces import Faces, load_heads
from app.timeline.timeline import AGENT, USER
from audio_io.devices.blocks import Player, Recorder
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.export.picture import Painter
from avatar.rig.layout import JAW
from avatar.rig.motion import MotionTrack
from inference.duet.model import load_duet
from inference.motion.streaming import Animator
from tests.conftest import HandTime

RATE = 48_000
BLOCK = 480
LATENCY = 0.05  # of the loudspeaker
SECONDS = 5.0
USER_TALKS, AGENT_TALKS = (0.5, 2.4), (2.8, 4.6)


def talk(speech: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    track = np.zeros(int((SECONDS + 1) * 16_000), np.float32)
    start, end = (int(t * 16_000) for t in span)
    track[start:end] = speech[: end - start]
    return track


class Conversation:
    """What the live program builds, with devices that are two arrays and a hand that moves time."""

    def __init__(self, clock: Clock, time: HandTime, user: np.ndarray, agent: np.ndarray) -> None:
        import soxr

        self.clock, self.time = clock, time
        self.captured = soxr.resample(user, 16_000, RATE).astype(np.float32)
        self.tapes, self.tracks = (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
        self.tapes[AGENT].write(0, agent)
        self.player = Player([self.tapes[AGENT]], clock, RATE)
        self.recorder = Recorder(self.tapes[USER], clock, RATE)
        self.animator = Animator(load_duet(), clock, self.tapes, self.tracks)
        self.faces = Faces(self.tapes, self.tracks)
        self.played: list[np.ndarray] = []
        self.shown: list[tuple[float, float, float]] = []

    def run(self) -> None:
        start = self.time.now
        self.pictures: list[np.ndarray] = []
        with Painter(load_heads(), 320, 180, "viewer") as painter:
            for number in range(int(SECONDS * 100)):
                self.time.now = start + number * 0.01
                self.played.append(self.player.block(BLOCK, self.time.now + LATENCY))
                piece = self.captured[max(0, number - 1) * BLOCK : number * BLOCK]
                if len(piece):
                    self.recorder.block(piece, self.time.now - 0.01)
                while self.animator.step():
                    pass
                if number % 4 == 0:
                    now = self.clock.now()
                    poses = [
                        self.faces.pose(USER, now, "viewer", self.animator.user_delay),
                        self.faces.pose(AGENT, now, "viewer"),
                    ]
                    jaws = [float(pose.motion[JAW.start]) for pose in poses]
                    self.shown.append((now / 16_000, *jaws))
                    self.pictures.append(painter.picture(poses).astype(np.int16))


def test_two_people_talk_and_two_heads_take_turns(clock: Clock, hand_time: HandTime, speech: np.ndarray) -> None:
    conversation = Conversation(clock, hand_time, talk(speech, USER_TALKS), talk(speech[20_000:], AGENT_TALKS))
    conversation.run()
    time, user, agent = np.array(conversation.shown).T

    def during(span: tuple[float, float], late: float) -> np.ndarray:
        return (time > span[0] + late) & (time < span[1])

    # Who speaks moves the mouth, who listens does not.
    assert user[during(USER_TALKS, 0.2)].std() > 4 * user[during(AGENT_TALKS, 0.4)].std()
    assert agent[during(AGENT_TALKS, 0.0)].std() > 4 * agent[during(USER_TALKS, 0.0)].std()
    assert user[during(USER_TALKS, 0.2)].max() > 0.06
    assert agent[during(AGENT_TALKS, 0.0)].max() > 0.06

    # The agent's mouth moves with what sounds: the loudest moment of either is close to the other's.
    sound = np.concatenate(conversation.played)
    level = np.array([np.abs(sound[int((t - LATENCY) * RATE) :][:1920]).max(initial=0) for t in time])
    shifted = [np.corrcoef(np.roll(agent, k), level)[0, 1] for k in range(-5, 6)]
    assert abs(int(np.argmax(shifted)) - 5) <= 3  # within 120 ms of 40 ms frames; the face may lead

    # The pictures change where and when somebody speaks.
    motion = [np.abs(b - a) for a, b in zip(conversation.pictures, conversation.pictures[1:], strict=False)]
    left = np.array([m[80:150, :160].mean() for m in motion])
    right = np.array([m[80:150, 160:].mean() for m in motion])
    speaking, listening = during(USER_TALKS, 0.2)[1:], during(AGENT_TALKS, 0.4)[1:]
    assert left[speaking].mean() > 1.3 * left[listening].mean()
    assert right[listening].mean() > 1.3 * right[speaking].mean()


def test_what_is_heard_is_what_was_said(clock: Clock, hand_time: HandTime, speech: np.ndarray) -> None:
    import soxr

    agent = talk(speech, AGENT_TALKS)
    conversation = Conversation(clock, hand_time, talk(speech, USER_TALKS), agent)
    conversation.run()
    sound = soxr.resample(np.concatenate(conversation.played), RATE, 16_000)
    offset = int(LATENCY * 16_000)
    said, heard = agent[offset : offset + 70_000], sound[:70_000]
    assert np.corrcoef(said, heard)[0, 1] > 0.95
    recorded = conversation.tapes[USER].read(8000, 30_000)
    assert np.corrcoef(talk(speech, USER_TALKS)[8000:38_000], recorded)[0, 1] > 0.95
