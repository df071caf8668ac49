"""Audio addressed by absolute sample number at 16 kHz; what was never written reads as silence."""

import math
import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
_BLOCK: Final = 320
_EMPTY: Final = -1
_SILENT_DB: Final = -120.0

Audio = NDArray[np.float32]


class Tape:
    """Mono float32 audio on the timeline, -1 to 1. A ring of `seconds`: what is older gives way to what is newer.

    Writers and readers may be on different threads; each call copies and returns.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        self._blocks = int(seconds * SAMPLE_RATE) // _BLOCK
        self._audio = np.zeros((self._blocks, _BLOCK), np.float32)
        self._numbers = np.full(self._blocks, _EMPTY, np.int64)
        self._powers = np.zeros(self._blocks)  # mean square of each block, so that levels cost no reading
        self._end = 0
        self._lock = threading.Lock()

    @property
    def end(self) -> int:
        """The sample after the last that was written and not forgotten."""
        return self._end

    @property
    def capacity(self) -> int:
        """How many samples the ring holds."""
        return self._blocks * _BLOCK

    def write(self, start: int, audio: Audio) -> None:
        """Put audio [N] at sample `start`, over what was there; raise ValueError where N exceeds the ring or start < 0."""
        if start < 0 or audio.ndim != 1 or len(audio) > self.capacity - _BLOCK:
            raise ValueError(f"cannot write {audio.shape} samples at {start} to a tape of {self.capacity}")
        with self._lock:
            for number, inside, outside in self._spans(start, len(audio)):
                slot = number % self._blocks
                if self._numbers[slot] != number:
                    if self._numbers[slot] > number:
                        continue  # so late that newer sound has its place
                    self._audio[slot] = 0.0
                    self._numbers[slot] = number
                self._audio[slot, inside] = audio[outside]
                self._powers[slot] = _power(self._audio[slot])
            self._end = max(self._end, start + len(audio))

    def read(self, start: int, count: int) -> Audio:
        """Return the samples [count] from `start`, silence where nothing was written (or before 0)."""
        result = np.zeros(count, np.float32)
        skipped = max(-start, 0)
        with self._lock:
            for number, inside, outside in self._spans(start + skipped, count - skipped):
                slot = number % self._blocks
                if self._numbers[slot] == number:
                    result[outside.start + skipped : outside.stop + skipped] = self._audio[slot, inside]
        return result

    def level(self, start: int, count: int) -> float:
        """Return the root mean square of the 20 ms blocks within [start, start + count) in dB below full scale, as `level`."""
        numbers = np.arange(-(-start // _BLOCK), (start + count) // _BLOCK)
        slots = numbers % self._blocks
        with self._lock:
            powers = np.where(self._numbers[slots] == numbers, self._powers[slots], 0.0)
        return _decibels(float(powers.sum()) / len(numbers)) if len(numbers) else _SILENT_DB

    def forget(self, sample: int) -> None:
        """Silence everything from `sample` on, as if it had never been written."""
        with self._lock:
            self._numbers[self._numbers > sample // _BLOCK] = _EMPTY
            slot = (sample // _BLOCK) % self._blocks
            if self._numbers[slot] == sample // _BLOCK:
                self._audio[slot, sample % _BLOCK :] = 0.0
                self._powers[slot] = _power(self._audio[slot])
            self._end = min(self._end, sample)

    @staticmethod
    def _spans(start: int, count: int) -> list[tuple[int, slice, slice]]:
        """Return (block number, place inside the block, place in the caller's array) of each block touched."""
        spans, at = [], start
        while at < start + count:
            inside = at % _BLOCK
            length = min(_BLOCK - inside, start + count - at)
            spans.append((at // _BLOCK, slice(inside, inside + length), slice(at - start, at - start + length)))
            at += length
        return spans


def level(audio: Audio) -> float:
    """Return the root mean square of audio [N] in dB below full scale, -120 for silence."""
    return _decibels(float(np.mean(np.square(audio, dtype=np.float64)))) if len(audio) else _SILENT_DB


def _power(block: Audio) -> float:
    return float(block @ block) / _BLOCK


def _decibels(power: float) -> float:
    return 10 * math.log10(power + 1e-12)
