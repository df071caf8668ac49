"""app.timeline.recording and replay: a session's folder is whole at any moment, and shows the same picture again."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.commands import replay
from app.commands.replay import Recorded
from app.conversation.conversation import write_transcript
from app.session.faces import Faces
from app.timeline.recording import EVENTS, MOTION, Recording, read_events, read_facts, read_motion_file
from audio_io.files import stream
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.draw.background import BACKGROUNDS
from avatar.life.affect import Affect
from avatar.rig.motion import MotionTrack
from tests.conftest import HandTime, until

ROOT = Path(__file__).resolve().parents[1]
WRITER = """
import itertools, sys
import numpy as np
from pathlib import Path
from app.timeline.recording import Recording
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.motion import MotionTrack
times = itertools.count(100, 0.02)  # each look at the clock is 20 ms later, however busy the machine is
clock, tapes, tracks = Clock(lambda: next(times)), [Tape() for _ in range(4)], (MotionTrack(50), MotionTrack(50))
names = ("user_raw", "user", "agent_raw", "agent")
recording = Recording(Path(sys.argv[1]), clock, dict(zip(names, tapes)), tracks, {"seed": 3}, print)
number = 0
while True:
    now = int(clock.now())
    for tape in tapes:
        tape.write(now, np.full(32_000, 0.25, np.float32))
    for track in tracks:
        track.write(now // 320, np.full((100, 56), 0.1, np.float32))
    recording.note("began", now, turn=number)
    recording.step()
    number += 1
"""


class Session:
    """Two voices, two faces and a clock that a hand moves."""

    def __init__(self, clock: Clock, speech: np.ndarray) -> None:
        rng = np.random.default_rng(0)
        self.clock, self.tapes, self.tracks = clock, (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
        self.failed: list[str] = []
        for tape, shift in zip(self.tapes, (0, 60_000), strict=True):
            tape.write(0, speech[shift : shift + 96_000])
        for track in self.tracks:
            track.write(0, np.cumsum(rng.normal(size=(300, 56)), 0).astype(np.float32) * 0.01)

    def recording(self, folder: Path) -> Recording:
        voices = {"user_raw": self.tapes[0], "user": self.tapes[0], "agent_raw": self.tapes[1], "agent": self.tapes[1]}
        return Recording(folder, self.clock, voices, self.tracks, {"seed": 5}, self.failed.append)


@pytest.fixture
def session(clock: Clock, speech: np.ndarray) -> Session:
    return Session(clock, speech)


def recorded(session: Session, hand_time: HandTime, folder: Path) -> Recording:
    recording = session.recording(folder)
    recording.note("delay", recording.start, samples=1440)
    recording.note("affect", 16_000, name="smile", strength=0.8)
    recording.note("turn", 30_000, turn=1, text="how does it work")
    recording.note("said", 60_000, text="Quite well.", whole="Quite well. Thank you.")
    for _ in range(22):
        hand_time.now += 0.25
        recording.step()
    recording.close()
    return recording


def test_what_was_recorded_shows_the_same_picture(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = recorded(session, hand_time, tmp_path / "talk")
    again = Recorded(tmp_path / "talk", read_facts(tmp_path / "talk"), read_events(tmp_path / "talk"))
    affects = (Affect("smile", 16_000, 0.8),)
    live = Faces(session.tapes, session.tracks, 5, lambda who, _: affects if who else ())
    for at in range(recording.start + 40_000, recording.start + again.samples, 3200):
        assert again.delay(at) == 1440
        for now, then in zip(live.poses(at, "viewer", 1440), again.faces.poses(at, "viewer", 1440), strict=True):
            np.testing.assert_allclose(now.motion, then.motion, atol=1e-6)
            np.testing.assert_allclose(now.eyes, then.eyes, atol=1e-6)
    sound = np.concatenate(list(stream(tmp_path / "talk" / "agent.wav", SAMPLE_RATE)))
    np.testing.assert_allclose(sound, session.tapes[1].read(recording.start, len(sound)), atol=1e-4)
    write_transcript(tmp_path / "talk")
    text = (tmp_path / "talk" / "transcript.txt").read_text()
    assert "person: how does it work" in text and "agent: Quite well." in text and "Thank you" not in text


def test_replay_writes_a_video_also_with_another_model(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recorded(session, hand_time, tmp_path / "talk")
    for model, name in ((None, "same.mp4"), ("duet", "duet.mp4")):
        options = argparse.Namespace(
            folder=tmp_path / "talk", output=tmp_path / name, model=model, seed=None, json=True, head=None,
            partner_head=None, size=(128, 96), facing="viewer", shot="both",
            background=BACKGROUNDS["studio"], weights=None, device=None, precision=None, quality="auto", shape=(),
            partner_shape=(),
        )  # fmt: skip
        assert replay.run(options) == 0
        assert (tmp_path / name).stat().st_size > 5000


def test_a_session_that_is_killed_stays_readable(tmp_path: Path) -> None:
    for delay in (0.0, 0.13, 0.31):
        folder = tmp_path / f"killed{delay}"
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], cwd=ROOT)
        sound = folder / "agent.wav"
        assert until(lambda sound=sound: sound.exists() and sound.stat().st_size > 20_000)
        time.sleep(delay)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        again = Recorded(folder, read_facts(folder), read_events(folder))
        assert again.samples > 8000
        assert len(read_events(folder)) > 10
        audio = np.concatenate(list(stream(sound, SAMPLE_RATE)))
        assert abs(len(audio) - again.samples) < SAMPLE_RATE  # one step's
        assert np.abs(audio[4000 : again.samples] - 0.25).max() < 1e-3


def test_a_full_disk_ends_the_recording_and_not_the_talk(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = session.recording(tmp_path / "talk")
    recording._motions[0].close()
    recording._motions[0] = open("/dev/full", "ab", buffering=0)  # noqa: PTH123
    hand_time.now += 2
    recording.step()
    recording.note("began", 0)
    recording.step()
    recording.close()
    assert (
        len(session.failed) == 1 and "talk goes on" in session.failed[0] and str(tmp_path / "talk") in session.failed[0]
    )


def test_a_session_is_deleted_wholly(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = session.recording(tmp_path / "talk")
    hand_time.now += 2
    recording.step()
    recording.delete()
    recording.note("began", 0)
    assert not (tmp_path / "talk").exists()


def test_damaged_sessions_are_told(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    with pytest.raises(FileNotFoundError, match="holds no recorded session"):
        read_events(folder)
    recorded(session, hand_time, folder)
    with (folder / EVENTS).open("a") as file:
        file.write('{"event": "cut of')
    assert read_events(folder)
    (folder / EVENTS).write_text('broken\n{"event": "x", "at": 1}\n')
    with pytest.raises(ValueError, match="line 1"):
        read_events(folder)
    (folder / "session.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(ValueError, match="another version"):
        read_facts(folder)
    (folder / MOTION[0]).write_bytes(np.full(56, np.nan, "<f4").tobytes())
    with pytest.raises(ValueError, match="no numbers"):
        read_motion_file(folder / MOTION[0])
