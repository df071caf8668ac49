"""app.session.session: the loops of a live conversation without devices; what fails is told, and the rest goes on."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.session.faces import load_heads
from app.session.session import SAMPLE, Session
from app.timeline.timeline import AGENT
from avatar.life.affect import Affect
from avatar.rig.basis import NAMED
from avatar.rig.layout import EXPRESSION, MOTION_SIZE
from inference.duet.model import WEIGHTS, load_duet
from tests.conftest import SPEECH, Mouth, until

NO_VOICE = (sys.executable, "/nowhere/child.py")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def session(said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    opened = Session(said.append)
    yield opened
    opened.close()


def test_recordings_move_both_faces_and_end_by_themselves(session: Session, said: list[str]) -> None:
    session.start()
    assert until(lambda: session.ready)
    mouths = [Mouth(track, session.clock) for track in session.tracks]

    def both_moved() -> bool:
        if session.playback is None:  # a machine that was too busy has left out what was said: once more
            session.play(SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac")
        return min([mouth.widest() for mouth in mouths]) > 0.05

    assert until(both_moved), said
    assert until(lambda: session.playback is None), said
    assert until(lambda: any("ended" in text for text in said))


def test_stopping_silences_both_sides_at_once(session: Session) -> None:
    session.start()
    session.play(SAMPLE / "own.flac", SAMPLE / "partner.flac")
    assert until(lambda: session.tapes[0].end > session.clock.now() + 8000)
    session.stop_playback()
    now = int(session.clock.now())
    assert not any(tape.read(now, 32_000).any() for tape in (*session.tapes, session.heard))


def test_damaged_weights_are_told_and_the_rest_goes_on(
    session: Session, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "duet.safetensors"
    damaged.write_bytes(WEIGHTS.read_bytes()[:50_000])
    monkeypatch.setattr("inference.duet.model.load_duet", lambda _path: load_duet(damaged))
    session.start()
    assert until(lambda: any("duet.safetensors is damaged" in text for text in said))
    assert not session.ready
    assert session.poses("viewer", 0.0)[0].motion.max() == 0
    silent = session.tapes[1].end
    session.speech.say("Still here.")
    assert until(lambda: session.tapes[1].end > silent)
    monkeypatch.setattr("inference.duet.model.load_duet", load_duet)  # repaired: it is picked up
    assert until(lambda: session.ready)


def mute(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither the voice that is asked for nor the system's own be there."""
    monkeypatch.setattr(session.voice, "_command_of", lambda _: NO_VOICE)
    monkeypatch.setattr("audio_io.voices.voice.PYTTSX3", NO_VOICE)


def test_a_voice_that_cannot_speak_is_told(session: Session, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    mute(session, monkeypatch)
    session.start()
    session.speech.say("Nobody hears this.")
    assert until(lambda: any("voice engine failed" in text for text in said))
    assert until(lambda: session.ready)


def test_a_voice_that_speaks_again_is_told(session: Session, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as harmed:
        mute(session, harmed)
        session.start()
        session.speech.say("Nobody hears this.")
        assert until(lambda: any("voice engine failed" in text for text in said))
    session.speech.say("This is heard.")
    assert until(lambda: "speech: it works again" in said)  # in place of what was wrong


def test_no_expression_of_another_basis_is_shown_where_heads_change_and_change_back_meanwhile(session: Session) -> None:
    animation, frames = (
        session.animation,
        np.ones((2 * session.tracks[AGENT].frames_per_second, MOTION_SIZE), np.float32),
    )
    animation.step()  # which loads Duet: here the test is its loop
    changes = [NAMED, "flame:other"]

    def meanwhile(_who: int, at: float) -> tuple[Affect, ...]:
        if changes:
            animation.draw_in(changes.pop())
            animation.step()
            session.tracks[AGENT].write(int(at) // session.tracks[AGENT].step, frames if changes else frames[:0])
        return ()

    session.faces = replace(session.faces, affects=meanwhile)
    user, agent = session.shown(load_heads(), "viewer", 0.0)
    assert not changes
    assert max(user.motion[EXPRESSION].max(), agent.motion[EXPRESSION].max()) < 1
