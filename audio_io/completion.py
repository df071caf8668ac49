"""Whether a pause ends a turn, as the voice before it sounds: Smart Turn v3, one vote beside silence and text.

The network (Daily, BSD-2-Clause) lies in the wheel of pipecat-ai, which is found and never imported.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any, Final

import numpy as np

from audio_io.time.tape import SAMPLE_RATE, Audio

HEARD_SECONDS: Final = 8  # before the pause; what is not there is silence
SHA256: Final = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
_FILE: Final = Path("audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")
_WINDOW, _HOP, _BANDS = 400, 160, 80
_KNEE_HERTZ, _KNEE_MEL, _LOG_STEP = 1000.0, 15.0, np.log(6.4) / 27


def _filterbank() -> np.ndarray:
    """Return triangles [80, 201] of equal area on the mel scale of Slaney's Auditory Toolbox (1998), as Whisper has them."""
    mel = np.linspace(0, _KNEE_MEL + np.log(SAMPLE_RATE / 2 / _KNEE_HERTZ) / _LOG_STEP, _BANDS + 2)
    above = _KNEE_HERTZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    edges = np.where(mel < _KNEE_MEL, mel * _KNEE_HERTZ / _KNEE_MEL, above)
    bins = np.arange(_WINDOW // 2 + 1) * SAMPLE_RATE / _WINDOW
    low, centre, high = (edges[start : start + _BANDS, None] for start in range(3))
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    filters: np.ndarray = np.clip(triangles, 0, None) * 2 / (high - low)
    return filters


_FILTERS: Final = _filterbank()
_HANN: Final = np.hanning(_WINDOW + 1)[:-1]


def log_mel(audio: Audio) -> np.ndarray:
    """Return Whisper's features [80, N / 160] (Radford et al. 2022) of sound [N], brought to variance 1 first."""
    level = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(level, _WINDOW // 2, mode="reflect"), _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(frames[:-1] * _HANN)) ** 2
    bands = np.log10(np.maximum(power @ _FILTERS.T, 1e-10)).T
    features: np.ndarray = ((np.maximum(bands, bands.max() - 8) + 4) / 4).astype(np.float32)
    return features


def network_file() -> Path | None:
    """Return the network's file, None where the package or onnxruntime is not installed, or it is not the one known here."""
    found = importlib.util.find_spec("pipecat")
    if found is None or not found.submodule_search_locations or importlib.util.find_spec("onnxruntime") is None:
        return None
    path = Path(next(iter(found.submodule_search_locations))) / _FILE
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        return None
    return path


class Completion:
    """How complete a turn sounds. One thread of one core: 8 s of sound at once."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])

    def probability(self, audio: Audio) -> float:
        """Return how probable it is, 0 to 1, that the turn whose sound [N] ends with a pause is over."""
        length = HEARD_SECONDS * SAMPLE_RATE
        heard = np.pad(audio[-length:], (max(length - len(audio), 0), 0))
        (found,) = self._session.run(None, {"input_features": log_mel(heard)[None]})
        return float(found.reshape(-1)[0])
