"""Simulated conversations: two voices take turns, and how their heads move in answer by published rules.

Rules: head amplitude follows loudness and falls to about 0.45 when listening (one tracked conversation); a listener
nods after 0.7 s or more of the partner's speech (after Ward & Tsukahara 2000), 2.6-6.5 Hz with a declining first cycle.
What is left to chance is taken from the slow noise that the model also gets as input.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.duet.network import MANNER_SIZE
from inference.duet.noise import slow_noise
from inference.training.corpus import SAMPLES_PER_FRAME, Track
from inference.training.phones import FRAMES_PER_SECOND, PHONE_INDEX

Curve = NDArray[np.float64]
_PAUSE: Final = PHONE_INDEX["pau"]
_HEAD_DEGREES: Final = np.array([1.7, 1.7, 1.1])  # deviation while speaking: pitch, yaw, roll
_NOD_DEGREES, _NOD_HERTZ, _NOD_DECAY, _NOD_SECONDS = 3.2, 2.8, 0.38, 1.0
_NOD_DELAY: Final = 0.24  # s after the cue
_LONG_ENOUGH: Final = 0.7  # s of speech before a cue counts


@dataclass(frozen=True)
class Dyad:
    """audio [2, T * 320], manner targets [2, T, MANNER_SIZE], noise [2, T, NOISE_SIZE]."""

    audio: NDArray[np.float32]
    manner: NDArray[np.float32]
    noise: NDArray[np.float32]


def _turns(frames: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return who has the floor [2, frames]: turns of 1 to 5 s, gaps of about 0.2 s that may be overlaps, backchannels."""
    floor = np.zeros((2, frames), bool)
    at, speaker = int(rng.integers(-100, 25)), int(rng.integers(0, 2))
    while at < frames:
        length = int(rng.uniform(0.8, 5.0) * FRAMES_PER_SECOND)
        floor[speaker, max(at, 0) : max(at + length, 0)] = True
        if length > 100 and rng.random() < 0.5:  # "mm-hm" from the other
            start = at + int(rng.uniform(0.4, 0.8) * length)
            floor[1 - speaker, max(start, 0) : max(start + int(rng.uniform(15, 35)), 0)] = True
        pause = rng.normal(0.2, 0.25) if rng.random() < 0.85 else rng.uniform(0.8, 3.0)
        at += length + int(pause * FRAMES_PER_SECOND)
        speaker = 1 - speaker if rng.random() < 0.85 else speaker
    return floor


def _smoothed(curve: Curve, seconds: float) -> Curve:
    """First-order causal smoothing."""
    keep = np.exp(-1 / (seconds * FRAMES_PER_SECOND))
    result, value = np.empty_like(curve), 0.0
    for i, x in enumerate(curve):
        value = keep * value + (1 - keep) * x
        result[i] = value
    return result


def _nods(partner: Curve, own: Curve, chance: Curve) -> Curve:
    """Return the pitch (degrees) of the nods that answer a partner's speech [T] in 0 to 1."""
    pitch = np.zeros(len(partner))
    spoken, since = 0, 10_000
    for t in range(1, len(partner)):
        since += 1
        talking = partner[t] > 0.5
        ended = not talking and partner[t - 1] > 0.5 and spoken > _LONG_ENOUGH * FRAMES_PER_SECOND
        urged = talking and spoken > _LONG_ENOUGH * FRAMES_PER_SECOND and chance[t - 1] < 0.4 <= chance[t]
        if (ended or urged) and since > FRAMES_PER_SECOND and own[t] < 0.4:
            start = t + int(_NOD_DELAY * FRAMES_PER_SECOND)
            time = np.arange(int(_NOD_SECONDS * FRAMES_PER_SECOND)) / FRAMES_PER_SECOND
            # Exponential decay of a 2.8 Hz nod, the head falling first (positive pitch looks down).
            nod = _NOD_DEGREES * np.exp(-time / _NOD_DECAY) * np.sin(2 * np.pi * _NOD_HERTZ * time)
            end = min(start + len(nod), len(pitch))
            if start < end:
                pitch[start:end] += nod[: end - start]
            since = 0
        spoken = spoken + 1 if talking else (spoken if t and partner[t - 1] > 0.5 else 0)
    return pitch


def manner_targets(activity: Curve, partner: Curve, loudness: Curve, noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return manner [T, MANNER_SIZE] of one speaker: activity, partner's activity and own loudness [T] in 0 to 1."""
    speak = _smoothed(activity, 0.25)
    listen = (1 - speak) * _smoothed(partner, 0.4)
    amplitude = 0.22 + 0.08 * listen + 0.78 * speak * (0.6 + 0.8 * _smoothed(loudness, 0.15))
    chance = noise.astype(float)
    degrees = amplitude[:, None] * chance[:, :3] * _HEAD_DEGREES
    degrees[:, 0] += _nods(partner, speak, chance[:, 3])
    degrees[:, 1] += 0.7 * chance[:, 3]
    up, down = np.maximum(chance, 0), np.maximum(-chance, 0)
    emphasis = np.clip(loudness - _smoothed(loudness, 0.8), 0, 1) * activity
    smile = 0.05 + 0.22 * listen / (1 + np.exp(-1.5 * chance[:, 3])) + 0.10 * speak * up[:, 1]
    units = [
        0.08 + 0.45 * _smoothed(emphasis, 0.08) + 0.10 * listen * up[:, 1],
        0.22 * speak * up[:, 3] + 0.12 * listen * up[:, 0],
        0.12 * listen * down[:, 3] + 0.08 * speak * down[:, 1],
        smile,
        0.5 * smile,
        0.08 * listen,
    ]
    result = np.concatenate([np.radians(degrees), np.stack(units, 1)], 1).astype(np.float32)
    if result.shape[1] != MANNER_SIZE:
        raise ValueError("manner targets and the network differ in size")
    return result


def simulate(tracks: list[Track], frames: int, rng: np.random.Generator) -> Dyad:
    """Return a conversation of two random voices."""
    floor = _turns(frames, rng)
    audio = np.zeros((2, frames * SAMPLES_PER_FRAME), np.float32)
    activity, loudness = np.zeros((2, frames)), np.zeros((2, frames))
    for row in (0, 1):
        track = tracks[int(rng.integers(0, len(tracks)))]
        start = int(rng.integers(0, len(track.labels) - frames))
        sound = track.audio[start * SAMPLES_PER_FRAME : (start + frames) * SAMPLES_PER_FRAME]
        audio[row] = sound * np.repeat(floor[row], SAMPLES_PER_FRAME)
        activity[row] = (track.labels[start : start + frames] != _PAUSE) & floor[row]
        power = (audio[row].reshape(frames, -1) ** 2).mean(1)
        loudness[row] = np.clip((10 * np.log10(power + 1e-8) + 45) / 30, 0, 1)
    seed, first = int(rng.integers(0, 2**31)), int(rng.integers(0, 100_000))
    noise = np.stack([slow_noise(seed + row, first, frames) for row in (0, 1)])
    manner = [manner_targets(activity[row], activity[1 - row], loudness[row], noise[row]) for row in (0, 1)]
    gain = 10 ** (rng.uniform(-14, 10, (2, 1)) / 20)
    hiss = rng.standard_normal(audio.shape) * 10 ** rng.uniform(-5, -3.3, (2, 1))
    return Dyad((audio * gain + hiss).astype(np.float32), np.stack(manner), noise)
