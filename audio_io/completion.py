"""Whether a pause ends a turn, as the voice before it sounds: Smart Turn v3, one vote beside silence and text.

The network (Daily, BSD-2-Clause) lies in the wheel of pipecat-ai, which is found and never imported.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any, Final

import numpy as np

from audio_io.mel import Spectrogram, log_mel
from audio_io.time.tape import SAMPLE_RATE, Audio

HEARD_SECONDS: Final = 8  # before the pause; what is not there is silence
SHA256: Final = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
_FILE: Final = Path("audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")
_BANDS: Final = 80


def features(audio: Audio) -> Spectrogram:
    """Return what the network hears of sound [N]: its log-mel spectrogram [80, N // HOP], brought to variance 1 first."""
    level = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    return log_mel(level, _BANDS)


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
        (found,) = self._session.run(None, {"input_features": features(heard)[None]})
        return float(found.reshape(-1)[0])
