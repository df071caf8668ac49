"""app.timeline.recording: a full disk or a folder that goes ends no recording, and nothing between is lost."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from app.timeline.stored import load
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE
from tests.conftest import HandTime
from tests.drill.outputs import room
from tests.recorded import Session, steps


@pytest.fixture
def session(clock: Clock, speech: np.ndarray) -> Session:
    return Session(clock, speech)


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
