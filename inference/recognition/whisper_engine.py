"""Recognition with openai-whisper: on a graphics card, and where CTranslate2 is not to be had."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from audio_io.time.tape import SAMPLE_RATE
from inference.recognition.encoding import Encoding, Features
from inference.recognition.phantom import is_phantom, sureness
from inference.recognition.recognizer import Audio, Heard
from inference.recognition.stretch import Stretch

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


def checked(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Return what a Whisper model file (.pt) holds: `dims` and `model_state_dict`.

    Raises FileNotFoundError, ValueError where it is no such model; nothing in it is executed.
    """
    import torch

    if not path.is_file():  # to open a pipe would wait for ever
        raise FileNotFoundError(f"{path} is missing, or no file: ./run import-whisper NAME gets one")
    try:
        stored: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        _check(stored["dims"], stored["model_state_dict"])
    except Exception as error:  # torch raises many kinds for a damaged or foreign file
        raise no_model(path, error) from error
    return stored


def no_model(path: Path, error: Exception) -> ValueError:
    """Return what is said of a file that is no Whisper model."""
    reason = (str(error).splitlines() or ["it is empty"])[0][:120]
    return ValueError(f"{path} is no Whisper model, or damaged ({reason}): download it anew")


class WhisperEngine:
    """A Whisper model file (.pt). An `Engine`. language: such as "en", "auto" to find out, of models that know more than
    English.

    Raises as `checked`.
    """

    def __init__(self, path: Path, language: str | None, threads: int) -> None:
        import torch
        import whisper

        torch.set_num_threads(threads)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        stored = checked(path, device)
        try:
            self._model: Any = whisper.model.Whisper(whisper.model.ModelDimensions(**stored["dims"]))
            self._model.load_state_dict(stored["model_state_dict"])
        except Exception as error:  # as above
            raise no_model(path, error) from error
        self._model = self._model.to(device).eval()
        self._torch, self._whisper, self._device = torch, whisper, device
        spoken = (language or "en") if self._model.is_multilingual else "en"
        self._options: dict[str, Any] = {
            "fp16": device == "cuda", "temperature": 0.0, "without_timestamps": True,
            "language": None if spoken == "auto" else spoken,
        }  # fmt: skip
        self._encoding = Encoding(self._encoded, self._model.dims.n_mels)

    def _encoded(self, mel: Features) -> Features:
        """Encode as Whisper's own encoder, but any even length of spectrogram up to 3000."""
        gelu, encoder = self._torch.nn.functional.gelu, self._model.encoder
        with self._torch.inference_mode():
            x = self._torch.from_numpy(np.ascontiguousarray(mel)).to(self._device)
            x = gelu(encoder.conv2(gelu(encoder.conv1(x)))).permute(0, 2, 1)
            x = x + encoder.positional_embedding[: x.shape[1]]
            for block in encoder.blocks:
                x = block(x)
            features: Features = encoder.ln_post(x).cpu().numpy()
        return features

    def heard(self, audio: Audio, words: bool) -> Heard:  # noqa: ARG002
        """Return what sound [N] at 16 kHz, at most 28 s, says, without times; nothing where nobody spoke."""
        seconds = len(audio) / SAMPLE_RATE
        features = self._torch.from_numpy(self._encoding.of(audio)).to(self._device)
        if self._options["fp16"]:
            features = features.half()
        found = self._whisper.decode(self._model, features, self._whisper.DecodingOptions(**self._options))[0]
        text = str(found.text).strip()
        if is_phantom(text, seconds, found.no_speech_prob, found.avg_logprob):
            return Heard()
        return Heard(text, sure=sureness(found.avg_logprob))


def made(asked: dict[str, Any]) -> Stretch:
    """Return the recogniser that `Hearing` asks for; raise as `WhisperEngine` does."""
    return Stretch(WhisperEngine(Path(asked["model"]), asked["language"], asked["threads"]))
