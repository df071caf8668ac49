"""Training of Duet's trunk and mouth: articulation by squared error, closures and phones beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.data.augment import Batch, batch
from inference.data.corpus import Track
from inference.duet.articulation import CHANNEL
from inference.duet.network import LOOK_AHEADS, DuetNetwork, new_memory
from inference.training import loop

FRAMES: Final = 200  # of a row
_WARM_UP: Final = 10  # first frames, heard without context, that the loss leaves out
_PHONE_WEIGHT: Final = 0.15
_PHONES_AHEAD: Final = 2  # the look-ahead, as an index, at which phones are told
_CLOSED, _SHUT_AT, _STEEPNESS = 0.75, 0.7, 12.0
_CLOSURES_ARE_RARE: Final = 2.0
# Squared error alone shrinks short closures: towards the end of the run "shut or not" counts for more.
_CLOSURE_WEIGHTS: Final = (0.05, 0.3)
_SHARPENING_FROM: Final = 0.5
_RAMP: Final = 0.25  # the share of the run over which rooms and noise grow harsh
_CHANNEL_WEIGHT: Final = torch.tensor([2.0, 3.0, 1.5, 1.0, 2.5, 0.7, 1.0, 0.5, 2.0, 0.7, 0.7, 0.5])

SCHEDULE: Final = loop.Schedule(steps=36_000, rows=8, learning_rate=3e-3, early=0.34, mix=0.7)


class Mouth(nn.Module):
    """What this stage trains, and its loss."""

    def __init__(self, network: DuetNetwork) -> None:
        super().__init__()
        self.trunk, self.mouth, self.phones = network.trunk, network.mouth, network.phones
        self._articulate: Callable[[Tensor], Tensor] = network.articulate

    def forward(self, drawn: Batch) -> Tensor:
        """Return squared error of articulation and its velocity at every look-ahead, and cross-entropy of phones."""
        state = self.trunk(drawn.mel, new_memory(len(drawn.mel)))
        output = self._articulate(state)
        frames, weight = state.shape[1], _CHANNEL_WEIGHT.to(state)
        loss = state.new_zeros(())
        for index, ahead in enumerate(LOOK_AHEADS):
            guess = output[:, ahead + _WARM_UP :, index]
            truth = drawn.articulation[:, _WARM_UP : frames - ahead]
            place = ((guess - truth) ** 2 * weight).mean()
            speed = ((guess.diff(dim=1) - truth.diff(dim=1)) ** 2 * weight).mean()
            shut = truth[..., CHANNEL["close"]] > _CLOSED
            decision = F.binary_cross_entropy_with_logits(
                _STEEPNESS * (guess[..., CHANNEL["close"]] - _SHUT_AT), shut.to(state),
                pos_weight=state.new_tensor(_CLOSURES_ARE_RARE),
            )  # fmt: skip
            loss = loss + (place + 2 * speed + drawn.closure_weight * decision) / len(LOOK_AHEADS)
        ahead = LOOK_AHEADS[_PHONES_AHEAD]
        logits = self.phones(state)[:, ahead + _WARM_UP :].flatten(0, 1)
        labels = drawn.labels[:, _WARM_UP : frames - ahead].flatten()
        result: Tensor = loss + _PHONE_WEIGHT * F.cross_entropy(logits, labels, label_smoothing=0.05)
        return result


def train_mouth(network: DuetNetwork, tracks: list[Track], schedule: loop.Schedule, saved: Path) -> None:
    """Train trunk, mouth and phone layers of the network in place; go on from SAVED where that is there."""
    weights = np.array([len(t.labels) for t in tracks]) ** 0.7
    weights /= weights.sum()
    module = Mouth(network)

    def draw(step: int, rng: np.random.Generator) -> Batch:
        gone = step / schedule.steps
        weight = _CLOSURE_WEIGHTS[0 if gone < _SHARPENING_FROM else 1]
        return batch(tracks, weights, loop.share(schedule.rows), FRAMES, min(1.0, gone / _RAMP), rng, weight)

    module.load_state_dict(loop.train(module, draw, schedule, saved))
