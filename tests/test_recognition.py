"""inference.recognition: the real recognisers in their process; crashes, damaged files, phantom words."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from app.bench.turns import clip
from app.commands import import_whisper
from app.conversation.ears import Ears
from app.session import hearing, whisper_files
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from inference.recognition.language_model import bigrams
from inference.recognition.phantom import is_phantom
from inference.recognition.process import CTRANSLATE, Hearing, RecognizerProcess
from inference.recognition.sphinx import SphinxRecognizer
from inference.recognition.whisper_engine import WhisperEngine
from tests.conftest import HandTime, until

PHRASES = ("what is your name", "how does it work", "do you like music", "tell me a joke", "are you a robot")


@pytest.fixture(scope="module")
def sphinx() -> Iterator[RecognizerProcess]:
    process = RecognizerProcess(Hearing(phrases=PHRASES))
    yield process
    process.close()


@pytest.fixture(scope="module")
def tiny_whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper model of the real class, tiny and random."""
    import whisper

    torch.manual_seed(0)
    sizes = {"n_mels": 80, "n_audio_ctx": 1500, "n_audio_state": 16, "n_audio_head": 2, "n_audio_layer": 1}
    words = {"n_vocab": 51864, "n_text_ctx": 448, "n_text_state": 16, "n_text_head": 2, "n_text_layer": 1}
    dims = whisper.model.ModelDimensions(**sizes, **words)
    path = tmp_path_factory.mktemp("whisper") / "random.en.pt"
    torch.save({"dims": vars(dims), "model_state_dict": whisper.model.Whisper(dims).state_dict()}, path)
    return path


def padded(text: str) -> np.ndarray:
    return np.concatenate([np.zeros(4800, np.float32), clip(text) * 2, np.zeros(3200, np.float32)])


def test_hears_what_it_expects_while_it_is_said(sphinx: RecognizerProcess) -> None:
    for text in PHRASES:
        sound = padded(text)
        sphinx.start()
        for at in range(0, len(sound), 4000):
            sphinx.hear(sound[at : at + 4000])
        assert sphinx.text()
        assert sphinx.finish().text == text


def test_goes_on_after_a_pause_and_forgets_the_last_turn(sphinx: RecognizerProcess) -> None:
    sphinx.start()
    sphinx.hear(padded("tell me a joke"))
    assert sphinx.finish().text == "tell me a joke"
    sphinx.hear(padded("how does it work"))
    assert sphinx.finish().text == "tell me a joke how does it work"
    sphinx.start()
    assert sphinx.finish().text == ""
    sphinx.hear(np.zeros(16_000, np.float32))
    assert len(sphinx.finish().text.split()) <= 1


def test_hears_other_english_where_that_explains_the_sound_better() -> None:
    recognizer = SphinxRecognizer(("do you like music", "how old are you"))
    recognizer.hear(padded("do you need the internet"))
    assert "need the internet" in recognizer.finish()


def test_a_dead_recogniser_is_told_and_comes_back(sphinx: RecognizerProcess) -> None:
    sphinx.warm()
    assert sphinx.pid is not None
    os.kill(sphinx.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="started again"):
        sphinx.start()
    sphinx._retry_at = 0.0
    sphinx.start()
    sphinx.hear(padded("are you a robot"))
    assert sphinx.finish().text == "are you a robot"


def test_whisper_runs_in_the_process_and_its_random_words_are_phantoms(tiny_whisper: Path) -> None:
    process = RecognizerProcess(Hearing(tiny_whisper, language="en"))
    try:
        process.start()
        process.hear(padded("what is your name"))
        assert process.finish().text == ""
        process.hear(np.zeros(31 * 16_000, np.float32))
        assert process.finish().text == ""
    finally:
        process.close()


def test_files_that_are_no_whisper_model_are_told(tmp_path: Path, tiny_whisper: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path / 'harmed'}",)

    wrong, cut, hostile = (tmp_path / name for name in ("wrong.pt", "cut.pt", "hostile.pt"))
    wrong.write_bytes(b"no model")
    cut.write_bytes(tiny_whisper.read_bytes()[:5000])
    torch.save({"dims": Harm(), "model_state_dict": {}}, hostile)
    for path in (wrong, cut, hostile):
        process = RecognizerProcess(Hearing(path))
        with pytest.raises(RuntimeError, match=f"{path.name} is no Whisper model"):
            process.start()
        process.close()
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("name", "size"), [("n_audio_layer", 10**6), ("n_vocab", 50_000_000), ("n_text_state", 1280), ("n_mels", "80")]
)
def test_a_whisper_model_that_says_it_is_larger_than_its_weights_is_not_made(
    tmp_path: Path, tiny_whisper: Path, name: str, size: object
) -> None:
    stored = torch.load(tiny_whisper, weights_only=True)
    torch.save(stored | {"dims": stored["dims"] | {name: size}}, tmp_path / "large.pt")
    with pytest.raises(ValueError, match=r"large\.pt is no Whisper model.*\(its sizes are "):
        WhisperEngine(tmp_path / "large.pt", "en", 1)


