"""How heads move in a conversation, by published rules and the figures of real ones: targets for the manner.

A speaker's head beats with its loudness and a listener's falls to about half the speed (a tracked conversation); a listener
answers low pitch and the ends of phrases (Ward & Tsukahara 2000), whose cues the network learns (`inference.duet.nods`);
smiles are answered, emphasis raises brows, and a listener mirrors the other after 0.6 s (Chartrand & Bargh 1999). What is
left to chance comes from the slow noise that the model gets as well. Knows nothing of audio but its prosody.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from inference.data.dyads import Talk
from inference.duet.network import MANNER_SIZE, MANNER_UNITS
from inference.duet.timing import FRAMES_PER_SECOND
from inference.motion.model import EMOTIONS

Curve = NDArray[np.float64]
_BEAT_DEGREES: Final = np.array([1.48, 1.46, 1.0])  # deviation while speaking: pitch, yaw, roll
_POSTURE_DEGREES: Final = np.array([1.9, 1.9, 1.1])
_CHANCE, _MOOD = 6, 7  # channels of the slow noise
_LONG_ENOUGH, _LOW_ENOUGH, _REFRACTORY = 0.7, 0.11, 0.8  # s of speech, of low pitch, since the last answer
_MIRROR_FRAMES: Final = 30
# What each emotion does to face units, to how much the head moves, and to its pitch (degrees, positive looks down).
_FACES: Final[dict[str, dict[str, float]]] = {
    "happy": {"mouthSmile": 0.45, "cheekSquint": 0.3, "browOuterUp": 0.12, "eyeSquint": 0.08},
    "sad": {"mouthFrown": 0.4, "browInnerUp": 0.45, "mouthPress": 0.08},
    "angry": {"browDown": 0.6, "noseSneer": 0.2, "mouthPress": 0.18, "eyeSquint": 0.25},
    "surprised": {"browInnerUp": 0.5, "browOuterUp": 0.5, "eyeWide": 0.45},
}
_HEADS: Final = {"happy": (1.25, -1.0), "sad": (0.55, 4.0), "angry": (1.2, 1.0), "surprised": (1.1, -2.0)}


def smoothed(curve: Curve, seconds: float) -> Curve:
    """Return a curve [T] after first-order causal smoothing."""
    keep = np.exp(-1 / (seconds * FRAMES_PER_SECOND))
    return np.asarray(lfilter([1 - keep], [1, -keep], curve, axis=0))


def _delayed(curve: Curve, frames: int) -> Curve:
    return np.concatenate([np.zeros((frames, *curve.shape[1:])), curve[:-frames]])


def cues(speaking: Curve, voice: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return, for each frame, 1 where low pitch has just lasted 110 ms, 2 where a phrase has just ended, else 0.

    speaking [T] in 0 or 1 and prosody [T, PROSODY_SIZE] of the one who gives the cue. Both want 0.7 s of speech before, and
    none within 0.8 s of the last.
    """
    found = np.zeros(len(speaking), np.int64)
    spoken = low = still = 0
    since = 10_000
    for t, (talks, is_low) in enumerate(zip(speaking > 0.5, voice[:, 3] > 0.5, strict=True)):
        since += 1
        still = 0 if talks else still + 1
        spoken = 0 if still > 0.25 * FRAMES_PER_SECOND else spoken + 1
        low = low + 1 if is_low and talks else 0
        enough = spoken >= _LONG_ENOUGH * FRAMES_PER_SECOND and since > _REFRACTORY * FRAMES_PER_SECOND
        kind = 2 if still == 5 else 1 if low == round(_LOW_ENOUGH * FRAMES_PER_SECOND) else 0
        if enough and kind:
            found[t], since = kind, 0
    return found


