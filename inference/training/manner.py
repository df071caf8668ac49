"""Training of Duet's manner on simulated conversations; trunk and mouth stay as they are."""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inference.data.corpus import Track
from inference.data.dyads import simulate
from inference.duet.face import compose
from inference.duet.network import LOOK_AHEADS, MOOD_SIZE, REACTION, DuetNetwork, new_memory, partners
from inference.duet.noise import slow_noise
from inference.motion.model import EMOTIONS, NEUTRAL
from inference.training import loop
from inference.training.behaviour import manner_targets

SCHEDULE: Final = loop.Schedule(steps=3_000, rows=8, learning_rate=3e-3)
FRAMES: Final = 600  # of a conversation
_WARM_UP: Final = 40
_CUE_WEIGHT: Final = 0.2
_UNMOVED: Final = 0.45  # the share of speakers of whom nothing is asked
_SEEN_NOISE: Final = 0.02  # on the partner's motion, which later is the model's own and not the rules'


class Batch(NamedTuple):
    """audio [B, T * 320]; noise, mood, the partner's motion as it is seen, manner targets and cues [B, T, ...]."""

    audio: Tensor
    noise: Tensor
    mood: Tensor
    seen: Tensor
    manner: Tensor
    cue: Tensor


class MannerLoss(nn.Module):
    """What this stage trains, and its loss."""

    def __init__(self, network: DuetNetwork) -> None:
        super().__init__()
        self.manner = network.manner
        self._hear = network.hear
        network.trunk.requires_grad_(False)
        # A degree of the head counts as much as a tenth of a face unit.
        units = network.manner.exit.out_features - 3
        self.register_buffer("_scale", torch.tensor([57.0] * 3 + [10.0] * units), False)

    def forward(self, drawn: Batch) -> Tensor:
        """Return the squared error of the targets and of their velocity, and the cross-entropy of the cues."""
        memory = new_memory(len(drawn.audio), drawn.audio.device)
        with torch.no_grad():
            heard = torch.cat(self._hear(drawn.audio, memory), 2)
        guess, cue = self.manner(heard, drawn.seen, drawn.mood, drawn.noise, memory)
        error = ((guess - drawn.manner) * self._scale)[:, _WARM_UP:]
        told = F.binary_cross_entropy_with_logits(cue[:, _WARM_UP:], drawn.cue[:, _WARM_UP:])
        result: Tensor = (error**2).mean() + 4 * (error.diff(dim=1) ** 2).mean() + _CUE_WEIGHT * told
        return result


def moods(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return what is asked of two speakers [2, MOOD_SIZE]: often nothing, else an attitude, an emotion or both."""
    result = np.zeros((2, MOOD_SIZE), np.float32)
    for row in result:
        if rng.random() > _UNMOVED:
            row[0] = rng.uniform(-1, 1) * (rng.random() < 0.6)
            if rng.random() < 0.6:
                row[1 + int(rng.integers(0, len(EMOTIONS)))] = rng.uniform(0.3, 1)
    return result


def conversation(tracks: list[Track], frames: int, rng: np.random.Generator) -> Batch:
    """Return one simulated conversation as two rows, partners beside each other."""
    talk, asked = simulate(tracks, frames, rng), moods(rng)
    seed, first = int(rng.integers(0, 2**31)), int(rng.integers(0, 100_000))
    noise = np.stack([slow_noise(seed + row, first, frames) for row in (0, 1)])
    manner, cue = manner_targets(talk, noise, asked)
    late = LOOK_AHEADS[int(rng.choice([1, 3]))]
    mouth = np.concatenate([np.repeat(talk.articulation[:, :1], late, 1), talk.articulation[:, :-late]], 1)
    parts = [torch.from_numpy(part) for part in (mouth, manner, noise)]
    motion = compose(parts[0], parts[1].clone(), parts[2], (seed, seed + 1), (NEUTRAL, NEUTRAL))
    seen = partners(torch.cat([torch.zeros_like(motion[:, :REACTION]), motion[:, :-REACTION]], 1))
    seen = seen + _SEEN_NOISE * torch.randn_like(seen)
    mood = torch.from_numpy(asked)[:, None].expand(-1, frames, -1)
    return Batch(torch.from_numpy(talk.audio), parts[2], mood, seen, parts[1], torch.from_numpy(cue))


def train_manner(
    network: DuetNetwork, tracks: list[Track], schedule: loop.Schedule, saved: Path, frames: int = FRAMES
) -> None:
    """Train the manner layers of the network in place; go on from SAVED where that is there."""
    module = MannerLoss(network)

    def draw(step: int, rng: np.random.Generator) -> Batch:  # noqa: ARG001 - every step is alike
        drawn = [conversation(tracks, frames, rng) for _ in range(max(1, loop.share(schedule.rows) // 2))]
        return Batch(*(torch.cat([getattr(one, name) for one in drawn]) for name in Batch._fields))

    module.load_state_dict(loop.train(module, draw, schedule, saved), strict=False)
