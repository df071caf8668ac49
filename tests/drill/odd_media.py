"""Sound and pictures that are well formed and lie, or go on for ever: rates, channels, sizes, and what is packed in them."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Final

import numpy as np
from PIL import Image

Odd = Callable[[bytes, Random], bytes]


def wave(
    rate: int, channels: int = 1, bits: int = 16, form: int = 1, data: bytes = bytes(3200), size: int | None = None
) -> bytes:
    """Return a WAV that says what it is told to."""
    block = channels * bits // 8 & 0xFFFF
    fmt = struct.pack("<HHIIHH", form, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    length = len(data) if size is None else size
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", length) + data
    return b"RIFF" + struct.pack("<I", min(36 + length, 2**32 - 1)) + body


def _odd_wave(_data: bytes, chance: Random) -> bytes:
    rate = chance.choice((0, 1, 7, 100, 16_000, 44_100, 768_000, 10**8, 2**31 - 1, 2**32 - 1))
    size = chance.choice((None, 0, 1, 2**31, 2**32 - 1))
    return wave(rate, chance.choice((0, 1, 2, 200, 1024, 65_535)), chance.choice((0, 4, 8, 16, 24, 32)), 1, size=size)


def _no_numbers(_data: bytes, chance: Random) -> bytes:
    value = chance.choice((float("nan"), float("inf"), 3e38, -1e30))
    return wave(16_000, 1, 32, 3, np.full(8000, value, np.float32).tobytes())


def _odd_rate(_data: bytes, chance: Random) -> bytes:
    return wave(chance.choice((1, 2, 50, 10**6, 10**8, 10**9, 2**31 - 1)), data=bytes(64_000))


SOUND: Final[dict[str, Odd]] = {"odd WAV": _odd_wave, "odd rate": _odd_rate, "no numbers": _no_numbers}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: int = 1) -> bytes:
    """Return a PNG that says it is so large and holds so many rows of it."""
    start = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(min(1 + 3 * width, 1 << 22)) * rows)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", start) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _large_picture(_data: bytes, chance: Random) -> bytes:
    width, height = chance.choice(
        (
            (13_000, 13_000),
            (10**6, 150),
            (1, 170_000_000),
            (20_000, 20_000),
            (2**31 - 1, 2**31 - 1),
            (0, 5),
            (9000, 9000),
        )
    )
    return png(width, height)


@cache
def _megapixels() -> bytes:
    """170 megapixels that are really there."""
    target = io.BytesIO()
    Image.new("RGB", (13_000, 13_000)).save(target, "PNG", compress_level=1)
    return target.getvalue()


def _picture_bomb(_data: bytes, _chance: Random) -> bytes:
    return _megapixels()


def _odd_chunks(data: bytes, chance: Random) -> bytes:
    text = _chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(1 << 27)))
    profile = _chunk(b"iCCP", b"a\x00\x00" + zlib.compress(bytes(1 << 25)))
    whole = png(8, 8, 8)
    return whole[:33] + chance.choice((text, profile, text * 20, _chunk(b"tRNS", b"\xff"))) + whole[33:] + data[:0]


def _modes(_data: bytes, chance: Random) -> bytes:
    target = io.BytesIO()
    mode, form = chance.choice((("1", "PNG"), ("L", "TIFF"), ("P", "GIF"), ("I;16", "PNG"), ("F", "TIFF"), ("CMYK", "JPEG"),
                                ("RGBA", "WEBP"), ("LA", "PNG"), ("RGB", "BMP"), ("RGB", "ICO"), ("RGB", "PPM")))  # fmt: skip
    Image.new(mode, chance.choice(((1, 1), (3000, 1), (64, 64), (1, 5000)))).save(target, form)
    return target.getvalue()


PICTURE: Final[dict[str, Odd]] = {
    "large": _large_picture, "picture bomb": _picture_bomb, "odd chunks": _odd_chunks, "modes": _modes,
}  # fmt: skip
