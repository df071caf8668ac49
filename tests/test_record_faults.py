"""app.timeline under faults: killed, full disks, folders that go, damaged files; what is missing is said."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.commands.cli import main
from app.timeline.lines import read
from app.timeline.stored import load
from app.timeline.transcript import write_transcript
from audio_io.files import stream
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE
from tests.conftest import HandTime, until
from tests.drill import good
from tests.drill.outputs import room
from tests.recorded import ROOT, WRITER, Session, recorded, steps


@pytest.fixture
def session(clock: Clock, speech: np.ndarray) -> Session:
    return Session(clock, speech)


def test_a_session_that_is_killed_stays_readable(tmp_path: Path) -> None:
    for noted in (1000, 5000, 20_000):  # bytes of what happened that are written when it is killed
        folder = tmp_path / f"killed{noted}"
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], cwd=ROOT)
        wanted = {folder / "agent.flac": 1000, folder / "timeline.jsonl": noted}
        assert until(lambda wanted=wanted: all(f.exists() and f.stat().st_size > size for f, size in wanted.items()))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        stored = load(folder)
        assert stored.samples > 8000
        assert len(stored.timeline.entries("began")) > 10
        audio = np.concatenate(list(stream(folder / "agent.flac", 320)))
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


def test_a_transcript_is_whole_or_not_there(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recorded(session, hand_time, tmp_path / "talk")
    (tmp_path / "talk" / "transcript.txt").unlink()
    with room(3), pytest.raises(OSError, match="large"):
        write_transcript(tmp_path / "talk")
    assert not list((tmp_path / "talk").glob("transcript*")) and read(tmp_path / "talk")
