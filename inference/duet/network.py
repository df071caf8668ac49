"""Duet's network: two speakers' sound in, both faces out, causal, at 50 frames/s.

A trunk hears each speaker alone; the mouth follows it. Manner (head, brows, smile) is read from both trunks, both voices'
prosody, the partner's motion, what is asked of the speaker, and a slow noise. A layer's memory is apart from its weights:
offline and live share one code.
"""

from dataclasses import dataclass, field
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avatar.rig.layout import MOTION_SIZE
from inference.duet.articulation import CHANNELS
from inference.duet.noise import NOISE_SIZE
from inference.duet.prosody import HISTORY as PITCH_HISTORY
from inference.duet.prosody import PROSODY_SIZE, Register, prosody
from inference.motion.features import HISTORY, MEL_BANDS, log_mel
from inference.motion.model import EMOTIONS

# Each mouth head may hear this many frames past the one it draws: 0, 40, 80, 200 ms.
LOOK_AHEADS: Final = (0, 2, 4, 10)
# Manner: neck pitch, yaw, roll (rad), then weights of these face units, on both sides where there are two.
MANNER_UNITS: Final = (
    "browInnerUp", "browOuterUp", "browDown", "mouthSmile", "cheekSquint", "eyeSquint", "eyeWide", "mouthFrown",
    "noseSneer", "mouthPress",
)  # fmt: skip
MANNER_SIZE: Final = 3 + len(MANNER_UNITS)
MOOD_SIZE: Final = 1 + len(EMOTIONS)  # attitude from -1 (negative) to 1 (positive), each emotion's strength, 0 to 1
REACTION: Final = 10  # frames after which a face can answer what it sees: people need 200 ms too
_MANY: Final = 32  # frames from which torch's convolution is the faster
_SEEN: Final = 24  # numbers that the partner's motion is summed up in


@dataclass
class Memory:
    """What the layers remember, by name: tensors [B, ..., steps], with the samples that no frame was made of yet."""

    audio: Tensor
    registers: tuple[Register, ...]
    layers: dict[str, Tensor] = field(default_factory=dict)

    def copy(self) -> "Memory":
        """Return a memory that later steps on this one do not change (tensors are replaced, never written)."""
        return Memory(self.audio, self.registers, dict(self.layers))