def _own(talk: Talk, row: int, noise: Curve, mood: Curve) -> Curve:
    """Return manner [T, MANNER_SIZE] (degrees, weights) of one row, but for what answers the other's face."""
    attitude, emotions = float(mood[0]), mood[1:]
    speak = smoothed(talk.speaking[row], 0.2)
    listen = (1 - speak) * smoothed(talk.speaking[1 - row], 0.35)
    loud = np.clip(0.5 + 0.5 * talk.voice[row, :, 0], 0, 1)
    other = np.clip(0.5 + 0.5 * talk.voice[1 - row, :, 0], 0, 1)
    lively = np.prod([1 + s * (_HEADS[e][0] - 1) for e, s in zip(EMOTIONS, emotions, strict=True)])
    beat = (0.32 + 0.06 * listen + 0.68 * speak * (0.55 + 0.75 * smoothed(loud, 0.15))) * lively
    posture = 0.65 + 0.35 * speak
    degrees = beat[:, None] * noise[:, :3] * _BEAT_DEGREES + posture[:, None] * noise[:, 3:6] * _POSTURE_DEGREES
    degrees[:, 0] -= 4.0 * smoothed(talk.laughing[row], 0.2)
    degrees[:, 0] += sum(s * _HEADS[e][1] for e, s in zip(EMOTIONS, emotions, strict=True)) - 0.8 * attitude
    chance, drift = noise[:, _CHANCE], noise[:, _MOOD]
    emphasis = np.clip(loud - smoothed(loud, 0.8), 0, 1) * talk.speaking[row]
    heard = _delayed(smoothed(np.clip(other - smoothed(other, 0.8), 0, 1) * talk.speaking[1 - row], 0.1), 12)
    unit = dict.fromkeys(MANNER_UNITS, np.zeros(len(speak)))
    unit["browInnerUp"] = 0.06 + 0.45 * smoothed(emphasis, 0.08) + 0.8 * listen * heard * np.clip(0.4 + chance, 0, 1.5)
    unit["browOuterUp"] = 0.20 * speak * np.clip(drift, 0, 2) + 0.5 * listen * heard * np.clip(0.4 + chance, 0, 1.5)
    unit["browDown"] = 0.10 * listen * np.clip(-drift, 0, 2) + 0.25 * max(0.0, -attitude)
    warm = 1 + 0.9 * attitude
    smile = warm * (0.05 + 0.20 * listen / (1 + np.exp(-1.5 * drift)) + 0.09 * speak * np.clip(drift, 0, 2))
    unit["mouthSmile"] = smile + 0.12 * max(0.0, attitude) + 0.65 * smoothed(talk.laughing[row], 0.25)
    unit["cheekSquint"] = 0.5 * unit["mouthSmile"]
    unit["eyeSquint"] = 0.08 * listen
    unit["mouthFrown"] = np.full(len(speak), 0.18 * max(0.0, -attitude))
    swell = 0.8 + 0.12 * np.clip(drift, -2, 2) + 0.15 * speak
    for emotion, strength in zip(EMOTIONS, emotions, strict=True):
        for name, weight in _FACES[emotion].items():
            unit[name] = unit[name] + strength * weight * swell
        if emotion in ("sad", "angry"):
            unit["mouthSmile"] = unit["mouthSmile"] * (1 - 0.85 * strength)
    return np.concatenate([degrees, np.stack(list(unit.values()), 1)], 1)


def manner_targets(
    talk: Talk, noise: NDArray[np.float32], mood: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return manner [2, T, MANNER_SIZE] (rad, weights) of both speakers, and where the partner gave a cue [2, T], 0 or 1.

    noise: [2, T, NOISE_SIZE]; mood: [2, MOOD_SIZE].
    """
    given = [cues(talk.speaking[row], talk.voice[row]) for row in (0, 1)]
    own = [_own(talk, row, noise[row].astype(float), mood[row].astype(float)) for row in (0, 1)]
    smile, cheek = (3 + MANNER_UNITS.index(name) for name in ("mouthSmile", "cheekSquint"))
    result = np.stack(own)
    for row in (0, 1):
        listen = 1 - smoothed(talk.speaking[row], 0.2)
        seen = smoothed(_delayed(own[1 - row], _MIRROR_FRAMES), 0.3)
        warm = np.clip(0.4 + 0.35 * mood[row, 0] - 0.3 * mood[row, 2:4].sum(), 0, 1)
        result[row, :, smile] += warm * (0.4 + 0.6 * listen) * seen[:, smile]
        result[row, :, cheek] += 0.5 * warm * (0.4 + 0.6 * listen) * seen[:, smile]
        result[row, :, :3] += 0.2 * listen[:, None] * smoothed(seen[:, :3], 0.5)
    result[..., :3] = np.radians(result[..., :3])
    result[..., 3:] = np.clip(result[..., 3:], 0, 1)
    if result.shape[2] != MANNER_SIZE:
        raise ValueError("manner targets and the network differ in size")
    window = np.ones(15)
    cue = np.stack([np.convolve(given[1 - row] > 0, window)[: len(given[0])] for row in (0, 1)])
    return result.astype(np.float32), np.minimum(cue, 1).astype(np.float32)
