"""What comes between a voice and a recogniser: other voices, noise, a room, a telephone; and sounds in which nobody speaks."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import soxr

from audio_io.time.tape import SAMPLE_RATE, Audio

_VOICES: Final = 6  # that talk at once in a babble
_REVERB_SECONDS: Final = 0.4
_DIRECT: Final = 0.6  # share of a room's sound that comes straight from the mouth
_TELEPHONE: Final = 8000  # Hz
_MU: Final = 255  # of the telephone's compression, ITU-T G.711
_NOTES: Final = (220.0, 261.6, 293.7, 329.6, 392.0, 440.0)  # Hz


def _energy(audio: Audio) -> float:
    return float(np.mean(np.square(audio))) + 1e-12


def mixed(audio: Audio, noise: Audio, decibels: float) -> Audio:
    """Return sound [N] with noise [N] that is so many dB softer."""
    gain = np.sqrt(_energy(audio) / _energy(noise) / 10 ** (decibels / 10))
    return np.asarray(audio + gain * noise, np.float32)


def babble(others: Sequence[Audio], length: int, rng: np.random.Generator) -> Audio:
    """Return six voices that talk at once [length], each from somewhere in the recordings of others, equally loud."""
    made = np.zeros(length, np.float32)
    for number in rng.choice(len(others), _VOICES, replace=len(others) < _VOICES):
        voice = others[number] / np.sqrt(_energy(others[number]))
        made += np.resize(np.roll(voice, int(rng.integers(len(voice)))), length)
    return made


def _room(audio: Audio, rng: np.random.Generator) -> Audio:
    """Return sound as a room of 0.4 s (by 60 dB) gives it: noise that decays, behind what comes straight."""
    length = round(_REVERB_SECONDS * SAMPLE_RATE)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    answer = np.sqrt(1 - _DIRECT) * tail / np.linalg.norm(tail)
    answer[0] += np.sqrt(_DIRECT)
    size = len(audio) + length
    whole = np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(answer, size), size)
    return np.asarray(whole[: len(audio)], np.float32)


def _telephone(audio: Audio) -> Audio:
    """Return sound at 8 kHz in 8 bits of mu-law."""
    narrow = np.clip(soxr.resample(audio, SAMPLE_RATE, _TELEPHONE), -1, 1)
    coded = np.round(np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU) * 127) / 127
    plain = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return np.asarray(soxr.resample(plain.astype(np.float32), _TELEPHONE, SAMPLE_RATE), np.float32)


def disturbed(audio: Audio, condition: str, others: Sequence[Audio], rng: np.random.Generator) -> Audio:
    """Return a voice [N] in a condition: `clean`, `babble:DB`, `white:DB`, `reverb`, `telephone`. Raises ValueError."""
    kind, _, decibels = condition.partition(":")
    if kind == "babble":
        return mixed(audio, babble(others, len(audio), rng), float(decibels))
    if kind == "white":
        return mixed(audio, rng.standard_normal(len(audio)).astype(np.float32), float(decibels))
    plain: dict[str, Callable[[], Audio]] = {
        "clean": lambda: audio, "reverb": lambda: _room(audio, rng), "telephone": lambda: _telephone(audio),
    }  # fmt: skip
    if kind not in plain:
        raise ValueError(f"{condition!r} is no condition: clean, babble:DB, white:DB, reverb or telephone")
    return plain[kind]()


def music(length: int, rng: np.random.Generator) -> Audio:
    """Return tones with overtones [length], two or three at once, a new chord every 0.4 s, over a drum of noise."""
    made, step = np.zeros(length, np.float32), round(0.4 * SAMPLE_RATE)
    time = np.arange(step) / SAMPLE_RATE
    for begin in range(0, length - step, step):
        for note in rng.choice(_NOTES, int(rng.integers(2, 4)), replace=False):
            made[begin : begin + step] += sum(
                np.sin(2 * np.pi * note * n * time) / n**1.5 for n in (1, 2, 3, 4)
            ) * np.exp(-3 * time)
        made[begin : begin + step] += 0.3 * rng.standard_normal(step) * np.exp(-40 * time)
    return made * np.float32(0.05)


def typing(length: int, rng: np.random.Generator) -> Audio:
    """Return clicks of keys [length], some six a second, over soft noise."""
    made = (0.001 * rng.standard_normal(length)).astype(np.float32)
    click = round(0.02 * SAMPLE_RATE)
    for begin in rng.integers(0, length - click, 6 * length // SAMPLE_RATE):
        made[begin : begin + click] += 0.1 * rng.random() * rng.standard_normal(click) * np.exp(-np.arange(click) / 60)
    return made
