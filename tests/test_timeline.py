"""app.timeline.timeline and the live session that writes into it: entries, states, forgetting, a stored session again."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.agents.agents import load_agent
from app.session.session import Session
from app.session.shown import Replayed
from app.timeline.folder import Folder
from app.timeline.stored import load
from app.timeline.timeline import FORGET, Entry, Timeline
from audio_io.notice import Trouble
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.rig.motion import MotionTrack
from tests.conftest import until


def timeline() -> Timeline:
    tapes = {"user": Tape(), "agent": Tape()}
    for tape in tapes.values():
        tape.write(0, np.full(64_000, 0.5, np.float32))
    tracks = (MotionTrack(50), MotionTrack(50))
    for track in tracks:
        track.write(0, np.full((200, 56), 0.1, np.float32))
    return Timeline(tapes, tracks, ahead=("agent",))


def test_forgetting_forgets_what_was_planned_in_all_of_them_and_nothing_that_was() -> None:
    line = timeline()
    line.note("turn", 8000, turn=1, text="hello")
    line.note("words", 10_000, end=20_000, text="Quite well.", reply=1)
    line.note("words", 30_000, end=40_000, text="Thank you.", reply=1)
    line.forget(16_000)
    line.note("interrupted", 16_000, turn=1)
    assert [entry.kind for entry in line.entries()] == ["turn", "words", "interrupted"]
    assert line.entries("words")[0].facts["cut"] == 16_000
    assert [entry.generation for entry in line.entries()] == [0, 0, 1]
    assert not line.voices["agent"].read(16_000, 40_000).any() and line.voices["user"].read(16_000, 40_000).all()
    assert all(track.end == 16_000 for track in line.tracks)


def test_states_are_kept_where_they_change_and_followers_hear_all() -> None:
    line, heard = timeline(), list[Entry]()
    assert line.state("basis", 0, name="named") and not line.state("basis", 500, name="named")
    assert [entry.facts["name"] for entry in line.follow(heard.append, 0)] == ["named"]
    assert line.state("basis", 9000, name="FLAME")
    line.forget(9000)
    line.leave(heard.append)
    line.note("turn", 9500)
    assert [(entry.kind, entry.at) for entry in heard] == [("basis", 9000), (FORGET, 9000)]
    at = line.at("basis", 8999)
    assert at is not None and at.facts["name"] == "named"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    opened = Session(lambda _told: None)
    yield opened
    opened.close()


def test_events_are_kept_whether_or_not_they_are_recorded(session: Session) -> None:
    session.ask_eyes(2.0, 0.5)
    session.ask_mood("happy", "")
    session._say(Trouble("the microphone is gone"))
    session.conversation.note("turn", 100, turn=1, text="hello")
    session.conversation.use_agent(load_agent("theo", print))
    session.speech.say("[smile] Good morning. How are you?")
    for _ in range(2):
        session.speech.step()
    kinds = {entry.kind for entry in session.timeline.entries()}
    assert {"dials", "mood", "fault", "turn", "words", "affect", "agent", "hearing", "basis"} <= kinds
    assert [entry.facts["name"] for entry in session.timeline.entries("agent")] == ["Mira", "Theo"]
    spoken = session.timeline.entries("words")
    assert [entry.facts["text"] for entry in spoken] == ["Good morning.", "How are you?"]
    first = spoken[0].facts["words"]
    assert spoken[0].at <= first[0][0] < spoken[0].at + 1600 and all(begin < end for begin, end, _, _ in first)
    session.speech.stop()
    cut = session.timeline.entries("words")
    assert len(cut) < 2 or "cut" in cut[-1].facts
    assert not session.tapes[1].read(int(session.clock.now()), 4 * SAMPLE_RATE).any()


def test_a_stored_session_plays_as_it_was_and_no_model_runs(session: Session, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "talk", 32_000, 50, {"seed": 7}, ("user", "agent"))
    rng = np.random.default_rng(0)
    motion = rng.normal(0, 0.02, (2, 200, 56)).astype(np.float32)
    folder.write([
        Entry("basis", 0, facts={"name": "named"}), Entry("agent", 0, facts={"name": "Nobody"}),
        Entry("heads", 0, facts={"names": ["mira", "theo"], "identities": [[], []]}),
        Entry("turn", 40_000, facts={"text": "hello"}), Entry("dials", 50_000, facts={"blinks": 0.5, "contact": 1.0}),
    ])  # fmt: skip
    folder.add(dict.fromkeys(("user", "agent"), rng.normal(0, 0.1, 64_000).astype(np.float32)), motion)
    folder.end()
    folder.pack("named")
    shown = Replayed(load(folder.path))
    session.start()
    session.play_again(shown)
    replay = session.replay
    assert replay is not None and replay.cast == (("mira", "theo"), ((), ())) and replay.agent == "Nobody"
    now = session.clock.now()
    at = replay.at(now + 1.5 * SAMPLE_RATE)
    poses, wanted = replay.poses(now + 1.5 * SAMPLE_RATE, "viewer"), shown.faces(at).poses(at, "viewer")
    for pose, one in zip(poses, wanted, strict=True):
        np.testing.assert_array_equal(pose.motion, one.motion)
    assert np.abs(poses[0].motion).max() > 0
    assert until(lambda: session.tapes[1].end > now + SAMPLE_RATE), "its sound is heard"
    assert not session.ready, "no motion model was even loaded"
    assert until(lambda: session.replay is None), "it ends by itself"
    assert until(lambda: session.ready), "and the live talk goes on"
