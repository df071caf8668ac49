"""app.timeline and replay: a session's folder is whole at any moment, loses nothing, and shows the same picture again."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.commands import replay
from app.commands.cli import main
from app.conversation.utterance import Utterance, shown
from app.session.faces import Faces
from app.session.replayed import Replayed
from app.timeline.lines import read
from app.timeline.recording import Recording
from app.timeline.stored import load
from app.timeline.timeline import Timeline
from app.timeline.transcript import write_transcript
from audio_io.files import stream
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from audio_io.voices.voice import Word
from avatar.draw.background import BACKGROUNDS
from avatar.life.affect import Affect
from avatar.life.blinks import Dials
from avatar.rig.motion import MotionTrack
from tests.conftest import HandTime, until
from tests.drill import good
from tests.drill.outputs import room

ROOT = Path(__file__).resolve().parents[1]
WRITER = """
import itertools, sys
import numpy as np
from pathlib import Path
from app.timeline.recording import Recording
from app.timeline.timeline import Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.motion import MotionTrack
times = itertools.count(100, 0.02)  # each look at the clock is 20 ms later, however busy the machine is
clock, tapes, tracks = Clock(lambda: next(times)), [Tape() for _ in range(4)], (MotionTrack(50), MotionTrack(50))
names = ("user_raw", "user", "agent_raw", "agent")
timeline = Timeline(dict(zip(names, tapes)), tracks)
recording = Recording(Path(sys.argv[1]), timeline, clock, {"seed": 3}, print)
number = 0
while len(sys.argv) < 3 or sys.stdin.read(1):
    now = int(clock.now())
    for tape in tapes:
        tape.write(now, np.full(32_000, 0.25, np.float32))
    for track in tracks:
        track.write(now // 320, np.full((100, 56), 0.1, np.float32))
    timeline.note("began", now, turn=number)
    timeline.note("turn", now, turn=number, text="how does it work")
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

        voices = {"user_raw": self.tapes[0], "user": self.tapes[0], "agent_raw": self.tapes[1], "agent": self.tapes[1]}
        self.timeline = Timeline(voices, self.tracks, ("agent",))

    def recording(self, folder: Path, spare: Path | None = None) -> Recording:
        facts = {"seed": 5}
        if spare is None:
            return Recording(folder, self.timeline, self.clock, facts, self.failed.append)
        return Recording(folder, self.timeline, self.clock, facts, self.failed.append, lambda: spare)


@pytest.fixture
def session(clock: Clock, speech: np.ndarray) -> Session:
    return Session(clock, speech)


def steps(recording: Recording, hand_time: HandTime, count: int) -> None:
    for _ in range(count):
        hand_time.now += 0.25
        recording.step()


def recorded(session: Session, hand_time: HandTime, folder: Path) -> Recording:
    timeline = session.timeline
    timeline.note("turn", 0, turn=0, text="said before anybody agreed")
    timeline.state("heads", 0, names=("theo", "mira"), identities=((), ()))
    timeline.state("basis", 0, name="named")
    recording = session.recording(folder)
    timeline.note("delay", recording.start, samples=1440)
    timeline.note("affect", 16_000, name="smile", strength=0.8)
    timeline.note("turn", 30_000, turn=1, text="how does it work")
    timeline.state("dials", 40_000, blinks=2.0, contact=0.5)
    timeline.note("said", 60_000, text="Quite well.", whole="Quite well. Thank you.")
    steps(recording, hand_time, 22)
    recording.close()
    return recording


def test_what_was_recorded_shows_the_same_picture(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = recorded(session, hand_time, tmp_path / "talk")
    assert not session.failed
    stored = load(tmp_path / "talk")
    again = Replayed(stored)
    affects = (Affect("smile", 16_000, 0.8),)
    for at in range(recording.start + 40_000, recording.start + stored.samples, 3200):
        dials = Dials(2.0, 0.5)
        live = Faces(session.tapes, session.tracks, 5, lambda who, _: affects if who else (), (dials, dials))
        assert again.delay(at) == 1440 and again.basis(at) == "named"
        assert again.cast(at) == (("theo", "mira"), ((), ()))
        for now, then in zip(live.poses(at, "viewer", 1440), again.faces(at).poses(at, "viewer", 1440), strict=True):
            np.testing.assert_allclose(now.motion, then.motion, atol=1e-6)
            np.testing.assert_allclose(now.eyes, then.eyes, atol=1e-6)
    sound = np.concatenate(list(stream(tmp_path / "talk" / "agent.flac", 320)))
    np.testing.assert_allclose(sound, session.tapes[1].read(recording.start, len(sound)), atol=1e-4)
    text = (tmp_path / "talk" / "transcript.txt").read_text()
    assert "person: how does it work" in text and "agent: Quite well." in text and "Thank you" not in text
    assert "before anybody agreed" not in (tmp_path / "talk" / "timeline.jsonl").read_text()


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
        sound = folder / "agent.flac"
        assert until(lambda sound=sound: sound.exists() and sound.stat().st_size > 1000)
        time.sleep(delay)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        stored = load(folder)
        assert stored.samples > 8000
        assert len(stored.timeline.entries("began")) > 10
        audio = np.concatenate(list(stream(sound, 320)))
        assert abs(len(audio) - stored.samples) < SAMPLE_RATE  # one step's
        assert np.abs(audio[4000:-320] - 0.25).max() < 1e-3
        assert any("transcript" in told for told in stored.missing)
        assert "how does it work" in (folder / "transcript.txt").read_text()


def test_one_that_is_killed_at_once_says_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "killed"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), "wait"], cwd=ROOT, stdin=subprocess.PIPE)
    assert until(lambda: (folder / "agent.motion").exists())
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert main(["replay", str(folder), "-o", str(tmp_path / "a.mp4")]) != 0
    told = capsys.readouterr().err
    assert "user.flac holds no sound" in told and "user.motion holds no frames" in told and "Traceback" not in told
    assert not (tmp_path / "a.mp4").exists()


