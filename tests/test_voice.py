"""audio_io.voice and app.speech: the real engine in its child; hung and dead children are replaced; stop is stop."""

import os
import signal
import time

import numpy as np
import pytest

from app.speech import Speech
from audio_io.clock import Clock
from audio_io.tape import Audio, Tape, level
from audio_io.voice import Voice, sentences
from tests.conftest import HandTime


def test_splits_text_into_what_can_be_spoken() -> None:
    assert sentences("Hello there. How are you?  Fine!\nNew line") == [
        "Hello there.",
        "How are you?",
        "Fine!",
        "New line",
    ]
    assert sentences("… -- !?") == []
    long = sentences("word " * 100 + "and so on, " * 40 + "x" * 500)
    assert max(map(len, long)) <= 200
    assert "".join("".join(long).split()) == "".join(("word " * 100 + "and so on, " * 40 + "x" * 500).split())


def test_speaks_different_sentences_at_16_kilohertz() -> None:
    with Voice() as voice:
        short, long = voice.speak("Yes."), voice.speak("The quick brown fox jumps over the lazy dog.")
    assert 0.2 < len(short) / 16_000 < 1.5
    assert 1.5 < len(long) / 16_000 < 5
    assert level(long) > -30


@pytest.mark.parametrize("harm", [signal.SIGSTOP, signal.SIGKILL])
def test_a_hung_or_dead_engine_is_replaced_and_the_line_said(
    harm: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audio_io.voice.ANSWER_SECONDS", 1.0)
    with Voice() as voice:
        before = voice.speak("Nothing is lost.")
        assert voice._child is not None
        os.kill(voice._child.pid, harm)
        started = time.monotonic()
        after = voice.speak("Nothing is lost.")
        assert time.monotonic() - started < 4
    assert abs(len(before) - len(after)) < 1600


def test_an_engine_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio_io.voice._CHILD", "/nowhere/child.py")
    with Voice() as voice, pytest.raises(RuntimeError, match="doctor"):
        voice.speak("Hello.")


class Tone:
    """A voice for tests of timing: a tone of one tenth of a second a word."""

    def speak(self, sentence: str) -> Audio:
        return np.full(1600 * len(sentence.split()), 0.5, np.float32)


class Stage:
    def __init__(self, clock: Clock) -> None:
        self.tape, self.forgotten = Tape(), []
        self.speech = Speech(Tone(), self.tape, clock, self.forgotten.append, lambda: 0.36)


def test_lines_follow_each_other_ahead_of_the_clock(clock: Clock) -> None:
    stage = Stage(clock)
    assert stage.speech.say("One two three. Four five.") == 2
    assert stage.speech.say("...") == 0
    while stage.speech.step():
        pass
    loud = np.flatnonzero(stage.tape.read(0, 32_000) > 0)
    assert loud[0] >= 0.3 * 16_000  # time for the face to hear it first
    gaps = np.diff(loud)
    assert len(loud) == 5 * 1600
    assert gaps.max() == pytest.approx(0.22 * 16_000, abs=2)
    assert stage.speech.speaking


def test_stop_silences_at_once_and_what_is_under_way_is_never_heard(clock: Clock, hand_time: HandTime) -> None:
    stage = Stage(clock)

    class Slow(Tone):
        def speak(self, sentence: str) -> Audio:
            stage.speech.stop()  # the person interrupts while the sentence is being made
            return super().speak(sentence)

    stage.speech.say("One two three four five six seven eight nine ten.")
    stage.speech.step()
    hand_time.now += 0.5
    stage.speech.stop()
    now = int(clock.now())
    assert stage.forgotten == [now]
    assert not stage.tape.read(now, 32_000).any()
    assert stage.tape.read(now - 800, 800).any()
    stage.speech._voice = Slow()
    stage.speech.say("Too late.")
    stage.speech.step()
    assert not stage.tape.read(now, 64_000).any()
    assert not stage.speech.speaking
