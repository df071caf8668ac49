"""avatar.export.video: what is written can be read again, whole or not at all, and webm keeps what is transparent."""

from pathlib import Path

import av
import numpy as np
import pytest

from avatar.export.video import VideoFile

SIZE, RATE, FRAMES = (64, 48), 25, 10


def written(path: Path, channels: int) -> Path:
    picture = np.zeros((SIZE[1], SIZE[0], channels), np.uint8)
    picture[:, 32:, 0] = 100
    if channels == 4:
        picture[:, 32:, 3] = 127  # premultiplied: red at full, half seen
    rng = np.random.default_rng(0)
    with VideoFile(path, *SIZE, RATE) as file:
        for _ in range(FRAMES):
            file.picture(picture)
            file.sound(rng.normal(0, 0.1, (2, 640)).astype(np.float32))
    return path


@pytest.mark.parametrize(("name", "channels"), [("a.mp4", 3), ("a.webm", 3), ("a.webm", 4)])
def test_pictures_and_sound_come_back(tmp_path: Path, name: str, channels: int) -> None:
    with av.open(str(written(tmp_path / name, channels))) as found:
        pictures = [frame.to_ndarray(format="rgb24") for frame in found.decode(video=0)]
    with av.open(str(tmp_path / name)) as found:
        sound = sum(frame.samples for frame in found.decode(audio=0)) / found.streams.audio[0].rate
    assert len(pictures) == FRAMES
    assert abs(int(pictures[5][20, 50, 0]) - (201 if channels == 4 else 100)) < 12
    assert FRAMES / RATE <= sound < FRAMES / RATE + 0.15
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    decoder = av.codec.CodecContext.create("libvpx-vp9", "r")  # the only one that reads alpha
    with av.open(str(written(tmp_path / "a.webm", 4))) as found:
        frames = [frame for packet in found.demux(video=0) for frame in decoder.decode(packet)]
    pixels = frames[5].to_ndarray(format="rgba")
    assert pixels[20, 10, 3] < 6
    assert abs(int(pixels[20, 50, 3]) - 127) < 8


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ndim"), VideoFile(tmp_path / "a.webm", *SIZE, RATE) as file:
        file.picture(np.zeros(7, np.uint8))
    assert not list(tmp_path.iterdir())
