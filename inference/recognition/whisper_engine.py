"""Recognition with openai-whisper: whole stretches of speech, again and again as they grow."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from audio_io.time.tape import SAMPLE_RATE
from inference.recognition.phantom import is_phantom
from inference.recognition.recognizer import Audio

_LONGEST: Final = 28 * SAMPLE_RATE  # Whisper hears 30 s at once
_SHORTEST: Final = SAMPLE_RATE // 4
# The sizes of the largest models there are.
_LARGEST: Final = {
    "n_mels": 128, "n_audio_ctx": 1500, "n_audio_state": 1280, "n_audio_head": 20, "n_audio_layer": 32, "n_vocab": 51_866,
    "n_text_ctx": 448, "n_text_state": 1280, "n_text_head": 20, "n_text_layer": 32,
}  # fmt: skip
_LAYER: Final = 8  # numbers in a layer, at least, by its width squared


def _check(sizes: dict[str, Any], tensors: dict[str, Any]) -> None:
    """Raise ValueError where a model of these sizes would be larger than its tensors, which are there, or than any is."""
    if not all(type(sizes[name]) is int and 0 < sizes[name] <= most for name, most in _LARGEST.items()):
        raise ValueError("its sizes are none of Whisper's")
    layers = sizes["n_audio_layer"] * sizes["n_audio_state"] ** 2 + sizes["n_text_layer"] * sizes["n_text_state"] ** 2
    wanted = _LAYER * layers + sizes["n_vocab"] * sizes["n_text_state"]
    if wanted > sum(tensor.untyped_storage().nbytes() // tensor.element_size() for tensor in tensors.values()):
        raise ValueError("its sizes are not those of its weights")


class WhisperRecognizer:
    """A Whisper model file (.pt). A `Recognizer`. language: such as "en", None to find out.

    Raises ValueError where the file is no such model; nothing in it is executed.
    """

    def __init__(self, path: Path, language: str | None, threads: int) -> None:
        import torch
        import whisper

        if not path.is_file():  # to open a pipe would wait for ever
            raise FileNotFoundError(f"{path} is missing, or no file: ./run import-whisper NAME gets one")
        torch.set_num_threads(threads)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            stored = torch.load(path, map_location=device, weights_only=True)
            _check(stored["dims"], stored["model_state_dict"])
            self._model: Any = whisper.model.Whisper(whisper.model.ModelDimensions(**stored["dims"]))
            self._model.load_state_dict(stored["model_state_dict"])
        except Exception as error:  # torch raises many kinds for a damaged or foreign file
            reason = (str(error).splitlines() or ["it is empty"])[0][:120]
            raise ValueError(f"{path} is no Whisper model, or damaged ({reason}): download it anew") from error
        self._model = self._model.to(device).eval()
        self._language = language if self._model.is_multilingual else "en"
        self._whisper = whisper
        self._options: dict[str, Any] = {"fp16": device == "cuda", "temperature": 0.0, "without_timestamps": True}
        self._said: list[str] = []
        self._heard = np.zeros(0, np.float32)

    def start(self) -> None:
        """Begin a new stretch."""
        self._said.clear()
        self._heard = np.zeros(0, np.float32)

    def hear(self, audio: Audio) -> None:
        """Take more sound [N] at 16 kHz; what is too long for Whisper is settled in parts."""
        if len(self._heard) + len(audio) > _LONGEST:
            self._said.append(self._decoded())
            self._heard = np.zeros(0, np.float32)
        self._heard = np.concatenate([self._heard, audio])

    def _decoded(self) -> str:
        if len(self._heard) < _SHORTEST:
            return ""
        mel = self._whisper.log_mel_spectrogram(
            self._whisper.pad_or_trim(self._heard), self._model.dims.n_mels, device=self._model.device
        )
        decoding = self._whisper.DecodingOptions(language=self._language, **self._options)
        found = self._whisper.decode(self._model, mel, decoding)
        text = str(found.text).strip()
        seconds = len(self._heard) / SAMPLE_RATE
        if is_phantom(text, seconds, found.no_speech_prob, found.avg_logprob, found.compression_ratio):
            return ""
        return text

    def text(self) -> str:
        """Return what was said so far."""
        return " ".join([*self._said, self._decoded()]).strip()

    def finish(self) -> str:
        """Return what the whole stretch says."""
        return self.text()


def made(asked: dict[str, Any]) -> WhisperRecognizer:
    """Return the recogniser that `Hearing` asks for; raise as `WhisperRecognizer` does."""
    return WhisperRecognizer(Path(asked["model"]), asked["language"], asked["threads"])