def test_what_is_left_of_a_session_is_shown(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    recorded(session, hand_time, folder)
    whole = load(folder).samples
    (folder / "user.flac").write_bytes(b"")
    (folder / "agent.npz").unlink()
    (folder / "agent.flac").write_bytes((folder / "agent.flac").read_bytes()[:40_000])
    (folder / "transcript.txt").unlink()
    stored = load(folder)
    told = " ".join(stored.missing)
    assert stored.samples == whole and "user.flac holds no sound" in told and "agent.npz is not there" in told
    assert "agent.flac ends after" in told and (folder / "transcript.txt").exists()
    assert stored.timeline.voices["agent"].read(stored.start, SAMPLE_RATE).any()


def test_where_the_disk_is_full_it_goes_on_in_another_folder(
    session: Session, hand_time: HandTime, tmp_path: Path
) -> None:
    recording = session.recording(tmp_path / "talk", tmp_path / "spare")
    session.timeline.note("turn", 0, turn=1, text="before")
    steps(recording, hand_time, 12)
    full = max(file.stat().st_size for file in (tmp_path / "talk").iterdir())
    with room(full):  # no file may grow further: the first folder's largest cannot
        steps(recording, hand_time, 4)
        session.timeline.note("turn", 50_000, turn=2, text="after")
        steps(recording, hand_time, 1)
        assert len(session.failed) == 1 and str(tmp_path / "spare") in session.failed[0]
    steps(recording, hand_time, 3)
    recording.close()
    first, second = load(tmp_path / "talk"), load(tmp_path / "spare")
    assert recording.folders == [tmp_path / "talk", tmp_path / "spare"]
    assert second.start <= first.start + first.samples, "nothing between them is lost"
    assert second.start + second.samples >= 4.4 * SAMPLE_RATE
    for stored in (first, second):
        sound = stored.timeline.voices["agent"].read(stored.start, 20_000)
        np.testing.assert_allclose(sound, session.tapes[1].read(stored.start, 20_000), atol=1e-4)
    assert "before" in (tmp_path / "talk" / "transcript.txt").read_text()
    assert "after" in (tmp_path / "spare" / "transcript.txt").read_text()


def test_without_room_anywhere_the_recording_ends_and_not_the_talk(
    session: Session, hand_time: HandTime, tmp_path: Path
) -> None:
    recording = session.recording(tmp_path / "talk", tmp_path / "spare")
    steps(recording, hand_time, 8)
    with room(1):
        steps(recording, hand_time, 8)
        session.timeline.note("began", 0)
        recording.close()
    assert "talk goes on" in session.failed[0] and str(tmp_path / "talk") in session.failed[0] and not recording.open
    assert load(tmp_path / "talk").samples > SAMPLE_RATE // 2


def test_a_disk_that_is_full_when_it_ends_is_told_and_all_is_closed(
    session: Session, hand_time: HandTime, tmp_path: Path
) -> None:
    recording = session.recording(tmp_path / "talk", tmp_path / "spare")
    steps(recording, hand_time, 8)
    with room(max(file.stat().st_size for file in (tmp_path / "talk").iterdir())):
        hand_time.now += 1
        recording.close()
    assert not recording.open and str(tmp_path / "spare") in session.failed[0]
    first, second = load(tmp_path / "talk"), load(tmp_path / "spare")
    assert second.start <= first.start + first.samples and second.start + second.samples >= 2.4 * SAMPLE_RATE


@pytest.mark.parametrize("moved", [False, True])
def test_a_folder_that_goes_is_noticed_and_the_recording_goes_on(
    session: Session, hand_time: HandTime, tmp_path: Path, moved: bool
) -> None:
    recording = session.recording(tmp_path / "talk", tmp_path / "spare")
    session.timeline.state("basis", 0, name="named")
    steps(recording, hand_time, 8)
    gone = hand_time.now
    if moved:
        (tmp_path / "talk").rename(tmp_path / "elsewhere")
    else:
        shutil.rmtree(tmp_path / "talk")
    steps(recording, hand_time, 4)
    assert len(session.failed) == 1 and "not there any more" in session.failed[0], f"not told after {gone}"
    session.timeline.note("turn", 50_000, turn=2, text="after")
    steps(recording, hand_time, 8)
    recording.close()
    stored = load(tmp_path / "spare")
    assert stored.start <= 1.5 * SAMPLE_RATE and stored.start + stored.samples >= 4.2 * SAMPLE_RATE
    assert stored.timeline.entries("turn") and stored.timeline.entries("basis")
    assert len(session.failed) == 1 and (not moved or load(tmp_path / "elsewhere").samples)


def test_a_session_is_deleted_wholly(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = session.recording(tmp_path / "talk")
    steps(recording, hand_time, 8)
    recording.delete()
    session.timeline.note("began", 0)
    recording.step()
    assert not (tmp_path / "talk").exists()


def test_damaged_sessions_are_told(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    with pytest.raises(FileNotFoundError, match="holds no recorded session"):
        load(folder)
    recorded(session, hand_time, folder)
    lines = (folder / "timeline.jsonl").read_text()
    (folder / "timeline.jsonl").write_text(lines + '{"event": "cut of')
    assert load(folder).timeline.entries("turn")
    (folder / "timeline.jsonl").write_text(lines + 'broken\n{"event": "x", "at": 1}\n')
    with pytest.raises(ValueError, match="line 9 of"):
        load(folder)
    (folder / "timeline.jsonl").write_text(json.dumps({"version": 99}) + "\n")
    with pytest.raises(ValueError, match="version"):
        load(folder)


@pytest.mark.parametrize(
    "odd",
    [
        {"version": "1"}, {"version": 1, "start": "now"}, {"version": 1, "fps": [50]}, {"version": 1, "seed": None}, [1], "x",
        {"version": 1, "start": -5}, {"version": 1, "fps": 0},
    ],
)  # fmt: skip
def test_facts_of_other_types_are_told_in_words(
    odd: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in (good.session() | {"session.json": json.dumps(odd).encode()}).items():
        (tmp_path / name).write_bytes(data)
    assert main(["replay", str(tmp_path), "-o", str(tmp_path / "a.mp4")]) != 0
    told = capsys.readouterr().err
    assert "session.json" in told and str(tmp_path) in told and "Traceback" not in told


def test_old_recordings_open(tmp_path: Path) -> None:
    for name, data in good.session().items():
        (tmp_path / name).write_bytes(data)
    stored = load(tmp_path)
    again = Replayed(stored)
    assert stored.start == 320 and stored.samples >= 25 * 320
    assert again.delay(400) == 1440 and again.basis(400) == "named" and again.cast(400) is None
    assert [entry.at for entry in stored.timeline.entries("turn")] == [320 + 1600]
    assert again.captions(320 + 1700)[0] == ("hello", True)
    (tmp_path / "user.wav").write_bytes(b"")  # killed as soon as it began, as sessions were recorded then
    assert "user.wav holds no sound" in " ".join(load(tmp_path).missing)


def sentence(start: int, text: str) -> Utterance:
    words = (Word(0, 0, len(text.split()[0])), Word(8000, len(text.split()[0]) + 1, len(text)))
    return Utterance(1, text, start, np.zeros(16_000, np.float32), words)


def test_what_was_cut_is_forgotten_in_words_too(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = session.recording(tmp_path / "talk")
    said = [sentence(16_000, "Quite well."), sentence(36_000, "Thank you.")]
    for one in said:
        session.timeline.note("words", one.start, **one.facts())
    whole = session.timeline.entries("words")
    assert whole[0].facts["words"] == [(16_000, 24_000, 0, 5), (24_000, 32_000, 6, 11)]
    steps(recording, hand_time, 6)
    session.timeline.forget(20_000)
    assert not session.tapes[1].read(20_000, 40_000).any()
    assert session.tracks[0].end <= 20_000 + 320
    steps(recording, hand_time, 6)
    recording.close()
    live, stored = session.timeline.entries("words"), load(tmp_path / "talk")
    assert [entry.facts["cut"] for entry in live] == [20_000]
    assert [entry.facts["cut"] for entry in stored.timeline.entries("words")] == [20_000]
    person, agent = Replayed(stored).captions(30_000)
    assert agent == ("Quite", 5) and agent == shown([said[0].cut(20_000)], 30_000)


def test_a_transcript_is_whole_or_not_there(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recorded(session, hand_time, tmp_path / "talk")
    (tmp_path / "talk" / "transcript.txt").unlink()
    with room(3), pytest.raises(OSError, match="large"):
        write_transcript(tmp_path / "talk")
    assert not list((tmp_path / "talk").glob("transcript*")) and read(tmp_path / "talk")