def test_a_pipe_or_nothing_is_no_whisper_model(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").touch()
    with pytest.raises(ValueError, match=r"empty\.pt is no Whisper model"):
        WhisperEngine(tmp_path / "empty.pt", "en", 1)
    os.mkfifo(tmp_path / "pipe.pt")
    with pytest.raises(FileNotFoundError, match=r"pipe\.pt is missing, or no file"):
        WhisperEngine(tmp_path / "pipe.pt", "en", 1)


def test_phantom_words_are_told_from_spoken_ones() -> None:
    good = {"seconds": 3.0, "no_speech": 0.1, "likelihood": -0.3}
    for said in ("What is your name?", "No, no, no, no.", "Stop it, stop it, stop it, stop it."):
        assert not is_phantom(said, **good), said
    for text, change in (
        ("", {}), ("...", {}), ("Thanks for watching!", {}), ("so so so so so so", {}), ("I am I am I am I am I am", {}),
        ("Hello there", {"no_speech": 0.9, "likelihood": -1.2}), ("Hello there", {"likelihood": -2.0}),
        ("Hello to you there", {"no_speech": 0.5, "likelihood": -0.8}),
        ("one two three four five six seven eight nine", {"seconds": 0.5}), ("and well I never said " * 7, {}),
    ):  # fmt: skip
        assert is_phantom(text, **(good | change)), text


def test_the_language_model_is_a_distribution() -> None:
    lines = bigrams([["a", "b"], ["a", "c"], ["b"]]).splitlines()
    singles = [
        line.split()
        for line in lines[lines.index("\\1-grams:") + 1 : lines.index("\\2-grams:")]
        if line and not line.startswith("\\")
    ]
    chances = {
        row[1]: 10 ** float(row[0]) for row in singles if len(row) in (2, 3) and row[1] != "<s>" and len(row[1]) < 5
    }
    firsts = [row for row in singles if len(row) == 3 and row[1] == "<s>"]
    assert firsts
    assert sum(chances[word] for word in ("a", "b", "c", "</s>")) == pytest.approx(1.0, abs=0.01)


def test_whisper_models_are_found_chosen_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_whisper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert whisper_files.present() == {} and hearing.best_present() is None and hearing.chosen("auto").model is None
    assert [one.name for one in hearing.recognizers() if not one.download] == ["tiny.en", "sphinx"]
    kept = whisper_files.keep(tiny_whisper)
    assert whisper_files.present() == {"random.en": kept} and hearing.chosen("random.en").model == kept
    assert hearing.chosen(str(tiny_whisper), "en").model == tiny_whisper and hearing.chosen("sphinx").model is None
    with pytest.raises(LookupError, match="import-whisper tiny"):
        hearing.chosen("tiny")
    with pytest.raises(LookupError, match="no Whisper model"):
        hearing.chosen("enormous")
    assert hearing.chosen("auto").engine == CTRANSLATE
    kept.rename(kept.with_name("tiny.en.pt"))
    assert hearing.best_present() == kept.with_name("tiny.en.pt")
    assert hearing.suited(16)[0] == "small.en" and hearing.suited(2)[0] == "tiny.en"
    assert import_whisper.run(argparse.Namespace(model="base.en", yes=False)) == 2
    assert "145 MB" in capsys.readouterr().err
    assert import_whisper.run(argparse.Namespace(model="huge", yes=True)) == 2


def test_ears_survive_a_crash_and_hear_the_turn_again(clock: Clock, hand_time: HandTime) -> None:
    tape, said, told = Tape(), [], []
    ears = Ears(
        tape, clock, lambda turn, pause, heard, begin: said.append((turn, pause, heard.text, begin)), told.append
    )
    ears.use(Hearing(phrases=PHRASES))
    sound = padded("how does it work")
    tape.write(0, sound)
    hand_time.now += 3
    try:
        ears.step()
        assert ears.pid is not None
        ears.begin(7, 4800)
        ears.step()
        os.kill(ears.pid, signal.SIGKILL)
        ears.pause(len(sound) - 3200)

        def heard() -> bool:
            ears.step()
            return bool(said)

        assert until(heard)
        assert said == [(7, 0, "how does it work", 0)]
        assert len(told) >= 1 and "started again" in told[0]
        ears.begin(8, 0)
        ears.drop()
        assert not ears.busy and ears.text(8) == ""
    finally:
        ears.close()
