"""Training of Duet's manner on simulated conversations; trunk and mouth stay as they are."""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from inference.duet.network import DuetNetwork, new_memory, partners
from inference.training.corpus import Track
from inference.training.dyads import simulate

_PAIRS, _FRAMES, _WARM_UP = 6, 500, 40
_LEARNING_RATE: Final = 2e-3
# One degree of the head counts as much as a tenth of a face unit.
_SCALE: Final = torch.tensor([57.0] * 3 + [10.0] * 6)


def train_manner(network: DuetNetwork, tracks: list[Track], steps: int, folder: Path, seed: int = 0) -> None:
    """Train the manner layers in place: squared error of the targets and of their velocity."""
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(network.manner.parameters(), _LEARNING_RATE, weight_decay=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=steps, pct_start=0.1)
    writer = SummaryWriter(str(folder / "log"))
    for step in range(steps):
        rng = np.random.default_rng((seed, 7, step))
        drawn = [simulate(tracks, _FRAMES, rng) for _ in range(_PAIRS)]
        audio, target, noise = (
            torch.from_numpy(np.concatenate([getattr(dyad, name) for dyad in drawn]))
            for name in ("audio", "manner", "noise")
        )
        memory = new_memory(2 * _PAIRS)
        with torch.no_grad():
            state = network.hear(audio, memory)
        guess = network.manner(state, partners(state), noise, memory)
        error = ((guess - target) * _SCALE)[:, _WARM_UP:]
        loss = (error**2).mean() + 4 * (error.diff(dim=1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.manner.parameters(), 1.0)
        optimizer.step()
        plan.step()
        writer.add_scalar("manner/loss", loss.item(), step)
        if (step + 1) % 100 == 0:
            print(f"manner {step + 1}/{steps}: loss {loss.item():.4f}", flush=True)
    writer.close()
