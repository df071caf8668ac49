"""Two sound files as one recorded conversation, read in step as often as wanted; memory stays flat."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio_io import files
from inference.motion.model import Audio

Statistic = NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """Both speakers' files. Methods raise as `files.stream` does."""

    own: Path
    partner: Path

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield both side by side as [2, size] at 16 kHz; the shorter one goes on in silence."""
        silence = np.zeros(size, np.float32)
        for pair in zip_longest(files.stream(self.own, size), files.stream(self.partner, size), fillvalue=silence):
            yield np.stack(pair)

    @cached_property
    def _sums(self) -> list[tuple[int, float, float]]:
        return [_sums(path) for path in (self.own, self.partner)]

    @property
    def samples(self) -> int:
        """The length of the longer one at 16 kHz."""
        return max(count for count, _, _ in self._sums)

    def statistics(self) -> tuple[Statistic, Statistic]:
        """Return mean and variance [2] of each speaker's sound over the whole length."""
        sums = np.array([sums[1:] for sums in self._sums]) / max(self.samples, 1)
        return sums[:, 0], np.maximum(sums[:, 1] - sums[:, 0] ** 2, 0)


def _sums(path: Path) -> tuple[int, float, float]:
    """Return count, sum and sum of squares of a file's samples."""
    count, total, squares = 0, 0.0, 0.0
    for piece in files.pieces(path):
        count += len(piece)
        total += float(piece.sum(dtype=np.float64))
        squares += float(np.square(piece, dtype=np.float64).sum())
    return count, total, squares
