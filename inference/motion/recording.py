"""Two voices as one recorded conversation, read in step as often as wanted; memory stays flat."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from audio_io import files
from audio_io.files import Sound
from inference.motion.model import Audio

Statistic = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recording:
    """Both speakers' files, or their sound. Methods raise as `files.stream` does."""

    own: Sound
    partner: Sound

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield both side by side as [2, size] at 16 kHz; the shorter one goes on in silence."""
        silence = np.zeros(size, np.float32)
        for pair in zip_longest(files.stream(self.own, size), files.stream(self.partner, size), fillvalue=silence):
            yield np.stack(pair)

    @cached_property
    def _sums(self) -> list[tuple[int, float, float]]:
        return [_sums(source) for source in (self.own, self.partner)]

    @property
    def samples(self) -> int:
        """The length of the longer one at 16 kHz."""
        return max(count for count, _, _ in self._sums)

    def statistics(self) -> tuple[Statistic, Statistic]:
        """Return mean and variance [2] of each speaker's sound over the whole length."""
        sums = np.array([sums[1:] for sums in self._sums]) / max(self.samples, 1)
        return sums[:, 0], np.maximum(sums[:, 1] - sums[:, 0] ** 2, 0)


def _sums(source: Sound) -> tuple[int, float, float]:
    """Return count, sum and sum of squares of a voice's samples."""
    count, total, squares = 0, 0.0, 0.0
    for piece in files.pieces(source):
        count += len(piece)
        total += float(piece.sum(dtype=np.float64))
        squares += float(np.square(piece, dtype=np.float64).sum())
    return count, total, squares
