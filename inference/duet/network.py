"""Duet's network: two speakers' sound in, both faces out, causal, at 50 frames/s.

A trunk hears each speaker alone; the mouth follows it. Manner (head, brows, smile) is read from both trunks
and a slow noise. A layer's memory is apart from its weights: offline and live share one `forward`.
"""

from dataclasses import dataclass, field
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inference.duet.articulation import CHANNELS
from inference.features import HISTORY, MEL_BANDS, log_mel

FRAME: Final = 320  # samples at 50 frames/s
# Each mouth head may hear this many frames past the one it draws: 0, 40, 80, 200 ms.
LOOK_AHEADS: Final = (0, 2, 4, 10)
NOISE_SIZE: Final = 4
# Manner: neck pitch, yaw, roll (rad), then weights of these face units.
MANNER_UNITS: Final = ("browInnerUp", "browOuterUp", "browDown", "mouthSmile", "cheekSquint", "eyeSquint")
MANNER_SIZE: Final = 3 + len(MANNER_UNITS)


@dataclass
class Memory:
    """What the layers remember, by name: tensors [B, ..., steps], with the samples that no frame was made of yet."""

    audio: Tensor
    layers: dict[str, Tensor] = field(default_factory=dict)

    def copy(self) -> "Memory":
        """Return a memory that later steps on this one do not change (tensors are replaced, never written)."""
        return Memory(self.audio, dict(self.layers))


class CausalConv(nn.Module):
    """A convolution over time whose left context comes from the memory; zeros before the start."""

    def __init__(self, name: str, inputs: int, outputs: int, kernel: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.name = name
        self.context = (kernel - 1) * dilation - (stride - 1)
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride, dilation=dilation)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        """Return [B, outputs, T / stride] of x [B, inputs, T]."""
        past = memory.layers.get(self.name)
        if past is None:
            past = x.new_zeros(x.shape[0], x.shape[1], self.context)
        x = torch.cat([past, x], 2)
        memory.layers[self.name] = x[:, :, x.shape[2] - self.context :]
        output: Tensor = self.conv(x)
        return output


class Residual(nn.Module):
    """Layer norm, dilated causal convolution, GELU, mixing; added to its input."""

    def __init__(self, name: str, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = CausalConv(name, width, width, 3, dilation)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        """Return [B, width, T] of x [B, width, T]."""
        y = self.norm(x.transpose(1, 2)).transpose(1, 2)
        output: Tensor = x + self.mix(F.gelu(self.conv(y, memory)))
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
        x = self.halve(F.gelu(self.enter(mel.transpose(1, 2), memory)), memory)
        for block in self.blocks:
            x = block(x, memory)
        output: Tensor = self.norm(x.transpose(1, 2))
        return output


class Manner(nn.Module):
    """How the head moves, speaking or listening, from both speakers' states and a slow noise; a longer memory."""

    def __init__(self, trunk: int, width: int = 64) -> None:
        super().__init__()
        self.enter = nn.Linear(2 * trunk + NOISE_SIZE, width)
        self.blocks = nn.ModuleList(Residual(f"manner{d}", width, d) for d in (1, 3, 9, 27))
        self.exit = nn.Linear(width, MANNER_SIZE)

    def forward(self, own: Tensor, partner: Tensor, noise: Tensor, memory: Memory) -> Tensor:
        """Return [B, T, MANNER_SIZE] of states [B, T, trunk] and noise [B, T, NOISE_SIZE]."""
        x = self.enter(torch.cat([own, partner, noise], 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, memory)
        output: Tensor = self.exit(x.transpose(1, 2))
        return output


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

    def hear(self, audio: Tensor, memory: Memory) -> Tensor:
        """Return trunk states [B, T, width] of audio [B, T * 320], 16 kHz, -1 to 1."""
        audio = torch.cat([memory.audio, audio], 1)
        memory.audio = audio[:, audio.shape[1] - HISTORY :]
        state: Tensor = self.trunk(log_mel(audio), memory)
        return state

    def articulate(self, state: Tensor) -> Tensor:
        """Return articulation [B, T, look-aheads, 9] of states [B, T, width].

        Row t of look-ahead k belongs to frame t - LOOK_AHEADS[k].
        """
        output: Tensor = self.mouth(state).view(*state.shape[:-1], len(LOOK_AHEADS), len(CHANNELS))
        return output

    def forward(self, audio: Tensor, noise: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return articulation [B, T, look-aheads, 9] and manner [B, T, MANNER_SIZE].

        audio: [B, T * 320]; noise: [B, T, NOISE_SIZE]; B is even, partners beside each other.
        """
        state = self.hear(audio, memory)
        return self.articulate(state), self.manner(state, partners(state), noise, memory)


def partners(state: Tensor) -> Tensor:
    """Return states [B, ...] with neighbouring rows swapped: each speaker's partner."""
    return state.view(-1, 2, *state.shape[1:]).flip(1).flatten(0, 1)


def new_memory(rows: int) -> Memory:
    """Return the memory of a batch of `rows` that has heard only silence of zeros."""
    return Memory(torch.zeros(rows, HISTORY))
