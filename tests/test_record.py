"""app.timeline and replay: a session's folder is whole at any moment, loses nothing, and shows the same picture again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.agents.marks import Mark
from app.commands.cli import main
from app.conversation.utterance import Utterance, shown
from app.session.faces import Faces, felt
from app.session.shown import Replayed
from app.timeline.stored import load
from app.timeline.timeline import AGENT, USER
from audio_io.files import stream
from audio_io.time.clock import Clock
from audio_io.voices.voice import Word
from avatar.life.affect import Affect
from avatar.life.blinks import Dials
from tests.conftest import HandTime
from tests.drill import good
from tests.recorded import Session, recorded, steps


@pytest.fixture
def session(clock: Clock, speech: np.ndarray) -> Session:
    return Session(clock, speech)


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
        words = [str(tmp_path / "talk"), "-o", str(tmp_path / name), "--size", "128x96", "--json"]
        assert main(["replay", *words, *(["--model", model] if model else [])]) == 0
        assert (tmp_path / name).stat().st_size > 5000


def test_a_session_is_deleted_wholly(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    recording = session.recording(tmp_path / "talk")
    steps(recording, hand_time, 8)
    recording.delete()
    session.timeline.note("began", 0)
    recording.step()
    assert not (tmp_path / "talk").exists()


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


def test_what_is_planned_when_it_begins_is_recorded(session: Session, hand_time: HandTime, tmp_path: Path) -> None:
    replace(sentence(0, "Over by then."), marks=(Mark("sad", 1.0, 0),)).noted(session.timeline, AGENT)
    planned = replace(sentence(40_000, "Quite well."), marks=(Mark("smile", 1.0, 0), Mark("nod", 1.0, 6)))
    planned.noted(session.timeline, AGENT)
    recording = session.recording(tmp_path / "talk")
    steps(recording, hand_time, 4)
    session.timeline.forget(46_000)
    steps(recording, hand_time, 14)
    recording.close()
    stored = load(tmp_path / "talk").timeline
    assert [(entry.facts["text"], entry.facts["cut"]) for entry in stored.entries("words")] == [("Quite well.", 46_000)]
    for line in (stored, session.timeline):
        assert [affect.name for affect in felt(line, AGENT, 50_000)][-1:] == ["smile"]
    assert not felt(stored, USER, 50_000)
