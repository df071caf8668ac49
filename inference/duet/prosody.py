"""What a listener hears in a voice besides its phones: how loud, how pitched, and how low for this speaker.

Causal, at 50 frames/s. A region of low pitch is what English listeners answer with "mm-hm" (Ward & Tsukahara 2000).
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from audio_io.time.tape import SAMPLE_RATE
from inference.duet.timing import FRAME

PROSODY_SIZE: Final = 4
_WINDOW: Final = 2 * FRAME
HISTORY: Final = _WINDOW - FRAME
_TRANSFORM: Final = 1024
_SHORTEST, _LONGEST = 40, 229  # samples of a period: 400 to 70 Hz
_NEARLY_BEST: Final = 0.85  # an earlier peak this high is the period, a later one its double
_VOICED: Final = 0.55
_QUIET_DB: Final = -62.0
LOW: Final = 0.26  # the percentile under which Ward and Tsukahara take pitch for low
_FIRST_STEP, _LAST_STEP = 0.12, 0.012  # octaves a frame by which the running percentile moves
_LOUD_CENTRE, _LOUD_SCALE = -45.0, 15.0  # dB


@dataclass(frozen=True)
class Register:
    """A speaker's pitch so far: the running percentile (log2 Hz), and how many voiced frames have formed it."""

    low: float = 0.0
    frames: int = 0

    def hear(self, tone: float) -> "Register":
        """Return the register after a voiced frame of this pitch (log2 Hz)."""
        if not self.frames:
            return Register(tone, 1)
        step = max(_LAST_STEP, _FIRST_STEP / (1 + self.frames / 25))
        return Register(self.low + step * (LOW - (tone < self.low)), min(self.frames + 1, 10_000))


def pitch(audio: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return level (dB), periodicity (0 to 1) and pitch (log2 Hz), each [B, T], of audio [B, 320 + T * 320].

    The autocorrelation of 40 ms, its shortest nearly best period.
    """
    window = audio.unfold(1, _WINDOW, FRAME)
    level = 10 * torch.log10((window**2).mean(2) + 1e-10)
    spectrum = torch.fft.rfft(window - window.mean(2, keepdim=True), _TRANSFORM)
    correlation = torch.fft.irfft(spectrum.real**2 + spectrum.imag**2, _TRANSFORM)
    overlap = 1 - torch.arange(_SHORTEST, _LONGEST, device=audio.device) / _WINDOW
    normal = correlation[..., _SHORTEST:_LONGEST] / (correlation[..., :1] + 1e-8) / overlap
    best = normal.amax(2, keepdim=True)
    period = (normal >= _NEARLY_BEST * best).float().argmax(2) + _SHORTEST
    # The nearly best begins on the rising side of its peak: the true one is the best within a tenth above it.
    lags = torch.arange(_SHORTEST, _LONGEST, device=audio.device)
    near = (lags >= period[..., None]) & (lags <= period[..., None] * 1.12 + 1)
    period = normal.masked_fill(~near, -1).argmax(2) + _SHORTEST
    return level, best[..., 0].clamp(0, 1), torch.log2(SAMPLE_RATE / period.float())


def prosody(audio: Tensor, registers: tuple[Register, ...]) -> tuple[Tensor, tuple[Register, ...]]:
    """Return prosody [B, T, PROSODY_SIZE] of audio [B, 320 + T * 320] and the speakers' registers after it.

    Loudness about -1 to 1, periodicity, pitch over the speaker's low one (octaves), and whether it is low (0 or 1).
    """
    level, periodicity, tone = pitch(audio)
    voiced = (periodicity > _VOICED) & (level > _QUIET_DB)
    over, after = torch.zeros_like(level), []
    for row, register in enumerate(registers):
        heights = []
        for height, sounding in zip(tone[row].tolist(), voiced[row].tolist(), strict=True):
            heights.append(height - register.low if sounding and register.frames else 0.0)
            register = register.hear(height) if sounding else register
        over[row] = torch.tensor(heights, device=audio.device)
        after.append(register)
    loudness = ((level - _LOUD_CENTRE) / _LOUD_SCALE).clamp(-2, 2)
    low = ((over < 0) & voiced).float()
    return torch.stack([loudness, periodicity, over.clamp(-1, 1), low], 2), tuple(after)
