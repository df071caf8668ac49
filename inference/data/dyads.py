"""Simulated conversations: two voices in turns with gaps, overlaps, interruptions, backchannels, laughter and breath.

Turns follow what corpora of talk show: gaps of about 0.2 s in the median, a good part of them overlaps (Heldner & Edlund
2010), and backchannels in the long turns of the other.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from inference.data.corpus import Track, rest
from inference.data.phones import PHONE_INDEX
from inference.data.sounds import breath, laughter, levelled, non_speech
from inference.duet.prosody import HISTORY, Register, prosody
from inference.duet.timing import FRAME, FRAMES_PER_SECOND

_PAUSE: Final = PHONE_INDEX["pau"]
_FADE: Final = 320  # samples over which speech that is broken off falls silent
_GAP, _GAP_SPREAD = 0.2, 0.45  # s
_INTERRUPTED, _GOES_ON, _LULL = 0.15, 0.12, 0.08  # shares of turns
_BACKCHANNELS_A_SECOND: Final = 0.2
_LAUGHS, _BREATHES, _NOISY_ROOM = 0.12, 0.35, 0.25  # shares of conversations, turns, microphones


@dataclass
class Talk:
    """A conversation of T frames: audio [2, T * 320], articulation [2, T, 12]; speaking, laughing [2, T] in 0 or 1.

    voice: prosody [2, T, PROSODY_SIZE] of the clean sound, before rooms and noise.
    """

    audio: NDArray[np.float32]
    articulation: NDArray[np.float32]
    speaking: NDArray[np.float64]
    laughing: NDArray[np.float64]
    voice: NDArray[np.float32]


class _Stage:
    """Where sentences are put: frames before the first and after the last are cut off."""

    def __init__(self, tracks: tuple[Track, Track], frames: int) -> None:
        self.tracks, self.frames = tracks, frames
        self.audio = np.zeros((2, frames * FRAME), np.float32)
        self.mouth = np.stack([rest(frames)] * 2)
        self.speaking, self.laughing = np.zeros((2, frames)), np.zeros((2, frames))

    def put(self, row: int, at: int, audio: NDArray[np.float32], mouth: NDArray[np.float32]) -> slice:
        """Add sound at a frame, and what the mouth does in it; return the frames it takes here."""
        first, last = max(0, at), max(0, min(self.frames, at + len(mouth)))
        span, source = slice(first, last), slice(first - at, last - at)
        if last > first:
            samples = slice(first * FRAME, last * FRAME)
            self.audio[row, samples] += audio[source.start * FRAME : source.stop * FRAME]
            self.mouth[row, span] = mouth[source]
        return span

    def say(self, row: int, sentence: int, at: int, most: int = 10_000) -> int:
        """Put a sentence at a frame, broken off after `most` frames; return the frame at which it ends."""
        track = self.tracks[row]
        first, last = (int(frame) for frame in track.sentences[sentence])
        last = min(last, first + most)
        sound = track.audio[first * FRAME : last * FRAME].copy()
        sound[-_FADE:] *= np.linspace(1, 0, _FADE, dtype=np.float32)[-len(sound) :]
        span = self.put(row, at, sound, track.articulation[first:last])
        heard = track.labels[first:last] != _PAUSE
        self.speaking[row, span] = heard[span.start - at : span.stop - at] if span.stop > span.start else 0
        return at + last - first


def _turn(stage: _Stage, row: int, at: int, rng: np.random.Generator, cut: float) -> int:
    """Let a speaker say one to four sentences; return the frame of the end. cut: seconds after which it is broken off."""
    track, end = stage.tracks[row], at
    sentence = int(rng.integers(0, len(track.sentences)))
    limit = at + int(cut * FRAMES_PER_SECOND)
    for _ in range(int(rng.integers(1, 5))):
        if end >= min(stage.frames, limit - 10):
            break
        end = stage.say(row, sentence % len(track.sentences), end, max(10, limit - end))
        end += int(rng.uniform(0.05, 0.5) * FRAMES_PER_SECOND)
        sentence += 1
    return end


def _converse(stage: _Stage, rng: np.random.Generator) -> None:
    at, speaker = int(rng.integers(-150, 25)), int(rng.integers(0, 2))
    while at < stage.frames:
        if rng.random() < _BREATHES:
            length = int(rng.integers(12, 30))
            sound = levelled(breath(max(length, 15) * 2 * FRAME, rng)).numpy() * np.float32(rng.uniform(0.02, 0.25))
            stage.put(speaker, at - length, sound[: length * FRAME], rest(length))
        interrupted = rng.random() < _INTERRUPTED
        end = _turn(stage, speaker, at, rng, float(rng.uniform(0.8, 3)) if interrupted else 30.0)
        listener = 1 - speaker
        short = np.flatnonzero(stage.tracks[listener].short)
        if len(short):
            for _ in range(rng.poisson(_BACKCHANNELS_A_SECOND * (end - at) / FRAMES_PER_SECOND)):
                stage.say(listener, int(rng.choice(short)), int(rng.uniform(at + 0.3 * (end - at), end)))
        gap = rng.normal(_GAP, _GAP_SPREAD) if rng.random() > _LULL else rng.uniform(0.8, 4.0)
        at = max(at + 25, end + int((-rng.uniform(0.3, 0.9) if interrupted else gap) * FRAMES_PER_SECOND))
        speaker = speaker if rng.random() < _GOES_ON and not interrupted else listener


def _laugh(stage: _Stage, rng: np.random.Generator) -> None:
    """Let somebody laugh, and the other often with them."""
    first, at = int(rng.integers(0, 2)), int(rng.integers(0, stage.frames - 60))
    for row, later in ((first, 0), (1 - first, int(rng.integers(10, 40)))):
        if row != first and rng.random() < 0.4:
            break
        length = int(rng.integers(40, 110))
        sound, mouth = laughter(length, rng)
        span = stage.put(row, at + later, sound.numpy(), mouth)
        stage.laughing[row, span] = 1


def simulate(tracks: list[Track], frames: int, rng: np.random.Generator) -> Talk:
    """Return a conversation of two random voices, as two microphones hear it."""
    pair = tuple(tracks[int(number)] for number in rng.integers(0, len(tracks), 2))
    stage = _Stage((pair[0], pair[1]), frames)
    _converse(stage, rng)
    if rng.random() < _LAUGHS:
        _laugh(stage, rng)
    clean = torch.from_numpy(np.pad(stage.audio, ((0, 0), (HISTORY, 0))))
    voice, _ = prosody(clean, (Register(),) * 2)
    return Talk(_recorded(stage.audio, rng), stage.mouth, stage.speaking, stage.laughing, voice.numpy())


def _recorded(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return audio [2, N] as two microphones in a room give it: gain, hiss, noises, and the other's voice faintly."""
    heard = audio + audio[::-1] * 10 ** (-rng.uniform(15, 60, (2, 1)) / 20)
    for row in (0, 1):
        if rng.random() < _NOISY_ROOM:
            sound = non_speech(audio.shape[1] // FRAME, rng).numpy()
            heard[row] += sound * 10 ** (-rng.uniform(6, 30) / 20)
    heard = heard * 10 ** (rng.uniform(-14, 10, (2, 1)) / 20)
    hiss = rng.standard_normal(audio.shape) * 10 ** rng.uniform(-5, -3, (2, 1))
    return (heard + hiss).astype(np.float32)