class CausalConv(nn.Module):
    """A convolution over time whose left context comes from the memory; zeros before the start.

    As one matrix product where frames are few: for the two of a live hop that is several times faster than torch's own.
    """

    def __init__(self, name: str, inputs: int, outputs: int, kernel: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.name, self._kernel, self._dilation, self._stride = name, kernel, dilation, stride
        self._context = (kernel - 1) * dilation - (stride - 1)
        self.weigh = nn.Linear(inputs * kernel, outputs)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        """Return [B, T / stride, outputs] of x [B, T, inputs]."""
        past = memory.layers.get(self.name)
        if past is None:
            past = x.new_zeros(x.shape[0], self._context, x.shape[2])
        frames = x.shape[1] // self._stride
        x = torch.cat([past, x], 1)
        memory.layers[self.name] = x[:, x.shape[1] - self._context :]
        if frames > _MANY:
            weight = self.weigh.weight.unflatten(1, (-1, self._kernel))
            many = F.conv1d(x.transpose(1, 2), weight, self.weigh.bias, self._stride, dilation=self._dilation)
            return many.transpose(1, 2)
        starts = range(0, self._kernel * self._dilation, self._dilation)
        taps = [x[:, start : start + (frames - 1) * self._stride + 1 : self._stride] for start in starts]
        output: Tensor = self.weigh(torch.stack(taps, 3).flatten(2))
        return output


class Residual(nn.Module):
    """Layer norm, dilated causal convolution, GELU, mixing; added to its input."""

    def __init__(self, name: str, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = CausalConv(name, width, width, 3, dilation)
        self.mix = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        """Return [B, T, width] of x [B, T, width]."""
        output: Tensor = x + self.mix(F.gelu(self.conv(self.norm(x), memory)))
        return output


class Trunk(nn.Module):
    """Hears one speaker: features at 100 frames/s to a state at 50, receptive field 1.2 s."""

    def __init__(self, width: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.enter = CausalConv("enter", MEL_BANDS, width, 5)
        self.halve = CausalConv("halve", width, width, 4, stride=2)
        self.blocks = nn.ModuleList(Residual(f"block{i}", width, d) for i, d in enumerate(dilations))
        self.norm = nn.LayerNorm(width)

    def forward(self, mel: Tensor, memory: Memory) -> Tensor:
        """Return [B, T, width] of mel [B, 2T, 80]."""
        x = self.halve(F.gelu(self.enter(mel, memory)), memory)
        for block in self.blocks:
            x = block(x, memory)
        output: Tensor = self.norm(x)
        return output


class Manner(nn.Module):
    """How the head moves, speaking or listening; its memory of 2.8 s holds a cue and the nod that answers it."""

    def __init__(self, trunk: int, width: int = 96) -> None:
        super().__init__()
        self.look = nn.Linear(MOTION_SIZE, _SEEN)
        self.enter = nn.Linear(2 * trunk + 2 * PROSODY_SIZE + _SEEN + MOOD_SIZE + NOISE_SIZE, width)
        self.blocks = nn.ModuleList(Residual(f"manner{d}", width, d) for d in (1, 4, 16, 48))
        self.exit = nn.Linear(width, MANNER_SIZE)
        self.cue = nn.Linear(width, 1)

    def forward(
        self, heard: Tensor, seen: Tensor, mood: Tensor, noise: Tensor, memory: Memory
    ) -> tuple[Tensor, Tensor]:
        """Return manner [B, T, MANNER_SIZE], and the log-odds [B, T] that the partner has just given cause for a "mm-hm".

        heard: [B, T, trunk + PROSODY_SIZE], partners beside each other; seen: the partner's motion [B, T, 56], REACTION
        frames late; mood: [B, T, MOOD_SIZE]; noise: [B, T, NOISE_SIZE].
        """
        x = self.enter(torch.cat([heard, partners(heard), self.look(seen), mood, noise], 2))
        for block in self.blocks:
            x = block(x, memory)
        return self.exit(x), self.cue(x)[..., 0]


class DuetNetwork(nn.Module):
    """Both speakers of a conversation as neighbouring rows of a batch: rows 2i and 2i + 1 are partners."""

    def __init__(
        self, width: int = 160, dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 8), phones: int = 44
    ) -> None:
        super().__init__()
        self.trunk = Trunk(width, dilations)
        self.mouth = nn.Linear(width, len(LOOK_AHEADS) * len(CHANNELS))
        self.phones = nn.Linear(width, phones)
        self.manner = Manner(width)

    def hear(self, audio: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return trunk states [B, T, width] and prosody [B, T, PROSODY_SIZE] of audio [B, T * 320], 16 kHz, -1 to 1."""
        audio = torch.cat([memory.audio, audio], 1)
        memory.audio = audio[:, audio.shape[1] - PITCH_HISTORY :]
        voice, memory.registers = prosody(audio, memory.registers)
        state: Tensor = self.trunk(log_mel(audio[:, PITCH_HISTORY - HISTORY :]), memory)
        return state, voice

    def articulate(self, state: Tensor) -> Tensor:
        """Return articulation [B, T, look-aheads, 12] of states [B, T, width].

        Row t of look-ahead k belongs to frame t - LOOK_AHEADS[k].
        """
        output: Tensor = self.mouth(state).view(*state.shape[:-1], len(LOOK_AHEADS), len(CHANNELS))
        return output


def partners(state: Tensor) -> Tensor:
    """Return states [B, ...] with neighbouring rows swapped: each speaker's partner."""
    return state.view(-1, 2, *state.shape[1:]).flip(1).flatten(0, 1)


def new_memory(rows: int, device: torch.device | None = None) -> Memory:
    """Return the memory of a batch of `rows` that has heard only silence of zeros."""
    return Memory(torch.zeros(rows, PITCH_HISTORY, device=device), (Register(),) * rows)
