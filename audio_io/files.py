"""Sound files: any rate, channel count and format that soundfile reads, as 16 kHz mono blocks, streamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from audio_io.time.tape import SAMPLE_RATE, Audio

Sound = Path | Audio  # a file, or sound [N] at 16 kHz that is there already
LONGEST_SECONDS: Final = 6 * 3600
_RATES: Final = range(1000, 768_001)  # Hz
_MOST_CHANNELS: Final = 64
_READ_SECONDS: Final = 1.0
_UNKNOWN: Final = 0x7FFFF000  # bytes of sound that a WAV says from here on where its writer did not know how many
_MOST_CHUNKS: Final = 1000  # of a WAV that are looked through for its sound
_MISSING_SECONDS: Final = 0.01  # that a WAV may be shorter than it says: some writers count a byte too many


def check(path: Sound) -> float:
    """Return the length in seconds of a file, or of sound.

    Raises FileNotFoundError where there is none and ValueError where it holds no sound, is cut off or is too long; both
    name file and remedy.
    """
    if isinstance(path, np.ndarray):
        return len(path) / SAMPLE_RATE
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
    if info.samplerate not in _RATES or info.channels > _MOST_CHANNELS:
        raise ValueError(
            f"{path} says of itself that it has {info.channels} channels of {info.samplerate} Hz: export it again, as WAV"
        )
    seconds = float(info.frames / info.samplerate)
    if seconds > LONGEST_SECONDS:
        hours = LONGEST_SECONDS // 3600
        raise ValueError(f"{path} lasts {seconds / 3600:.1f} hours, at most {hours} are read: cut it into pieces")
    missing = _missing_bytes(path) * seconds / path.stat().st_size
    if missing > _MISSING_SECONDS:
        raise ValueError(f"{path} is cut off after {seconds:.1f} s of {seconds + missing:.1f}: copy it again")
    return seconds


def _missing_bytes(path: Path) -> int:
    """Return how many bytes of sound a WAV lacks of what its header says; libsndfile takes what is there without a word."""
    with path.open("rb") as source:
        if source.read(12)[:4] != b"RIFF":
            return 0
        for _ in range(_MOST_CHUNKS):
            head = source.read(8)
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                there = path.stat().st_size - source.tell()
                return max(0, size - there) if size < _UNKNOWN else 0
            source.seek(size + size % 2, 1)
    return 0


def stream(path: Sound, block: int) -> Iterator[Audio]:
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


def pieces(path: Sound) -> Iterator[Audio]:
    """Yield a file as 16 kHz mono in pieces of any length, which together are all of it; raise as `stream` does."""
    if isinstance(path, np.ndarray):
        yield path
        return
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
