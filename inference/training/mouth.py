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
_CLOSURE_WEIGHT = 0.05
_CHANNEL_WEIGHT = torch.tensor([2.0, 3.0, 1.5, 1.0, 2.5, 0.7, 1.0, 0.5, 2.0])


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train."""

    steps: int = 12_000
    rows: int = 8
    frames: int = 200
    learning_rate: float = 3e-3
    seed: int = 0
    save_every: int = 250


def mouth_loss(network: DuetNetwork, drawn: Batch) -> Tensor:
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
        # Squared error alone shrinks short closures: score "closed or not" as well.
        close = CHANNEL["close"]
        closed = (truth[..., close] > 0.75).float()
        decision = F.binary_cross_entropy_with_logits(12 * (guess[..., close] - 0.7), closed)
        loss = loss + (place + 2 * speed + _CLOSURE_WEIGHT * decision) / len(LOOK_AHEADS)
    ahead = LOOK_AHEADS[-2]
    logits = network.phones(state)[:, ahead + _WARM_UP :].flatten(0, 1)
    labels = drawn.labels[:, _WARM_UP : frames - ahead].flatten()
    result: Tensor = loss + _PHONE_WEIGHT * F.cross_entropy(logits, labels, label_smoothing=0.05)
    return result


def train_mouth(tracks: list[Track], schedule: Schedule, folder: Path) -> DuetNetwork:
    """Train trunk, mouth and phone layers on the tracks; go on from FOLDER/mouth.pt where that is there."""
    torch.manual_seed(schedule.seed)
    network = DuetNetwork()
    parameters = [p for name, p in network.named_parameters() if not name.startswith("manner")]
    optimizer = torch.optim.AdamW(parameters, schedule.learning_rate, weight_decay=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=schedule.steps, pct_start=0.1
    )
    saved, first = folder / "mouth.pt", 0
    if saved.exists():
        stored = torch.load(saved, weights_only=True)
        network.load_state_dict(stored["network"])
        optimizer.load_state_dict(stored["optimizer"])
        plan.load_state_dict(stored["plan"])
        first = stored["step"]
    weights = np.array([len(t.labels) for t in tracks]) ** 0.7
    weights /= weights.sum()
    writer = SummaryWriter(str(folder / "log"))
    for step in range(first, schedule.steps):
        # Seeded by the step, so that a resumed run draws what an unbroken one would.
        torch.manual_seed(schedule.seed * 1_000_003 + step)
        rng = np.random.default_rng((schedule.seed, step))
        ramp = min(1.0, step / (0.4 * schedule.steps))
        loss = mouth_loss(network, batch(tracks, weights, schedule.rows, schedule.frames, ramp, rng))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        plan.step()
        writer.add_scalar("mouth/loss", loss.item(), step)
        if (step + 1) % schedule.save_every == 0 or step + 1 == schedule.steps:
            _save(saved, step + 1, network, optimizer, plan, schedule)
            print(f"mouth {step + 1}/{schedule.steps}: loss {loss.item():.4f}", flush=True)
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
