"""Recognition with openai-whisper: whole stretches of speech, again and again as they grow."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from inference.recognition.phantom import is_phantom
from inference.recognition.recognizer import Audio

_SAMPLE_RATE: Final = 16_000
_LONGEST: Final = 28 * _SAMPLE_RATE  # Whisper hears 30 s at once
_SHORTEST: Final = _SAMPLE_RATE // 4


class WhisperRecognizer:
    """A Whisper model file (.pt). A `Recognizer`. language: such as "en", None to find out.

    Raises ValueError where the file is no such model; nothing in it is executed.
    """

    def __init__(self, path: Path, language: str | None, threads: int) -> None:
        import torch
        import whisper

        torch.set_num_threads(threads)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            stored = torch.load(path, map_location=device, weights_only=True)
            self._model: Any = whisper.model.Whisper(whisper.model.ModelDimensions(**stored["dims"]))
            self._model.load_state_dict(stored["model_state_dict"])
        except FileNotFoundError:
            raise
        except Exception as error:  # torch raises many kinds for a damaged or foreign file
            reason = str(error).splitlines()[0][:120]
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
        seconds = len(self._heard) / _SAMPLE_RATE
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
