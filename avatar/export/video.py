"""Video files, written as they come: mp4 (h264, aac), or webm (VP9, Opus), which can be transparent. Knows nothing of heads."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import SAMPLE_RATE


@dataclass(frozen=True)
class _Form:
    """A kind of file: its container, codecs, what pixels are in it, and how many samples of sound in a packet."""

    container: str
    pictures: str
    pixels: str
    options: dict[str, str]
    sound: str
    block: int


_MP4: Final = _Form("mp4", "libx264", "yuv420p", {"preset": "veryfast", "crf": "20"}, "aac", 1024)
_WEBM: Final = _Form(
    "webm", "libvpx-vp9", "yuva420p", {"deadline": "realtime", "cpu-used": "8", "crf": "24", "b": "0"}, "libopus", 320
)


def can_be_transparent(path: Path) -> bool:
    """Tell whether a video file of this name can have pictures [H, W, 4]."""
    return path.suffix.lower() == ".webm"


class VideoFile:
    """Writes pictures (sRGB) and stereo sound to F.webm or else an mp4; the file appears whole at the end, or not at all."""

    def __init__(self, path: Path, width: int, height: int, frames_per_second: int) -> None:
        if width % 2 or height % 2:
            raise ValueError(f"a video's width and height are even, not {width}x{height}")
        self._path, self._size, self._fps = path, (width, height), frames_per_second
        self._form = _WEBM if can_be_transparent(path) else _MP4
        self._partial = path.with_name(path.name + ".part")
        self._frames = self._samples = 0
        self._sound = np.zeros((2, 0), np.float32)

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._partial.unlink(missing_ok=True)
            raise
        return self

    def _open(self) -> None:
        form = self._form
        self._container = av.open(str(self._partial), "w", format=form.container)
        pictures = self._container.add_stream(form.pictures, rate=self._fps)
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height = self._size
        pictures.pix_fmt, pictures.options = form.pixels, dict(form.options)
        track = self._container.add_stream(form.sound, rate=SAMPLE_RATE, layout="stereo")
        assert isinstance(track, av.AudioStream)
        self._pictures, self._track = pictures, track

    def picture(self, pixels: NDArray[np.uint8]) -> None:
        """Add a picture [H, W, 3], or [H, W, 4] with colours premultiplied by alpha, top row first."""
        if pixels.shape[-1] == 4:
            alpha = pixels[..., 3:].astype(np.float32)
            straight = np.minimum(pixels[..., :3] * (255 / np.maximum(alpha, 1)), 255)
            pixels = np.concatenate([straight + 0.5, alpha], -1).clip(0, 255).astype(np.uint8)
        kind = "rgba" if pixels.shape[-1] == 4 else "rgb24"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=kind)
        frame.pts, frame.time_base = self._frames, Fraction(1, self._fps)
        self._frames += 1
        self._container.mux(self._pictures.encode(frame))

    def sound(self, left_right: NDArray[np.float32]) -> None:
        """Add sound [2, N] at 16 kHz."""
        self._sound = np.concatenate([self._sound, left_right], 1)
        block = self._form.block
        while self._sound.shape[1] >= block:
            self._encode(self._sound[:, :block])
            self._sound = self._sound[:, block:]

    def _encode(self, block: NDArray[np.float32]) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.clip(block, -1, 1)), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
        self._samples += block.shape[1]
        self._container.mux(self._track.encode(frame))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            try:
                if kind is None:
                    self._finish()
            finally:
                self._container.close()
            if kind is None:
                self._partial.replace(self._path)
        finally:
            self._partial.unlink(missing_ok=True)

    def _finish(self) -> None:
        if not self._frames:
            raise ValueError(f"{self._path} was not written: there is no picture to be in it")
        if self._sound.shape[1]:
            self._encode(np.pad(self._sound, ((0, 0), (0, self._form.block - self._sound.shape[1]))))
        self._container.mux(self._pictures.encode(None))
        self._container.mux(self._track.encode(None))
