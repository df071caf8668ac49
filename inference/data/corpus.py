"""The training speech on disk: one npz a voice, made once, with audio, timed phones and where each sentence lies.

What the mouth does in it is worked out when it is read, so that the rules can change without speaking it all again.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.data.phones import PHONE_INDEX, PHONES, Phone, articulation_targets, phone_labels, scale_effort
from inference.data.sentences import BACKCHANNELS
from inference.data.voices import HELD_OUT, VOICES, Utterance, speak
from inference.duet.timing import FRAME, FRAMES_PER_SECOND

_LEVEL: Final = 1500 / 32768  # root mean square that every utterance is brought to (-27 dBFS)
_INT16: Final = 32767.0


@dataclass(frozen=True)
class Track:
    """One voice end to end: audio [T * 320] float32, articulation [T, 12] float32, labels [T] int64.

    sentences [S, 2]: the frames in which each begins and ends. short [S]: whether it is a backchannel's word or two.
    """

    audio: NDArray[np.float32]
    articulation: NDArray[np.float32]
    labels: NDArray[np.int64]
    sentences: NDArray[np.int64]
    short: NDArray[np.bool_]


def rest(frames: int) -> NDArray[np.float32]:
    """Return the articulation [frames, 12] of a closed, silent mouth."""
    pause = articulation_targets([Phone("pau", 0.0, 2.0)], 100)[50]
    return np.repeat(pause[None], frames, 0)


def make(name: str, texts: list[str], folder: Path, seed: int) -> Path:
    """Speak the texts with the named voice and write FOLDER/NAME.npz; one that is there stays."""
    path = folder / f"{name}.npz"
    if path.exists():
        return path
    rng = np.random.default_rng(seed)
    audio: list[NDArray[np.int16]] = []
    phones: list[tuple[int, float, float]] = []
    sentences: list[tuple[int, int, bool]] = []
    frame = 0
    for spoken in speak(name, texts, seed):
        frames = len(spoken.audio) // FRAME
        begin = frame / FRAMES_PER_SECOND
        phones += [(PHONE_INDEX[p.name], begin + p.start, begin + p.end) for p in spoken.phones]
        sentences.append((frame, frame + frames, spoken.text in BACKCHANNELS))
        gap = rng.uniform(0.05, 0.5) if rng.random() < 0.7 else rng.uniform(0.5, 3.0)
        silence = int(gap * FRAMES_PER_SECOND)
        audio += [_levelled(spoken, frames), np.zeros(silence * FRAME, np.int16)]
        frame += frames + silence
    if not audio:
        raise RuntimeError(f"the voice {name} spoke nothing: check that its packages are installed")
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, audio=np.concatenate(audio), phones=np.array(phones), sentences=np.array(sentences))
    partial.replace(path)
    return path


def _levelled(spoken: Utterance, frames: int) -> NDArray[np.int16]:
    audio = spoken.audio[: frames * FRAME]
    level = np.sqrt(np.mean(audio**2)) + 1e-5
    return np.asarray(np.clip(audio / level * _LEVEL, -1, 1) * _INT16, np.int16)


def load(path: Path) -> Track:
    """Read a voice that `make` wrote."""
    with np.load(path) as stored:
        audio = stored["audio"].astype(np.float32) / _INT16
        phones, sentences = stored["phones"], stored["sentences"]
    frames = len(audio) // FRAME
    articulation, labels = rest(frames), np.full(frames, PHONE_INDEX["pau"], np.int64)
    for first, last, _ in sentences:
        begin = first / FRAMES_PER_SECOND
        inside = (phones[:, 1] >= begin - 1e-6) & (phones[:, 1] < last / FRAMES_PER_SECOND)
        timed = [Phone(PHONES[int(number)], start - begin, end - begin) for number, start, end in phones[inside]]
        sound = audio[first * FRAME : last * FRAME]
        articulation[first:last] = scale_effort(articulation_targets(timed, last - first), sound, timed)
        labels[first:last] = phone_labels(timed, last - first)
    return Track(audio, articulation, labels, sentences[:, :2], sentences[:, 2].astype(bool))


def sentence_count(name: str) -> int:
    """Return how many sentences the named voice speaks."""
    return (VOICES | HELD_OUT)[name][2]
