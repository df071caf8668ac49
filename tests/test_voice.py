"""audio_io.voices.voice: the real engine in its child; hung and dead children are replaced, words are timed."""

import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from audio_io.time.tape import level
from audio_io.voices.sentences import sentences
from audio_io.voices.voice import Voice, VoiceSettings, estimated_words
from tests.conftest import until


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
    assert 0.2 < len(short.audio) / 16_000 < 1.5
    assert 1.5 < len(long.audio) / 16_000 < 5
    assert level(long.audio) > -30


@pytest.mark.parametrize("harm", [signal.SIGSTOP, signal.SIGKILL])
def test_a_hung_or_dead_engine_is_replaced_and_the_line_said(
    harm: signal.Signals,
) -> None:
    with Voice() as voice:
        before = voice.speak("Nothing is lost.")
        harmed = voice.pid
        assert harmed is not None
        os.kill(harmed, harm)
        after = voice.speak("Nothing is lost.")
        assert voice.pid != harmed
    assert abs(len(before.audio) - len(after.audio)) < 1600


def test_nothing_that_was_said_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Voice() as voice:
        assert len(voice.speak("A secret.").audio)
        assert not list(tmp_path.iterdir())  # however the process ends from here on


def test_an_engine_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio_io.voices.voice.PYTTSX3", (sys.executable, "/nowhere/child.py"))
    with Voice() as voice, pytest.raises(RuntimeError, match="doctor"):
        voice.speak("Hello.")


def test_a_voice_that_is_closed_while_it_loads_starts_nothing_else() -> None:
    told: list[str] = []
    slow = (sys.executable, "-c", "import time; time.sleep(1000)")
    voice = Voice(lambda _: slow, told.append)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(voice.speak, "Hello.")
        assert until(lambda: voice.pid is not None)
        voice.close()
        with pytest.raises(RuntimeError, match="closed"):
            waiting.result()
    assert voice.pid is None and told == []


def test_words_are_timed_by_the_engine() -> None:
    text = "Hello there, my old friend."
    with Voice() as voice:
        spoken = voice.speak(text)
    assert [text[word.first : word.last] for word in spoken.words] == ["Hello", "there", "my", "old", "friend"]
    starts = [word.start for word in spoken.words]
    assert spoken.timed and starts == sorted(starts) and starts[0] >= 0 and starts[-1] < len(spoken.audio)
    comma = (starts[2] - starts[1]) / 16_000
    assert comma > (starts[3] - starts[2]) / 16_000  # a comma is heard, and known


def test_words_are_estimated_where_the_engine_times_none() -> None:
    audio = np.zeros(16_000, np.float32)
    audio[4000:12_000] = 0.1
    words = estimated_words("one three", audio)
    assert [(word.first, word.last) for word in words] == [(0, 3), (4, 9)]
    assert words[0].start == 4000 and 7000 < words[1].start < 8500
    assert estimated_words("one", audio[:100]) == ()


def test_a_voice_is_taken_from_a_pool_with_its_rate_pitch_and_volume() -> None:
    with Voice() as voice:
        plain = voice.speak("How are you?", VoiceSettings(("en-us",)))
        other = voice.speak("How are you?", VoiceSettings(("no such voice", "en-gb+f3")))
        asked = VoiceSettings(("en-us",), rate=110)
        # espeak now and then takes a new rate some sentences late
        assert until(lambda: len(voice.speak("How are you?", asked).audio) > 1.2 * len(plain.audio))
        quiet = voice.speak("How are you?", VoiceSettings(("en-us",), volume=0.3))
        high = voice.speak("How are you?", VoiceSettings(("en-us",), pitch=90))
        asked_again = VoiceSettings(("en-us",))
        assert until(lambda: abs(len(voice.speak("How are you?", asked_again).audio) - len(plain.audio)) < 160)
    assert level(quiet.audio) < level(plain.audio) - 6
    for different in (other, high):
        count = min(len(different.audio), len(plain.audio))
        assert np.corrcoef(different.audio[:count], plain.audio[:count])[0, 1] < 0.9


def test_a_piper_voice_that_cannot_be_used_gives_way(tmp_path: Path) -> None:
    file = tmp_path / "voice.onnx"
    file.write_bytes(b"no model")
    with Voice() as voice:
        spoken = voice.speak("Hello.", VoiceSettings(piper=file))
        assert level(spoken.audio) > -40
        speaking = voice.pid
        voice.speak("Hello.", VoiceSettings(piper=file))
        assert voice.pid == speaking  # it is not tried again
