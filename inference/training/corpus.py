"""The training speech on disk: one npz a voice, made once, with audio, articulation and phone labels."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.training.phones import (
    FRAMES_PER_SECOND,
    PHONE_INDEX,
    Phone,
    articulation_targets,
    phone_labels,
    scale_effort,
)
from inference.training.voices import HELD_OUT, VOICES, Utterance, speak

SAMPLES_PER_FRAME = 320
_LEVEL = 1500 / 32768  # root mean square that every utterance is brought to (-27 dBFS)


@dataclass(frozen=True)
class Track:
    """One voice end to end: audio [T * 320] float32, articulation [T, 9] float32, labels [T] int64."""

    audio: NDArray[np.float32]
    articulation: NDArray[np.float32]
    labels: NDArray[np.int64]


def rest(frames: int) -> NDArray[np.float32]:
    """Return the articulation [frames, 9] of a closed, silent mouth."""
    pause = articulation_targets([Phone("pau", 0.0, 2.0)], 100)[50]
    return np.repeat(pause[None], frames, 0)


def _silence(frames: int) -> Track:
    audio = np.zeros(frames * SAMPLES_PER_FRAME, np.float32)
    return Track(audio, rest(frames), np.full(frames, PHONE_INDEX["pau"], np.int64))


def _track(utterance: Utterance) -> Track:
    frames = len(utterance.audio) // SAMPLES_PER_FRAME
    audio = utterance.audio[: frames * SAMPLES_PER_FRAME]
    articulation = scale_effort(articulation_targets(utterance.phones, frames), audio, utterance.phones)
    level = np.sqrt(np.mean(audio**2)) + 1e-5
    return Track(audio / level * _LEVEL, articulation, phone_labels(utterance.phones, frames))


def _join(tracks: list[Track]) -> Track:
    return Track(
        np.concatenate([t.audio for t in tracks]).astype(np.float32),
        np.concatenate([t.articulation for t in tracks]),
        np.concatenate([t.labels for t in tracks]),
    )


def make(name: str, texts: list[str], folder: Path, seed: int) -> Path:
    """Speak the texts with the named voice and write FOLDER/NAME.npz; one that is there stays."""
    path = folder / f"{name}.npz"
    if path.exists():
        return path
    rng = np.random.default_rng(seed)
    tracks = []
    for utterance in speak(name, texts, seed):
        gap = rng.uniform(0.05, 0.5) if rng.random() < 0.7 else rng.uniform(0.5, 3.0)
        tracks += [_track(utterance), _silence(int(gap * FRAMES_PER_SECOND))]
    if not tracks:
        raise RuntimeError(f"the voice {name} spoke nothing: check that its packages are installed")
    whole = _join(tracks)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, audio=whole.audio, articulation=whole.articulation, labels=whole.labels)
    partial.replace(path)
    return path


def load(path: Path) -> Track:
    """Read a voice that `make` wrote."""
    with np.load(path) as stored:
        return Track(stored["audio"], stored["articulation"], stored["labels"])


def sentence_count(name: str) -> int:
    """Return how many sentences the named voice speaks."""
    return (VOICES | HELD_OUT)[name][2]
