"""Sound as Whisper's encoder gives it: only what was said is encoded, and stored silence is put behind it.

Whisper pads every stretch to 30 s and spends most of its time there. Its encoder's positions begin at 0, so a shorter input is
one that it knows; but a decoder that sees no silence behind the words says the last ones again and again. Hence what the
encoder makes of silence is stored once, and follows at its own positions. Every stretch
is heard equally loud, so that one silence will do.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio_io.mel import HOP, SPAN, log_mel
from audio_io.time.tape import SAMPLE_RATE
from inference.recognition.recognizer import Audio

FRAMES: Final = 1500  # of the encoder: 30 s
FRAME: Final = 2 * HOP
_MARGIN_SECONDS: Final = 0.3  # of silence that is encoded with the words
_LOUDEST: Final = 1.2  # of the spectrogram: a voice near the microphone

Features = NDArray[np.float32]


class Encoding:
    """encode: makes [1, T, width] of a spectrogram [1, bands, 2 T]. One silence is encoded here: the first text comes soon."""

    def __init__(self, encode: Callable[[Features], Features], bands: int) -> None:
        self._encode, self._bands = encode, bands
        self._silence = encode(np.full((1, bands, 2 * FRAMES), _LOUDEST - SPAN, np.float32))

    def of(self, audio: Audio) -> Features:
        """Return the features [1, FRAMES, width] of sound [N] at 16 kHz, at most 30 s."""
        frames = min(-(-(len(audio) + round(_MARGIN_SECONDS * SAMPLE_RATE)) // FRAME), FRAMES)
        padded = np.pad(audio, (0, max(frames * FRAME - len(audio), 0)))[: frames * FRAME]
        mel = log_mel(padded, self._bands)
        features = self._encode((mel + (_LOUDEST - mel.max()))[None])
        return np.concatenate([features, self._silence[:, frames:]], axis=1)
