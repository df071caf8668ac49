"""What a microphone and a room do to speech, on the fly: rate, reverberation, noise, babble, gain, bands.

All draws come from the generator that is passed in, so that a run can be repeated and resumed.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inference.features import HISTORY, MEL_BANDS, log_mel, mel_filterbank
from inference.training.corpus import SAMPLES_PER_FRAME, Track, rest
from inference.training.phones import PHONE_INDEX

_WARPS = torch.stack([mel_filterbank(w) for w in np.exp(np.linspace(-0.16, 0.2, 19))])
_ECHO_SAMPLES = 6400


@dataclass(frozen=True)
class Batch:
    """mel [B, 2T, 80], articulation [B, T, 9], labels [B, T]."""

    mel: Tensor
    articulation: Tensor
    labels: Tensor


def cut(track: Track, frames: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return a random stretch of a voice, its rate and formants changed by up to a fifth."""
    rate = float(np.exp(rng.uniform(-0.2, 0.2))) if rng.random() < 0.8 else 1.0
    length = int(frames * rate) + 1
    start = int(rng.integers(0, len(track.labels) - length - 1))
    span = slice(start, start + length)
    audio = torch.from_numpy(track.audio[start * SAMPLES_PER_FRAME : (start + length) * SAMPLES_PER_FRAME])
    audio = F.interpolate(audio[None, None], size=frames * SAMPLES_PER_FRAME, mode="linear")[0, 0]
    mouth = torch.from_numpy(track.articulation[span])
    mouth = F.interpolate(mouth.T[None], size=frames, mode="linear")[0].T
    labels = torch.from_numpy(track.labels[span])[torch.arange(frames) * length // frames]
    return audio, mouth, labels


def non_speech(frames: int, rng: np.random.Generator) -> Tensor:
    """Return audio [frames * 320] of clicks, tones, chords or bursts of noise: a mouth stays shut through them."""
    count = frames * SAMPLES_PER_FRAME
    audio = torch.zeros(count)
    time = torch.arange(count) / 16_000
    kind = rng.integers(0, 4)
    if kind == 0:  # clicks and key strokes
        for start in rng.integers(0, count - 800, int(rng.integers(2, 30))):
            decay = torch.exp(-torch.arange(800) / float(rng.uniform(10, 200)))
            audio[start : start + 800] += torch.randn(800) * decay * float(rng.uniform(0.1, 1))
    elif kind == 1:  # a steady tone with harmonics
        for harmonic in range(1, int(rng.integers(2, 6))):
            audio += torch.sin(2 * np.pi * float(rng.uniform(80, 2500)) * harmonic * time) / harmonic
    elif kind == 2:  # chords that change, with decay
        step = int(rng.integers(3000, 9000))
        for start in range(0, count, step):
            part = time[: min(step, count - start)]
            for pitch in rng.choice([0, 3, 4, 7, 10, 12, 16], 3, replace=False):
                tone = torch.sin(2 * np.pi * float(rng.choice([110, 147, 196, 262])) * 2 ** (float(pitch) / 12) * part)
                audio[start : start + step] += tone * torch.exp(-part * float(rng.uniform(0, 6)))
    else:  # breaths and rustling: noise that swells
        swell = torch.sin(2 * np.pi * float(rng.uniform(0.2, 4)) * time + float(rng.uniform(0, 6))).clamp(min=0)
        audio = _coloured(1, count, torch.tensor([[float(rng.uniform(0, 1.2))]]))[0] * swell
    result: Tensor = audio / (audio.norm() / count**0.5 + 1e-6) * 0.05
    return result


def _coloured(rows: int, count: int, slope: Tensor) -> Tensor:
    spectrum = torch.fft.rfft(torch.randn(rows, count))
    frequency = torch.arange(spectrum.shape[1]) / spectrum.shape[1] * 8000 + 30
    result: Tensor = torch.fft.irfft(spectrum * (frequency / 200.0) ** -slope, count)
    return result


def _uniform(rng: np.random.Generator, low: float, high: float, rows: int) -> Tensor:
    return torch.tensor(rng.uniform(low, high, (rows, 1)), dtype=torch.float32)


def reverberate(audio: Tensor, rng: np.random.Generator) -> Tensor:
    """Return audio [B, N] in rooms of 0.08-0.5 s decay."""
    rows, count = audio.shape
    time = torch.arange(_ECHO_SAMPLES) / 16_000
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
    noise = _coloured(rows, count, _uniform(rng, 0, 1.1, rows))
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
    tracks: list[Track], weights: np.ndarray, rows: int, frames: int, ramp: float, rng: np.random.Generator
) -> Batch:
    """Draw a batch; ramp 0 to 1 is how harsh the rooms and the noise have become."""
    drawn = [cut(tracks[rng.choice(len(tracks), p=weights)], frames, rng) for _ in range(rows)]
    audio, mouth, labels = (torch.stack(parts) for parts in zip(*drawn, strict=True))
    silent = torch.tensor(rng.random(rows) < 0.08)
    for row in silent.nonzero().flatten().tolist():
        audio[row] = non_speech(frames, rng)
        mouth[row] = torch.from_numpy(rest(frames))
        labels[row] = PHONE_INDEX["pau"]
    echoing = torch.tensor(rng.random(rows) < 0.5 * ramp)
    if echoing.any():
        audio[echoing] = reverberate(audio[echoing], rng)
    audio = add_noise(audio, rng, 25 - 22 * ramp)
    audio = torch.tanh(audio * 10 ** (_uniform(rng, -22, 14, rows) / 20) * 1.2) / 1.2
    audio = audio + torch.randn_like(audio) * 10 ** _uniform(rng, -5, -3.3, rows)
    filters = _WARPS[torch.from_numpy(rng.integers(0, len(_WARPS), rows))]
    mel = log_mel(F.pad(audio, (HISTORY, 0)), filters)
    return Batch(_colour_bands(mel, rng), mouth, labels)
