"""One training loop for Duet's stages: steps that seed their own draws, kept, resumed, and shared by several processes.

Started by torchrun, every process draws its share of each step, and accelerate averages their gradients.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

Weights = dict[str, Tensor]
Draw = Callable[[int, np.random.Generator], Any]


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train. rows: what a step hears at once, over all processes.

    average: how much of the running average of the weights, which is what is kept as the result, a step leaves. early, mix:
    after which share of the run the average is kept beside, and how much of the result is the last one. What a network knew
    before it settled on the voices it trains on does it good with others (weight averaging, Wortsman et al. 2022).
    """

    steps: int
    rows: int
    learning_rate: float
    seed: int = 1
    save_every: int = 250
    average: float = 0.999
    early: float = 1.0
    mix: float = 1.0
    loaders: int = 0  # processes that draw, for a GPU


class _Draws(Dataset[Any]):
    """What each step of this process hears: the step and the process seed it, so that a resumed run hears the same."""

    def __init__(self, draw: Draw, schedule: Schedule, first: int, rank: int) -> None:
        self._draw, self._schedule, self._first, self._rank = draw, schedule, first, rank

    def __len__(self) -> int:
        return self._schedule.steps - self._first

    def __getitem__(self, index: int) -> Any:
        step = self._first + index
        torch.manual_seed(self._schedule.seed * 1_000_003 + step * 64 + self._rank)
        return self._draw(step, np.random.default_rng((self._schedule.seed, step, self._rank)))


def train(module: nn.Module, draw: Draw, schedule: Schedule, saved: Path) -> Weights:
    """Train what of `module` wants gradients; return its averaged weights, which SAVED holds too. Goes on from SAVED.

    module(draw(step, rng)) is the loss; draw is told nothing of processes: `share` says how many rows are its.
    """
    accelerator = Accelerator(cpu=not torch.cuda.is_available() and not torch.backends.mps.is_available())
    parameters = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, schedule.learning_rate, weight_decay=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=max(20, schedule.steps), pct_start=0.1
    )
    average = {name: p.detach().clone() for name, p in module.named_parameters() if p.requires_grad}
    early: Weights = {}
    first = _resume(saved, module, average, early, optimizer, plan)
    network, optimizer = accelerator.prepare(module, optimizer)
    main = accelerator.is_main_process
    writer = SummaryWriter(str(saved.parent / "log"), purge_step=first) if main else None
    bar = tqdm(_batches(draw, schedule, first), saved.stem, schedule.steps, initial=first, disable=not main)
    for step, batch in enumerate(bar, start=first):
        loss = network(send_to_device(batch, accelerator.device))
        optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        plan.step()
        _fold_in(average, module, schedule.average if step > 1 / (1 - schedule.average) else 0.9)
        if writer is not None:
            writer.add_scalar(f"{saved.stem}/loss", loss.item(), step)
            if (step + 1) % schedule.save_every == 0 or step + 1 == schedule.steps:
                bar.set_postfix(loss=f"{loss.item():.4f}")
                if not early and step + 1 >= schedule.early * schedule.steps:
                    early = {name: value.clone() for name, value in average.items()}
                _save(saved, step + 1, module, (average, early), optimizer, plan, schedule)
    accelerator.wait_for_everyone()
    if writer is not None:
        writer.close()
    return result(saved)


def share(rows: int) -> int:
    """Return how many of a step's rows are this process's."""
    world = torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
    return max(1, rows // world)


def _batches(draw: Draw, schedule: Schedule, first: int) -> Iterator[Any]:
    rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
    draws = _Draws(draw, schedule, first, rank)
    return iter(DataLoader(draws, batch_size=None, num_workers=schedule.loaders, generator=torch.Generator()))


def _fold_in(average: Weights, module: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name in average:
                average[name].lerp_(parameter.detach().to(average[name].device), 1 - keep)


def _resume(saved: Path, module: nn.Module, average: Weights, early: Weights, optimizer: Any, plan: Any) -> int:
    if not saved.exists():
        return 0
    stored = torch.load(saved, weights_only=True)
    module.load_state_dict(stored["weights"])
    average.update(stored["average"])
    early.update(stored["early"])
    optimizer.load_state_dict(stored["optimizer"])
    plan.load_state_dict(stored["plan"])
    return int(stored["step"])


def _save(
    path: Path, step: int, module: nn.Module, averages: tuple[Weights, Weights], optimizer: Any, plan: Any,
    schedule: Schedule,
) -> None:  # fmt: skip
    state = {
        "step": step, "weights": module.state_dict(), "average": averages[0], "early": averages[1],
        "optimizer": optimizer.state_dict(),
        "plan": plan.state_dict(), "schedule": asdict(schedule),
    }  # fmt: skip
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)


def result(saved: Path) -> Weights:
    """Return the weights of a run that has ended, or of one that goes on as far as it has come; raise ValueError where none."""
    if not saved.exists():
        raise ValueError(f"{saved} is not there: run the stages before this one first, ./run train duet")
    stored = torch.load(saved, weights_only=True, map_location="cpu")
    mix = stored["schedule"]["mix"] if stored["early"] else 1.0
    mixed = {name: torch.lerp(stored["early"].get(name, last), last, mix) for name, last in stored["average"].items()}
    return {**stored["weights"], **mixed}
