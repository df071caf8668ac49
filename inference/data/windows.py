"""Training windows of the DualTalk data set: some frames of a clip, read when needed, in an order that can be resumed."""

from collections.abc import Iterator, Sequence, Sized
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from inference.data.dataset import Clip, Conversation, load
from inference.dualtalk.network import VARIANCE_FLOOR
from inference.dualtalk.timing import FRAME

_CLIPS_KEPT = 2  # a clip's windows often come one after the other in validation


class Windows(Dataset[tuple[Tensor, Tensor, Tensor, Tensor]]):
    """Windows (clip, first frame) of `length` frames.

    Each is own and partner's sound [length * 640], normalised over the clip, and own and partner's motion [length, 56].
    """

    def __init__(self, windows: Sequence[tuple[Clip, int]], length: int) -> None:
        self.windows, self.length = windows, length

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        clip, first = self.windows[index]
        talk = _loaded(clip)
        frames = slice(first, first + self.length)
        sound = [_cut(audio, first, self.length) for audio in (talk.own_audio, talk.partner_audio)]
        motion = [torch.from_numpy(motion[frames].copy()) for motion in (talk.own_motion, talk.partner_motion)]
        return sound[0], sound[1], motion[0], motion[1]


@lru_cache(_CLIPS_KEPT)
def _loaded(clip: Clip) -> Conversation:
    return load(clip)


def _cut(audio: np.ndarray[tuple[int], np.dtype[np.float32]], first: int, frames: int) -> Tensor:
    mean, variance = audio.mean(dtype=np.float64), audio.var(dtype=np.float64)
    part = audio[first * FRAME : (first + frames) * FRAME]
    part = np.pad(part, (0, frames * FRAME - len(part)))
    return torch.from_numpy(((part - mean) / np.sqrt(variance + VARIANCE_FLOOR)).astype(np.float32))


class Shuffled(Sampler[int]):
    """Every index once, in an order that seed and epoch decide: a run that goes on in an epoch finds the same order."""

    def __init__(self, data: Sized, seed: int) -> None:
        self._data, self._seed, self.epoch = data, seed, 0

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self.epoch)
        return iter(torch.randperm(len(self._data), generator=generator).tolist())
