"""The log-mel spectrogram that Whisper hears (Radford et al. 2022, section 2.2), without torch."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio_io.time.tape import SAMPLE_RATE, Audio

HOP: Final = 160  # samples: 10 ms
_WINDOW: Final = 400
_SPAN: Final = 8.0  # powers of ten below the loudest, of which the rest is cut off
SPAN: Final = _SPAN / 4  # the same in a spectrogram
Spectrogram = NDArray[np.float32]


@lru_cache(maxsize=2)
def filters(bands: int) -> Spectrogram:
    """Return triangular filters [bands, 201] of equal area."""
    top = 27 * np.log(SAMPLE_RATE / 2000) / np.log(6.4) + 15
    places = np.linspace(0, top, bands + 2)
    edges = np.where(places < 15, places * 200 / 3, 1000 * np.exp((places - 15) * np.log(6.4) / 27))
    hertz = np.linspace(0, SAMPLE_RATE / 2, _WINDOW // 2 + 1)
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(np.minimum(rising, falling), 0) * area[:, None], np.float32)


def log_mel(audio: Audio, bands: int) -> Spectrogram:
    """Return the spectrogram [bands, N // HOP] of sound [N] at 16 kHz."""
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(audio, _WINDOW // 2, "reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP][: len(audio) // HOP]
    power = np.square(np.abs(np.fft.rfft(pieces * window))).astype(np.float32)
    loud = np.log10(np.maximum(filters(bands) @ power.T, 1e-10))
    return np.asarray((np.maximum(loud, loud.max() - _SPAN) + 4) / 4, np.float32)
