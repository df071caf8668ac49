"""Sound files: any rate, channel count and format that soundfile reads, as 16 kHz mono blocks, streamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from audio_io.time.tape import SAMPLE_RATE, Audio

_READ_SECONDS: Final = 1.0


def check(path: Path) -> float:
    """Return a file's length in seconds.

    Raises FileNotFoundError where there is none and ValueError where it holds no sound; both name file and remedy.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: check the name")
    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{path} is not a sound file that can be read ({error.error_string}): use WAV, FLAC, OGG or MP3"
        ) from error
    if info.frames <= 0:
        raise ValueError(f"{path} holds no sound: record it again")
    return float(info.frames / info.samplerate)


def stream(path: Path, block: int) -> Iterator[Audio]:
    """Yield 16 kHz mono blocks [block] of a file, the last one padded with silence. Memory stays flat.

    Raises ValueError naming the file where it cannot be read, is cut off, or holds values that are not numbers.
    """
    check(path)
    pending = np.zeros(0, np.float32)
    for piece in pieces(path):
        pending = np.concatenate([pending, piece])
        whole = len(pending) // block * block
        for start in range(0, whole, block):
            yield pending[start : start + block]
        pending = pending[whole:]
    if len(pending):
        yield np.pad(pending, (0, block - len(pending)))


def pieces(path: Path) -> Iterator[Audio]:
    """Yield a file as 16 kHz mono in pieces of any length, which together are all of it; raise as `stream` does."""
    with soundfile.SoundFile(str(path)) as source:
        resampler = soxr.ResampleStream(source.samplerate, SAMPLE_RATE, 1, dtype="float32")
        size, heard = max(1, int(source.samplerate * _READ_SECONDS)), 0
        while True:
            try:
                piece = source.read(size, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise ValueError(
                    f"{path} cannot be read on ({error.error_string}): it is damaged, copy it again"
                ) from error
            if not np.isfinite(piece).all():
                raise ValueError(f"{path} holds values that are not numbers: export it again")
            heard += len(piece)
            last = len(piece) < size
            mono = np.ascontiguousarray(piece.mean(1))
            yield resampler.resample_chunk(mono, last=last) if source.samplerate != SAMPLE_RATE else mono
            if last:
                break
        if heard < source.frames:
            raise ValueError(f"{path} is cut off after {heard / source.samplerate:.1f} s: copy it again")
