"""Sounds that are no speech: what a mouth stays shut through, and laughter, which opens it.

Audio is float32 at 16 kHz, about 0.05 root mean square. Draws come from `rng` and torch's own generator.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audio_io.time.tape import SAMPLE_RATE
from inference.data.corpus import rest
from inference.duet.articulation import CHANNEL
from inference.duet.timing import FRAME, FRAMES_PER_SECOND

_LEVEL: Final = 0.05
Draw = np.random.Generator


def coloured(rows: int, count: int, slope: Tensor) -> Tensor:
    """Return noise [rows, count] whose amplitude falls with frequency to the power `slope` [rows, 1]."""
    spectrum = torch.fft.rfft(torch.randn(rows, count))
    frequency = torch.arange(spectrum.shape[1]) / spectrum.shape[1] * 8000 + 30
    result: Tensor = torch.fft.irfft(spectrum * (frequency / 200.0) ** -slope, count)
    return result


def band_noise(count: int, low: float, high: float) -> Tensor:
    """Return noise [count] between two frequencies (Hz), with soft edges."""
    spectrum = torch.fft.rfft(torch.randn(count))
    frequency = torch.arange(len(spectrum)) / count * SAMPLE_RATE
    shape = torch.sigmoid((frequency - low) / (0.1 * low + 20)) * torch.sigmoid((high - frequency) / (0.1 * high))
    result: Tensor = torch.fft.irfft(spectrum * shape, count)
    return result


def clicks(count: int, rng: Draw) -> Tensor:
    audio = torch.zeros(count)
    for start in rng.integers(0, count - 800, int(rng.integers(2, 30))):
        decay = torch.exp(-torch.arange(800) / float(rng.uniform(5, 200)))
        audio[start : start + 800] += torch.randn(800) * decay * float(rng.uniform(0.1, 1))
    return audio


def keyboard(count: int, rng: Draw) -> Tensor:
    """Key strokes: a tick and a thump as a key goes down, a fainter tick as it comes up."""
    audio, at = torch.zeros(count), int(rng.integers(0, 4000))
    ring, thump = float(rng.uniform(1500, 5000)), float(rng.uniform(120, 400))
    time = torch.arange(1200) / SAMPLE_RATE
    while at < count - 4000:
        for start, size in ((at, 1.0), (at + int(rng.integers(900, 2400)), 0.4)):
            tick = band_noise(1200, ring * 0.6, ring * 1.5) * torch.exp(-time * float(rng.uniform(150, 500)))
            body = torch.sin(2 * np.pi * thump * time) * torch.exp(-time * 90) * float(rng.uniform(0, 0.5))
            audio[start : start + 1200] += (tick / tick.std() * 0.2 + body) * size * float(rng.uniform(0.4, 1))
        at += int(rng.exponential(2200)) + 900
    return audio


def _tone(count: int, rng: Draw) -> Tensor:
    time, audio = torch.arange(count) / SAMPLE_RATE, torch.zeros(count)
    for harmonic in range(1, int(rng.integers(2, 6))):
        audio += torch.sin(2 * np.pi * float(rng.uniform(80, 2500)) * harmonic * time) / harmonic
    return audio


def _note(hertz: float, count: int, colour: int, rng: Draw) -> Tensor:
    """Return one note of an instrument: harmonics by `colour`, vibrato, attack and decay."""
    time = torch.arange(count) / SAMPLE_RATE
    wobble = float(rng.uniform(0, 0.006)) * torch.sin(2 * np.pi * 5.5 * time)
    note = torch.zeros(count)
    for harmonic in range(1, 9):
        if hertz * harmonic < 7000:
            size = (1.0, 1 / harmonic, (harmonic % 2) / harmonic, 1 / harmonic**2)[colour]
            note += size * torch.sin(2 * np.pi * hertz * harmonic * (time + wobble / 5.5))
    attack = (time / float(rng.uniform(0.004, 0.15))).clamp(max=1.0)
    return note * attack * torch.exp(-time * float(rng.choice([0.3, 1.5, 5.0])))


def music(count: int, rng: Draw) -> Tensor:
    """Chords, a melody and drums, each of them now and then."""
    audio, beat = torch.zeros(count), int(rng.integers(3500, 11_000))
    root, colour = float(rng.choice([98, 110, 131, 147, 165, 196])), int(rng.integers(0, 4))
    parts = rng.random(3) < (0.75, 0.6, 0.5)
    for number, start in enumerate(range(0, count, beat)):
        step = float(rng.choice([0, 3, 5, 7, 9]))
        if parts[0] or not parts.any():
            length = min(2 * beat, count - start)
            for pitch in (0, float(rng.choice([3, 4])), 7):
                audio[start : start + length] += 0.5 * _note(root * 2 ** ((step + pitch) / 12), length, colour, rng)
        for half in range(2 if parts[1] else 0):
            at = start + half * beat // 2
            length = min(beat, count - at)
            if length > 0:
                pitch = step + float(rng.choice([12, 14, 15, 16, 19, 21, 24]))
                audio[at : at + length] += 0.6 * _note(root * 2 ** (pitch / 12), length, (colour + 1) % 4, rng)
        if parts[2]:
            length = min(2400, count - start)
            time = torch.arange(length) / SAMPLE_RATE
            drum = torch.randn(length) if number % 2 else 3 * torch.sin(2 * np.pi * 60 * time)
            audio[start : start + length] += drum * torch.exp(-time * 35)
    return audio


def _rustle(count: int, rng: Draw) -> Tensor:
    time = torch.arange(count) / SAMPLE_RATE
    swell = torch.sin(2 * np.pi * float(rng.uniform(0.2, 4)) * time + float(rng.uniform(0, 6))).clamp(min=0)
    return coloured(1, count, torch.tensor([[float(rng.uniform(0, 1.2))]]))[0] * swell


def breath(count: int, rng: Draw) -> Tensor:
    """Return breathing [count]: noise through an open throat, in and out, with pauses."""
    audio, at = torch.zeros(count), int(rng.integers(0, 8000))
    while at < count - 3200:
        length = min(int(rng.uniform(0.25, 1.1) * SAMPLE_RATE), count - at)
        centre = float(rng.uniform(500, 2200))
        sound = band_noise(length, centre * 0.6, centre * 1.6) + 0.5 * band_noise(length, 2500, 6000)
        audio[at : at + length] += sound * torch.hann_window(length) ** float(rng.uniform(0.5, 1.5))
        at += length + int(rng.uniform(0.1, 2.0) * SAMPLE_RATE)
    return audio


_KINDS: Final[tuple[Callable[[int, Draw], Tensor], ...]] = (
    clicks, keyboard, _tone, music, music, _rustle, breath,
)  # fmt: skip


def levelled(audio: Tensor) -> Tensor:
    """Return audio [N] at about 0.05 root mean square."""
    result: Tensor = audio / (audio.norm() / len(audio) ** 0.5 + 1e-6) * _LEVEL
    return result


def non_speech(frames: int, rng: Draw) -> Tensor:
    """Return audio [frames * 320] of clicks, key strokes, tones, music, rustling or breath: a mouth stays shut through them."""
    kind = _KINDS[int(rng.integers(0, len(_KINDS)))]
    return levelled(kind(frames * FRAME, rng))


def laughter(frames: int, rng: Draw) -> tuple[Tensor, NDArray[np.float32]]:
    """Return audio [frames * 320] like laughter, and the articulation [frames, 12] of it.

    Voiced bursts at 4 to 6 a second with breath between them, each bout falling in pitch and loudness (Bachorowski, Smoski &
    Owren 2001); the jaw hangs open, the corners are drawn back.
    """
    audio, mouth = torch.zeros(frames * FRAME), rest(frames)
    at = int(rng.integers(0, max(1, frames // 3)))
    while at < frames - 20:
        bursts, pace = int(rng.integers(3, 9)), float(rng.uniform(4.0, 6.0))
        pitch, centre = float(rng.uniform(150, 420)), float(rng.uniform(600, 1500))
        begun = at
        for number in range(bursts):
            length = int(FRAMES_PER_SECOND / pace)
            if at + length >= frames:
                break
            count = length * FRAME
            voiced = _note(pitch * 0.95**number, count, 1, rng) * torch.hann_window(count)
            heard = torch.fft.irfft(torch.fft.rfft(voiced) * _formants(count, centre), count)
            sound = heard / (heard.std() + 1e-6) + 0.4 * band_noise(count, 800, 3500) * 3
            audio[at * FRAME : (at + length) * FRAME] += sound * 0.9**number
            at += length
        swell = np.hanning(max(3, (at - begun) + 16))[: frames - begun, None] ** 0.4
        beats = 0.08 * np.cos(2 * np.pi * pace * np.arange(len(swell)) / FRAMES_PER_SECOND)[:, None]
        span = slice(begun, begun + len(swell))
        for name, size in (("jaw", 0.5), ("effort", 0.5), ("spread", 0.6), ("raise", 0.3)):
            moved = swell * (size - (beats if name in ("jaw", "effort") else 0))
            column = mouth[span, CHANNEL[name]]
            mouth[span, CHANNEL[name]] = np.maximum(column, moved[:, 0])
        mouth[span, CHANNEL["close"]] *= 1 - swell[:, 0]
        at += int(rng.uniform(0.4, 2.0) * FRAMES_PER_SECOND)
    return levelled(audio), mouth


def _formants(count: int, first: float) -> Tensor:
    frequency = torch.arange(count // 2 + 1) / count * SAMPLE_RATE
    peaks = ((first, 120, 1.0), (first * 1.9, 180, 0.5), (2800, 300, 0.25))
    result: Tensor = torch.stack([s / (1 + ((frequency - f) / w) ** 2) for f, w, s in peaks]).sum(0)
    return result
