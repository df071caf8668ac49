"""Log-mel features of 16 kHz sound at 100 frames/s, causal: frame k has heard samples up to (k + 1) * 160."""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from audio_io.time.tape import SAMPLE_RATE

MEL_BANDS: Final = 80
WINDOW: Final = 400
HOP: Final = 160
HISTORY: Final = WINDOW - HOP  # samples before a block that its first frame also hears
_TRANSFORM: Final = 512
_LOWEST, _HIGHEST, _NYQUIST = 50.0, 7600.0, 8000.0
_KNEE: Final = 0.85  # vocal-tract-length warps are linear up to this share of the band, then bend back
_FLOOR, _CENTRE, _SCALE = 1e-7, 2.5, 1.5


def mel_filterbank(warp: float = 1.0) -> Tensor:
    """Return triangular filters [257, 80], each summing to 1, on the mel scale 2595 log10(1 + f / 700).

    warp: frequencies are read at `warp` times their place (vocal-tract-length perturbation, Jaitly & Hinton 2013).
    """
    mel = np.linspace(2595 * np.log10(1 + _LOWEST / 700), 2595 * np.log10(1 + _HIGHEST / 700), MEL_BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    knee = _KNEE * _NYQUIST / max(warp, 1)
    bent = knee * warp + (_NYQUIST - knee * warp) / (_NYQUIST - knee) * (edges - knee)
    edges = np.where(edges < knee, edges * warp, bent)
    bins = np.arange(_TRANSFORM // 2 + 1) * SAMPLE_RATE / _TRANSFORM
    width = bins[1]
    filters = np.zeros((len(bins), MEL_BANDS), np.float32)
    for band, (low, centre, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        if high - low < 2 * width:
            low, high = centre - width, centre + width
        rise, fall = (bins - low) / (centre - low), (high - bins) / (high - centre)
        filters[:, band] = np.clip(np.minimum(rise, fall), 0, None)
        filters[:, band] /= max(filters[:, band].sum(), 1e-9)
    return torch.from_numpy(filters)


_HANN: Final = torch.hann_window(WINDOW)
_FILTERBANK: Final = mel_filterbank()


def log_mel(audio: Tensor, filters: Tensor | None = None) -> Tensor:
    """Return features [B, N / 160, 80] of audio [B, 240 + N] whose first 240 samples are only heard, not framed.

    filters: [257, 80] or one for each row [B, 257, 80]; the plain mel filters where None.
    """
    power = torch.fft.rfft(audio.unfold(1, WINDOW, HOP) * _HANN.to(audio.device), _TRANSFORM).abs() ** 2
    bands = (_FILTERBANK if filters is None else filters).to(audio.device)
    return (torch.log10(power @ bands + _FLOOR) + _CENTRE) / _SCALE
