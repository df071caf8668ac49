"""What a microphone and a room do to speech, on the fly: rate, reverberation, noise, babble, gain, bands.

All draws come from the generator that is passed in, so that a run can be repeated and resumed.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from audio_io.time.tape import SAMPLE_RATE
from inference.data.corpus import Track, rest
from inference.data.phones import PHONE_INDEX
from inference.data.sounds import coloured, laughter, non_speech
from inference.duet.timing import FRAME
from inference.motion.features import HISTORY, MEL_BANDS, log_mel, mel_filterbank

_WARPS = torch.stack([mel_filterbank(w) for w in np.exp(np.linspace(-0.16, 0.2, 19))])
_ECHO_SAMPLES = 6400
NO_PHONE: Final = -100
# Shares of rows that are no speech: sounds a mouth stays shut through, laughter, and a room in which nobody speaks.
_NON_SPEECH, _LAUGHTER, _SILENCE = 0.09, 0.03, 0.03
_SOUNDS_BESIDE: Final = 0.15  # share of rows in which such sounds go beside the speech


class Batch(NamedTuple):
    """mel [B, 2T, 80], articulation [B, T, 12], labels [B, T] (`NO_PHONE` where none is meant).

    closure_weight: what "are the lips shut or not" counts beside the squared error.
    """

    mel: Tensor
    articulation: Tensor
    labels: Tensor
    closure_weight: float = 0.05


def cut(track: Track, frames: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return a random stretch of a voice, its rate and formants changed by up to a fifth."""
    rate = float(np.exp(rng.uniform(-0.2, 0.2))) if rng.random() < 0.8 else 1.0
    length = int(frames * rate) + 1
    start = int(rng.integers(0, len(track.labels) - length - 1))
    span = slice(start, start + length)
    audio = torch.from_numpy(track.audio[start * FRAME : (start + length) * FRAME])
    audio = F.interpolate(audio[None, None], size=frames * FRAME, mode="linear")[0, 0]
    mouth = torch.from_numpy(track.articulation[span])
    mouth = F.interpolate(mouth.T[None], size=frames, mode="linear")[0].T
    labels = torch.from_numpy(track.labels[span])[torch.arange(frames) * length // frames]
    return audio, mouth, labels


def _uniform(rng: np.random.Generator, low: float, high: float, rows: int) -> Tensor:
    return torch.tensor(rng.uniform(low, high, (rows, 1)), dtype=torch.float32)


def reverberate(audio: Tensor, rng: np.random.Generator) -> Tensor:
    """Return audio [B, N] in rooms of 0.08-0.5 s decay."""
    rows, count = audio.shape
    time = torch.arange(_ECHO_SAMPLES) / SAMPLE_RATE
    response = torch.randn(rows, _ECHO_SAMPLES) * torch.exp(-6.9 * time / _uniform(rng, 0.08, 0.5, rows))
    response[:, :40] *= 0.3
    response = response / response.norm(dim=1, keepdim=True) * 10 ** _uniform(rng, -1.2, -0.1, rows)
    response[:, 0] = 1.0
    size = count + _ECHO_SAMPLES
    result: Tensor = torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(response, size), size)[:, :count]
    return result


def add_noise(audio: Tensor, rng: np.random.Generator, lowest_snr: float) -> Tensor:
    """Return audio [B, N] with coloured noise, sometimes with voices in it, at lowest_snr to 45 dB."""
    rows, count = audio.shape
    noise = coloured(rows, count, _uniform(rng, 0, 1.1, rows))
    babble = audio[torch.randperm(rows)] + audio[torch.randperm(rows)].roll(7919, 1)
    share = torch.tensor(rng.random((rows, 1)) < 0.25) * _uniform(rng, 0.3, 1, rows)
    noise = noise / noise.norm(dim=1, keepdim=True) + share * babble / (babble.norm(dim=1, keepdim=True) + 1e-3)
    ratio = 10 ** (-_uniform(rng, lowest_snr, 45, rows) / 20)
    result: Tensor = audio + noise * (audio.norm(dim=1, keepdim=True) + 1e-2) / noise.norm(dim=1, keepdim=True) * ratio
    return result


def _colour_bands(mel: Tensor, rng: np.random.Generator) -> Tensor:
    """Random equaliser over the mel bands, now and then a band limit as of a telephone."""
    position = torch.linspace(0, 1, MEL_BANDS)
    for order, strength in enumerate((0.25, 0.18, 0.12, 0.08), start=1):
        weight = torch.tensor(rng.normal(0, strength, (len(mel), 1, 1)), dtype=torch.float32)
        mel = mel + weight * torch.cos(np.pi * order * position)
    for row in mel:
        if rng.random() < 0.3:
            first = int(rng.integers(45, 78))
            row[:, first:] = torch.minimum(row[:, first:], row[:, first:].min() + 0.05)
        if rng.random() < 0.2:
            row[:, : int(rng.integers(2, 9))] -= float(rng.uniform(0.3, 1.0))
    return mel


def batch(
    tracks: list[Track], weights: NDArray[np.float64], rows: int, frames: int, ramp: float, rng: np.random.Generator,
    closure_weight: float = 0.05,
) -> Batch:  # fmt: skip
    """Draw a batch; ramp 0 to 1 is how harsh the rooms and the noise have become."""
    drawn = [cut(tracks[rng.choice(len(tracks), p=weights)], frames, rng) for _ in range(rows)]
    audio, mouth, labels = (torch.stack(parts) for parts in zip(*drawn, strict=True))
    for row, kind in enumerate(rng.random(rows)):
        _replace(audio[row], mouth[row], labels[row], kind, rng)
        if kind > 1 - _SOUNDS_BESIDE * ramp:
            audio[row] += non_speech(frames, rng) * 10 ** (-float(rng.uniform(3, 25)) / 20)
    echoing = torch.tensor(rng.random(rows) < 0.5 * ramp)
    if echoing.any():
        audio[echoing] = reverberate(audio[echoing], rng)
    audio = add_noise(audio, rng, 25 - 22 * ramp)
    audio = torch.tanh(audio * 10 ** (_uniform(rng, -22, 14, rows) / 20) * 1.2) / 1.2
    audio = audio + torch.randn_like(audio) * 10 ** _uniform(rng, -5, -3.3, rows)
    filters = _WARPS[torch.from_numpy(rng.integers(0, len(_WARPS), rows))]
    mel = log_mel(F.pad(audio, (HISTORY, 0)), filters)
    return Batch(_colour_bands(mel, rng), mouth, labels, closure_weight)


def _replace(audio: Tensor, mouth: Tensor, labels: Tensor, kind: float, rng: np.random.Generator) -> None:
    """Put something that is no speech in a row's place, where `kind`, drawn from 0 to 1, says so."""
    frames = len(labels)
    if kind >= _NON_SPEECH + _LAUGHTER + _SILENCE:
        return
    if _NON_SPEECH <= kind < _NON_SPEECH + _LAUGHTER:
        audio[:], laughing = laughter(frames, rng)
        mouth[:] = torch.from_numpy(laughing)
        labels[:] = NO_PHONE
        return
    audio[:] = non_speech(frames, rng) if kind < _NON_SPEECH else 0.0
    mouth[:] = torch.from_numpy(rest(frames))
    labels[:] = PHONE_INDEX["pau"]
