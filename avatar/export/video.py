"""Video files: h264 pictures and aac sound, written as they come. Knows nothing of heads."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from numpy.typing import NDArray

SOUND_RATE: Final = 16_000
_SOUND_BLOCK: Final = 1024  # samples in an aac frame


class VideoFile:
    """Writes pictures [H, W, 3] (sRGB) and stereo sound to an mp4; the file appears whole at the end, or not at all."""

    def __init__(self, path: Path, width: int, height: int, frames_per_second: int) -> None:
        if width % 2 or height % 2:
            raise ValueError(f"a video's width and height are even, not {width}x{height}")
        self._path, self._size, self._fps = path, (width, height), frames_per_second
        self._partial = path.with_name(path.name + ".part")
        self._frames = self._samples = 0
        self._sound = np.zeros((2, 0), np.float32)

    def __enter__(self) -> Self:
        self._container = av.open(str(self._partial), "w", format="mp4")
        self._pictures = self._container.add_stream("libx264", rate=self._fps)
        self._pictures.width, self._pictures.height = self._size
        self._pictures.pix_fmt = "yuv420p"
        self._pictures.options = {"preset": "veryfast", "crf": "20"}
        self._track = self._container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        return self

    def picture(self, pixels: NDArray[np.uint8]) -> None:
        """Add a picture [H, W, 3], top row first."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts, frame.time_base = self._frames, Fraction(1, self._fps)
        self._frames += 1
        self._container.mux(self._pictures.encode(frame))

    def sound(self, left_right: NDArray[np.float32]) -> None:
        """Add sound [2, N] at 16 kHz."""
        self._sound = np.concatenate([self._sound, left_right], 1)
        while self._sound.shape[1] >= _SOUND_BLOCK:
            self._encode(self._sound[:, :_SOUND_BLOCK])
            self._sound = self._sound[:, _SOUND_BLOCK:]

    def _encode(self, block: NDArray[np.float32]) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.clip(block, -1, 1)), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, self._samples, Fraction(1, SOUND_RATE)
        self._samples += block.shape[1]
        self._container.mux(self._track.encode(frame))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                if self._sound.shape[1]:
                    self._encode(np.pad(self._sound, ((0, 0), (0, _SOUND_BLOCK - self._sound.shape[1]))))
                self._container.mux(self._pictures.encode(None))
                self._container.mux(self._track.encode(None))
        finally:
            self._container.close()
            if kind is None:
                self._partial.replace(self._path)
            self._partial.unlink(missing_ok=True)
