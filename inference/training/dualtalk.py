"""Training of DualTalk with the paper's losses and settings, on one or many devices and machines through accelerate."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from avatar.rig.layout import EXPRESSION, JAW, NECK
from inference.data.dataset import Clip, windows
from inference.data.windows import Shuffled, Windows
from inference.dualtalk.checkpoint import Stored, save, settings_of
from inference.dualtalk.network import LARGE, DualTalkNetwork, DualTalkSettings
from inference.dualtalk.tensors import official_names, read_tensors, torch_names

WAV2VEC: Final = "facebook/wav2vec2-large-960h-lv60-self"
_STATE, _BEST, _LAST = "state", "best.safetensors", "last.safetensors"
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class TrainingSettings:
    """The paper's, and how they are spread: `batch` windows make a step, in `accumulate` parts on each process."""

    window: int = 200
    batch: int = 32
    epochs: int = 1000
    learning_rate: float = 1e-4
    lower_every: int = 50  # epochs
    lower_by: float = 0.8
    accumulate: int = 1
    precision: str = "no"
    seed: int = 1
    loaders: int = 2
    save_every: int = 500  # steps


def motion_loss(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the paper's loss of motion [B, T, 56]: MSE of expression, of jaw, of neck, and of all frames' velocity."""
    parts = [F.mse_loss(drawn[..., part], truth[..., part]) for part in (EXPRESSION, JAW, NECK)]
    return torch.stack([*parts, F.mse_loss(drawn.diff(dim=1), truth.diff(dim=1))]).sum()


class _Trained(nn.Module):
    """The network on sound that is normalised already; its convolutions stay as they are."""

    def __init__(self, network: DualTalkNetwork) -> None:
        super().__init__()
        self.network = network
        for encoder in network.encoders:
            encoder.feature_extractor.requires_grad_(False)
            encoder.masked_spec_embed.requires_grad_(False)

    def forward(self, own: Tensor, partner: Tensor, partner_motion: Tensor) -> Tensor:
        voices = self.network.voices(own, partner, partner_motion.shape[1])
        return self.network.respond(*voices, partner_motion)


@dataclass
class _Progress:
    """Where a run is; kept with its state."""

    epoch: int = 0
    batches: int = 0  # of this epoch
    steps: int = 0
    best: float = float("inf")

    def state_dict(self) -> dict[str, Any]:
        return vars(self).copy()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


def starting_network(start: str, seed: int) -> DualTalkNetwork:
    """Return the network to train: DualTalk's weights from a file, or new ones around wav2vec 2.0 of a folder or the hub.

    Raises ValueError or FileNotFoundError as `read_tensors` does, OSError where the hub cannot be reached.
    """
    torch.manual_seed(seed)
    if Path(start).suffix in (".pth", ".pt", ".safetensors"):
        tensors = official_names(read_tensors(Path(start))[0])
        network = DualTalkNetwork(settings_of(tensors))
        network.load_state_dict(torch_names({name: tensor.float() for name, tensor in tensors.items()}))
        return network
    from transformers import Wav2Vec2Model

    spoken = Wav2Vec2Model.from_pretrained(start)
    sizes = {key: getattr(spoken.config, key) for key in (*LARGE, "conv_dim", "num_conv_pos_embeddings",
                                                          "num_conv_pos_embedding_groups")}  # fmt: skip
    network = DualTalkNetwork(DualTalkSettings(sizes))
    for encoder in network.encoders:
        encoder.load_state_dict(spoken.state_dict())
    return network


class Run:
    """A training run in FOLDER, which goes on from the state it finds there."""

    def __init__(self, folder: Path, network: DualTalkNetwork, settings: TrainingSettings) -> None:
        self.folder, self.settings = folder, settings
        alone = not torch.cuda.is_available() and not torch.backends.mps.is_available()
        self.accelerator = Accelerator(
            cpu=alone,  # else several processes without a GPU would each take themselves for the only one
            mixed_precision=settings.precision, gradient_accumulation_steps=settings.accumulate,
            log_with="tensorboard", project_dir=folder,
        )  # fmt: skip
        set_seed(settings.seed)
        self.accelerator.init_trackers("log")
        trained = _Trained(network)
        changing = [parameter for parameter in trained.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(changing, lr=settings.learning_rate)
        self.scheduler = torch.optim.lr_scheduler.StepLR(optimizer, settings.lower_every, settings.lower_by)
        self.model, self.optimizer = self.accelerator.prepare(trained, optimizer)
        self.progress = _Progress()
        self.accelerator.register_for_checkpointing(self.progress, self.scheduler)
        if (folder / _STATE).is_dir():
            self.accelerator.load_state(str(folder / _STATE))

    def loader(self, clips: list[Clip], shuffled: bool) -> tuple[Any, Shuffled | None]:
        """Return batches of windows of clips for this process, and what orders them."""
        settings = self.settings
        data = Windows(list(windows(clips, settings.window)), settings.window)
        order = Shuffled(data, settings.seed) if shuffled else None
        share = max(1, settings.batch // (self.accelerator.num_processes * settings.accumulate))
        loader = DataLoader(
            data, batch_size=share, sampler=order, num_workers=settings.loaders,
            generator=torch.Generator(), persistent_workers=settings.loaders > 0,
        )  # fmt: skip
        return self.accelerator.prepare(loader), order

    def train(self, training: list[Clip], validation: list[Clip]) -> float:
        """Train to the last epoch; return the best validation loss. The best weights so far are always on disk."""
        loader, order = self.loader(training, shuffled=True)
        checked, _ = self.loader(validation, shuffled=False)
        progress = self.progress
        quiet = not self.accelerator.is_main_process
        while progress.epoch < self.settings.epochs:
            if order is not None:
                order.epoch = progress.epoch
            batches = self.accelerator.skip_first_batches(loader, progress.batches) if progress.batches else loader
            label = f"epoch {progress.epoch + 1}/{self.settings.epochs}"
            bar = tqdm(batches, label, total=len(loader), initial=progress.batches, disable=quiet)
            self._epoch(bar)
            self.scheduler.step()
            progress.epoch, progress.batches = progress.epoch + 1, 0
            self._keep_if_best(self._validate(checked))
            self._save_state()
        self._write(_LAST)
        self.accelerator.end_training()
        return progress.best

    def _epoch(self, batches: Iterable[Batch]) -> None:
        self.model.train()
        for own, partner, own_motion, partner_motion in batches:
            with self.accelerator.accumulate(self.model):
                loss = motion_loss(self.model(own, partner, partner_motion).float(), own_motion)
                self.accelerator.backward(loss)
                self.optimizer.step()
                self.optimizer.zero_grad()
            self.progress.batches += 1
            if not self.accelerator.sync_gradients:
                continue
            self.progress.steps += 1
            rate = self.scheduler.get_last_lr()[0]
            self.accelerator.log({"loss": loss.item(), "learning rate": rate}, step=self.progress.steps)
            if self.progress.steps % self.settings.save_every == 0:
                self._save_state()

    @torch.inference_mode()
    def _validate(self, batches: Iterable[Batch]) -> float:
        self.model.eval()
        losses = []
        for own, partner, own_motion, partner_motion in batches:
            drawn = self.model(own, partner, partner_motion).float()
            each = torch.stack([motion_loss(a[None], b[None]) for a, b in zip(drawn, own_motion, strict=True)])
            losses.append(self.accelerator.gather_for_metrics(each).cpu())
        return float(torch.cat(losses).mean())

    def _keep_if_best(self, loss: float) -> None:
        self.accelerator.log({"validation loss": loss}, step=self.progress.steps)
        if loss < self.progress.best:
            self.progress.best = loss
            self._write(_BEST)

    def _save_state(self) -> None:
        """Write the state beside the old one, then in its place: a run killed meanwhile finds the old one."""
        partial, state = self.folder / f"{_STATE}.part", self.folder / _STATE
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            shutil.rmtree(partial, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self.accelerator.save_state(str(partial))
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            shutil.rmtree(state, ignore_errors=True)
            partial.rename(state)
        self.accelerator.wait_for_everyone()

    def _write(self, name: str) -> None:
        if not self.accelerator.is_main_process:
            return
        network = self.accelerator.unwrap_model(self.model).network
        tensors = {
            name: tensor.detach().float().cpu().contiguous()
            for name, tensor in official_names(network.state_dict()).items()
        }
        digest = hashlib.sha256()
        for key in sorted(tensors):
            digest.update(tensors[key].numpy().tobytes())
        count = sum(tensor.numel() for tensor in tensors.values())
        about = Stored(digest.hexdigest(), f"trained, step {self.progress.steps}", count, "float32")
        save(tensors, self.folder / name, network.settings, about)
