"""app.session.offline: what is rendered lies on a timeline as a live session's does, and is shown by what is noted there."""

from pathlib import Path

import numpy as np
import pytest

from app.agents.marks import Mark
from app.conversation.exchange import Said, note, tracks
from app.conversation.utterance import Utterance
from app.session.faces import felt
from app.session.models import FALLBACK, load_model
from app.session.offline import Asked, OfflineSession, animated, with_motion
from app.settings import DEFAULTS
from app.timeline.timeline import AGENT, USER
from audio_io.time.tape import SAMPLE_RATE
from audio_io.voices.voice import Word
from avatar.rig.basis import NAMED
from avatar.rig.layout import MOTION_SIZE, SLOT
from inference.motion.recording import Recording
from tests.conftest import SPEECH

OWN, PARTNER = SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac"


def rendered(own: Path | np.ndarray, partner: Path | np.ndarray, asked: Asked) -> OfflineSession:
    session = animated(Recording(own, partner), load_model(DEFAULTS, FALLBACK), asked)
    assert sum(motion.shape[1] for motion in session.stretches()) == session.timeline.tracks[0].end // 320
    return session


def test_a_render_notes_what_a_session_notes() -> None:
    session = rendered(OWN, PARTNER, Asked(3, moods=("happy", "sad:0.5"), heads=(None, "amara")))
    noted = {entry.kind: (entry.at, dict(entry.facts)) for entry in session.timeline.entries()}
    assert noted == {
        "model": (0, {"name": "duet"}), "basis": (0, {"name": NAMED}), "mood": (0, {"user": "happy", "agent": "sad:0.5"}),
        "heads": (0, {"names": ("theo", "amara"), "identities": ((), ())}),
    }  # fmt: skip
    shown = session.shown()
    assert shown.cast(0) == (("theo", "amara"), ((), ())) and shown.basis(9) == NAMED and shown.delay(9) == 0
    (own,) = Recording(OWN, PARTNER).blocks(3 * SAMPLE_RATE)
    np.testing.assert_array_equal(session.timeline.voices["user"].read(0, SAMPLE_RATE), own[0, :SAMPLE_RATE])


def test_voices_that_are_there_already_are_heard_as_files_are() -> None:
    (both,) = Recording(OWN, PARTNER).blocks(3 * SAMPLE_RATE)
    by_file, by_sound = rendered(OWN, PARTNER, Asked()), rendered(both[0], both[1], Asked())
    for at in range(0, 2 * SAMPLE_RATE, 3200):
        for one, other in zip(by_file.timeline.tracks, by_sound.timeline.tracks, strict=True):
            np.testing.assert_array_equal(one.sample(at), other.sample(at))


def line(who: int, start: int, text: str, mark: str, audio: np.ndarray) -> Said:
    spoken = Utterance(who, text, start, audio, (Word(800, 0, len(text)),), (Mark(mark, 1.0, 0),))
    return Said(who, text, (spoken,))


def test_a_talk_of_two_agents_has_its_words_and_feelings_on_its_timeline(speech: np.ndarray) -> None:
    said = [line(USER, 8000, "Hello.", "smile", speech[:16_000]), line(AGENT, 40_000, "Oh no.", "sad", speech[:9000])]
    session = animated(Recording(*tracks(said)), load_model(DEFAULTS, FALLBACK), Asked())
    timeline = session.timeline
    note(said, timeline)
    assert [(e.at, e.facts["who"], e.facts["text"]) for e in timeline.entries("words")] == [
        (8000, USER, "Hello."), (40_000, AGENT, "Oh no."),
    ]  # fmt: skip
    assert [(e.at, e.facts["who"], e.facts["name"]) for e in timeline.entries("affect")] == [
        (8800, USER, "smile"), (40_800, AGENT, "sad"),
    ]  # fmt: skip
    at = 24_000
    assert [affect.name for affect in felt(timeline, USER, at)] == ["smile"] and not felt(timeline, AGENT, at)
    for _ in session.stretches():
        pass
    user, agent = session.shown().faces(at).poses(at, "viewer")
    slot = SLOT["mouthSmileLeft"]
    assert user.motion[slot] > timeline.tracks[USER].sample(at)[slot]
    np.testing.assert_array_equal(agent.motion, timeline.tracks[AGENT].sample(at))
    assert session.shown().captions(at)[1] == ("", 0) and session.shown().captions(45_000)[1][0] == "Oh no."


@pytest.mark.parametrize("rate", [25, 50])
def test_known_motion_is_shown_frame_by_frame(rate: int) -> None:
    motion = np.random.default_rng(0).normal(0, 0.02, (2, 2 * rate, MOTION_SIZE)).astype(np.float32)
    session = with_motion(Recording(OWN, PARTNER), motion, NAMED, rate)
    for _ in session.stretches():
        pass
    poses = session.shown().faces(0).poses(SAMPLE_RATE, "viewer")
    np.testing.assert_array_equal([pose.motion for pose in poses], motion[:, rate])
    assert session.timeline.tracks[0].end == 2 * SAMPLE_RATE
