"""Training of Duet's trunk and mouth: articulation by squared error, phones beside it, resumable."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from inference.duet.articulation import CHANNEL, CHANNELS
from inference.duet.network import LOOK_AHEADS, DuetNetwork, new_memory
from inference.training.augment import Batch, batch
from inference.training.corpus import Track

_WARM_UP = 10  # first frames, heard without context, that the loss leaves out
_PHONE_WEIGHT = 0.15
_CLOSED, _SHUT_AT, _STEEPNESS = 0.75, 0.7, 12.0
_CLOSURES_ARE_RARE = 2.0
_CHANNEL_WEIGHT = torch.tensor([2.0, 3.0, 1.5, 1.0, 2.5, 0.7, 1.0, 0.5, 2.0])


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train; closure_weight is that of "are the lips shut or not" beside the squared error."""

    steps: int = 12_000
    rows: int = 8
    frames: int = 200
    learning_rate: float = 3e-3
    ramp_share: float = 0.4
    closure_weight: float = 0.05
    seed: int = 0
    save_every: int = 250


# After the long training a shorter one, in which short closures count for more: squared error alone shrinks them.
SHARPENING = Schedule(steps=6_000, learning_rate=1e-3, ramp_share=0.0, closure_weight=0.3, seed=1)


def mouth_loss(network: DuetNetwork, drawn: Batch, closure_weight: float = 0.05) -> Tensor:
    """Return the loss: squared error of articulation and its velocity at every look-ahead, and cross-entropy of phones."""
    state = network.trunk(drawn.mel, new_memory(len(drawn.mel)))
    output = network.articulate(state)
    frames = state.shape[1]
    loss = state.new_zeros(())
    for index, ahead in enumerate(LOOK_AHEADS):
        guess = output[:, ahead + _WARM_UP :, index]
        truth = drawn.articulation[:, _WARM_UP : frames - ahead]
        place = ((guess - truth) ** 2 * _CHANNEL_WEIGHT).mean()
        speed = ((guess.diff(dim=1) - truth.diff(dim=1)) ** 2 * _CHANNEL_WEIGHT).mean()
        close = CHANNEL["close"]
        closed = (truth[..., close] > _CLOSED).float()
        rare = torch.tensor(_CLOSURES_ARE_RARE)
        decision = F.binary_cross_entropy_with_logits(
            _STEEPNESS * (guess[..., close] - _SHUT_AT), closed, pos_weight=rare
        )
        loss = loss + (place + 2 * speed + closure_weight * decision) / len(LOOK_AHEADS)
    ahead = LOOK_AHEADS[-2]
    logits = network.phones(state)[:, ahead + _WARM_UP :].flatten(0, 1)
    labels = drawn.labels[:, _WARM_UP : frames - ahead].flatten()
    result: Tensor = loss + _PHONE_WEIGHT * F.cross_entropy(logits, labels, label_smoothing=0.05)
    return result


def train_mouth(
    tracks: list[Track], schedule: Schedule, saved: Path, begin: dict[str, Tensor] | None = None
) -> DuetNetwork:
    """Train trunk, mouth and phone layers on the tracks; go on from `saved` where that is there, else from `begin`."""
    torch.manual_seed(schedule.seed)
    network = DuetNetwork()
    if begin is not None:
        network.load_state_dict(begin)
    parameters = [p for name, p in network.named_parameters() if not name.startswith("manner")]
    optimizer = torch.optim.AdamW(parameters, schedule.learning_rate, weight_decay=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=schedule.steps, pct_start=0.1
    )
    first = 0
    if saved.exists():
        stored = torch.load(saved, weights_only=True)
        network.load_state_dict(stored["network"])
        optimizer.load_state_dict(stored["optimizer"])
        plan.load_state_dict(stored["plan"])
        first = stored["step"]
    weights = np.array([len(t.labels) for t in tracks]) ** 0.7
    weights /= weights.sum()
    writer = SummaryWriter(str(saved.parent / "log"))
    for step in range(first, schedule.steps):
        # Seeded by the step, so that a resumed run draws what an unbroken one would.
        torch.manual_seed(schedule.seed * 1_000_003 + step)
        rng = np.random.default_rng((schedule.seed, step))
        ramp = min(1.0, step / (schedule.ramp_share * schedule.steps)) if schedule.ramp_share else 1.0
        drawn = batch(tracks, weights, schedule.rows, schedule.frames, ramp, rng)
        loss = mouth_loss(network, drawn, schedule.closure_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        plan.step()
        writer.add_scalar(f"{saved.stem}/loss", loss.item(), step)
        if (step + 1) % schedule.save_every == 0 or step + 1 == schedule.steps:
            _save(saved, step + 1, network, optimizer, plan, schedule)
            print(f"{saved.stem} {step + 1}/{schedule.steps}: loss {loss.item():.4f}", flush=True)
    writer.close()
    return network


def _save(path: Path, step: int, network: DuetNetwork, optimizer: object, plan: object, schedule: Schedule) -> None:
    state = {
        "step": step,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),  # type: ignore[attr-defined]
        "plan": plan.state_dict(),  # type: ignore[attr-defined]
        "schedule": asdict(schedule),
        "channels": list(CHANNELS),
    }
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)
