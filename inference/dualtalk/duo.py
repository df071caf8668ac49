"""Two heads in conversation as one batch with the roles swapped: each is the other's partner."""

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from inference.dualtalk.network import AudioEncoder, DualTalkNetwork, resampled
from inference.dualtalk.timing import FEATURE_REACH, FEATURE_SAMPLES, FRAME, frames_of

_CHUNK_FRAMES: Final = 100  # of convolutions at once: they hold 26 MB a second of sound in their first layer
_ROUNDS: Final = 8
_SETTLED: Final = 1e-3  # rad, or units of expression


def frame_features(encoder: AudioEncoder, audio: Tensor) -> Tensor:
    """Return convolutional features [B, T, C] of normalised audio [B, T * 640], one a frame.

    wav2vec 2.0's features of whole frames, brought to the frames, are every second one, and that hears the first 400 of
    the frame's 640 samples: a frame's feature is a function of its own sound alone, and the past's need no computing again.
    """
    rows, samples = audio.shape
    frames = audio.reshape(rows, samples // FRAME, FRAME)[..., :FEATURE_REACH]
    found = encoder.features(frames.reshape(-1, FEATURE_REACH))
    return found.reshape(rows, samples // FRAME, -1)


def clip_features(encoder: AudioEncoder, audio: Tensor) -> Tensor:
    """Return convolutional features [B, T, C] of normalised audio [B, N] of any length; T is N / 640, rounded up."""
    samples = audio.shape[-1]
    frames = frames_of(samples)
    missing = frames * FRAME - samples
    if missing <= FRAME - FEATURE_REACH:  # the last frame's feature does not hear what is missing
        whole = torch.nn.functional.pad(audio, (0, missing))
        parts = whole.split(_CHUNK_FRAMES * FRAME, -1)
        return torch.cat([frame_features(encoder, part) for part in parts], 1)
    return resampled(torch.cat(list(_dense(encoder, audio)), 1), frames)


def _dense(encoder: AudioEncoder, audio: Tensor) -> Iterator[Tensor]:
    count = max(1, (audio.shape[-1] - FEATURE_REACH) // FEATURE_SAMPLES + 1)
    for first in range(0, count, 2 * _CHUNK_FRAMES):
        last = min(first + 2 * _CHUNK_FRAMES, count)
        yield encoder.features(audio[:, first * FEATURE_SAMPLES : (last - 1) * FEATURE_SAMPLES + FEATURE_REACH])


def swapped(rows: Tensor) -> Tensor:
    """Return rows [2 B, ...], first speakers then second ones, with the roles swapped."""
    return rows.roll(len(rows) // 2, 0)


def duo_voices(network: DualTalkNetwork, audio: Tensor) -> tuple[Tensor, Tensor]:
    """Return each head's own voice and its partner's, both [2 B, T, D], of normalised audio [2 B, N] of B conversations.

    The first speakers come first, then the second ones. Four encoder passes as two batched ones.
    """
    own, partner = network.encoders
    return network.contextualised(clip_features(own, audio), clip_features(partner, swapped(audio)))


def duo_motion(network: DualTalkNetwork, own: Tensor, partner: Tensor, motion: Tensor) -> Tensor:
    """Return both heads' motion [2 B, T, 56], each the answer to the other's, of voices [2 B, T, D].

    motion: [2 B, T, 56], a first guess. The answers are fed back until they settle: the voices, which cost nearly all, are
    encoded once.
    """
    for _ in range(_ROUNDS):
        before, motion = motion, network.respond(own, partner, swapped(motion))
        if (motion - before).abs().max() < _SETTLED:
            break
    return motion
