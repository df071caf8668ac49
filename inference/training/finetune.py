"""Fine-tuning of Duet on conversations of people in the DualTalk data set's layout: sound, tracked motion.

Jaw and neck mean the same to every head and are always learned from; expression where the motion's basis can be carried
into the named one.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from avatar.export.motion_file import at_rate, of_length, read_motion
from avatar.flame.retarget import Retargeting
from avatar.rig.basis import NAMED, carried, same_basis
from avatar.rig.layout import DATA_SET_RATE, EXPRESSION, JAW, NECK
from inference.data import dataset
from inference.duet.face import compose
from inference.duet.model import DuetModel
from inference.duet.network import LOOK_AHEADS, MOOD_SIZE, REACTION, DuetNetwork, new_memory, partners
from inference.duet.noise import slow_noise
from inference.duet.timing import FRAME, FRAMES_PER_SECOND
from inference.motion.model import NEUTRAL
from inference.training import loop

SCHEDULE: Final = loop.Schedule(steps=4_000, rows=8, learning_rate=2e-4)
FRAMES: Final = 400  # of a window, at Duet's 50 a second
_LEAD: Final = round(
    DuetModel.lead_seconds * FRAMES_PER_SECOND
)  # real faces are ahead of their sound; Duet's frames are placed so
_WARM_UP: Final = 60
_RESTING: Final = 10  # percentile of the tracked jaw that is taken for a shut mouth
_WEIGHTS: Final = {"jaw": 30.0, "neck": 10.0, "expression": 3.0}


class Batch(NamedTuple):
    """audio [B, T * 320]; noise, and both speakers' tracked motion [B, T, 56]; known: whether its expression counts [B]."""

    audio: Tensor
    noise: Tensor
    motion: Tensor
    known: Tensor


class _Side:
    """One clip: both voices, and both faces' motion at 50 frames/s, read when it is first wanted."""

    def __init__(self, clip: dataset.Clip, bridge: Retargeting | None) -> None:
        self.clip, self._bridge = clip, bridge

    def window(self, frames: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32], bool]:
        talk = dataset.load(self.clip)
        audio = np.stack([talk.own_audio, talk.partner_audio])
        bases = [read_motion(self.clip.path(speaker, "npz")).basis for speaker in (self.clip.own, 3 - self.clip.own)]
        length = audio.shape[1] // FRAME
        faces = zip((talk.own_motion, talk.partner_motion), bases, strict=True)
        motion = np.stack([self._upright(face, basis, length) for face, basis in faces])
        first = int(rng.integers(0, max(1, length - frames)))
        sound = audio[:, first * FRAME : (first + frames) * FRAME]
        sound = np.pad(sound, ((0, 0), (0, frames * FRAME - sound.shape[1])))
        shown = np.stack([of_length(row[first:], frames) for row in motion])
        return sound, shown, self._bridge is not None or all(same_basis(basis, NAMED) for basis in bases)

    def _upright(self, motion: NDArray[np.float32], basis: str, frames: int) -> NDArray[np.float32]:
        """Return motion with named expressions at 50 frames/s, its head straight on average and its jaw shut at rest."""
        result = of_length(
            at_rate(carried(motion, basis, NAMED, self._bridge), DATA_SET_RATE, FRAMES_PER_SECOND), frames
        ).copy()
        result[:, NECK] -= result[:, NECK].mean(0)
        result[:, JAW.start] -= np.percentile(result[:, JAW.start], _RESTING)
        return result


class FinetuneLoss(nn.Module):
    """The whole network, and the squared error of its motion and of its velocity against what was tracked."""

    def __init__(self, network: DuetNetwork) -> None:
        super().__init__()
        self.network = network
        for part in (network.phones, network.manner.cue):
            part.requires_grad_(False)  # tracked motion tells nothing of them

    def forward(self, drawn: Batch) -> Tensor:
        """Return the loss at the largest look-ahead."""
        rows, most = len(drawn.audio), len(LOOK_AHEADS) - 1
        late = LOOK_AHEADS[most] + _LEAD
        memory = new_memory(rows, drawn.audio.device)
        voices, prosody = self.network.hear(drawn.audio, memory)
        shown = torch.cat([drawn.motion[:, :1].expand(-1, late, -1), drawn.motion[:, :-late]], 1)
        seen = partners(torch.cat([shown[:, :1].expand(-1, REACTION, -1), shown[:, :-REACTION]], 1))
        mood = voices.new_zeros(*voices.shape[:2], MOOD_SIZE)
        manner, _ = self.network.manner(torch.cat([voices, prosody], 2), seen, mood, drawn.noise, memory)
        articulation = self.network.articulate(voices)[:, :, most]
        motion = compose(articulation, manner, drawn.noise, (0,) * rows, (NEUTRAL,) * rows)
        error = (motion - shown)[:, _WARM_UP:]
        loss = error.new_zeros(())
        for name, part in (("jaw", JAW), ("neck", NECK), ("expression", EXPRESSION)):
            wrong = error[..., part] * (drawn.known[:, None, None] if name == "expression" else 1)
            loss = loss + _WEIGHTS[name] * ((wrong**2).mean() + 4 * (wrong.diff(dim=1) ** 2).mean())
        return loss


def finetune(
    network: DuetNetwork, clips: list[dataset.Clip], schedule: loop.Schedule, saved: Path, frames: int = FRAMES,
    bridge: Retargeting | None = None,
) -> None:  # fmt: skip
    """Train the whole network in place on windows of clips; go on from SAVED where that is there.

    bridge: what carries FLAME's expressions into the named ones.
    """
    module = FinetuneLoss(network)
    sides = [_Side(clip, bridge) for clip in clips]

    def draw(step: int, rng: np.random.Generator) -> Batch:  # noqa: ARG001 - every step is alike
        pairs = [sides[int(rng.integers(0, len(sides)))] for _ in range(max(1, loop.share(schedule.rows) // 2))]
        drawn = [side.window(frames, rng) for side in pairs]
        seed = int(rng.integers(0, 2**31))
        noise = np.stack([slow_noise(seed + row, 0, frames) for row in range(2 * len(drawn))])
        audio, motion = (torch.from_numpy(np.concatenate([d[i] for d in drawn])) for i in (0, 1))
        known = torch.tensor([d[2] for d in drawn]).float().repeat_interleave(2)
        return Batch(audio, torch.from_numpy(noise), motion, known)

    module.load_state_dict(loop.train(module, draw, schedule, saved))
