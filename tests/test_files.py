"""audio_io.files: any rate, channels and format; what cannot be read is told by name with a remedy."""

from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from audio_io.files import check, stream


def tone(rate: int, seconds: float, channels: int = 1) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return np.repeat(wave[:, None], channels, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("rate", "channels", "suffix"), [(8000, 1, "wav"), (44_100, 2, "flac"), (96_000, 8, "wav"), (48_000, 2, "ogg")]
)
def test_reads_any_rate_channel_count_and_format(tmp_path: Path, rate: int, channels: int, suffix: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(rate, 2.0, channels), rate)
    audio = np.concatenate(list(stream(path, 1600)))
    assert abs(len(audio) - 32_000) <= 1600
    spectrum = np.abs(np.fft.rfft(audio[8000:24_000]))
    assert int(np.argmax(spectrum)) == 440  # 1 Hz a bin: neither rate nor pitch changed
    assert np.abs(audio[8000:24_000]).max() == pytest.approx(0.5, abs=0.05)


def broken_files(folder: Path) -> dict[str, Path]:
    good = folder / "good.wav"
    soundfile.write(good, tone(16_000, 1.0), 16_000)
    flac = folder / "good.flac"
    soundfile.write(flac, np.random.default_rng(0).uniform(-0.5, 0.5, 48_000), 16_000)
    contents = {
        "empty": b"",
        "text": b"this is a letter, not a sound\n" * 50,
        "header_only": good.read_bytes()[:44],
        "truncated": flac.read_bytes()[: flac.stat().st_size // 3],
        "cut": good.read_bytes()[:12_000],
    }
    paths = {}
    for name, data in contents.items():
        paths[name] = folder / f"{name}.{'flac' if name == 'truncated' else 'wav'}"
        paths[name].write_bytes(data)
    paths["nan"] = folder / "nan.wav"
    soundfile.write(paths["nan"], np.full(1600, np.nan, np.float32), 16_000, subtype="FLOAT")
    paths["no_samples"] = folder / "no_samples.wav"
    soundfile.write(paths["no_samples"], np.zeros((0, 1), np.float32), 16_000)
    return paths


@pytest.mark.parametrize("name", ["empty", "text", "header_only", "truncated", "cut", "nan", "no_samples"])
def test_a_bad_file_is_told_by_name_with_a_remedy(tmp_path: Path, name: str) -> None:
    path = broken_files(tmp_path)[name]
    with pytest.raises(ValueError, match=path.name) as caught:
        list(stream(path, 1600))
    assert any(word in str(caught.value) for word in ("use WAV", "again"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="check the name"):
        check(tmp_path / "nowhere.wav")


def test_a_long_file_streams_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 48_000, 2, subtype="PCM_16") as out:
        second = tone(48_000, 1.0, 2)
        for _ in range(20 * 60):
            out.write(second)
    process = psutil.Process()
    before = process.memory_info().rss
    blocks = sum(1 for _ in stream(path, 16_000))
    assert blocks == pytest.approx(1200, abs=1)
    assert process.memory_info().rss - before < 30e6


def test_a_cut_wav_is_told_before_it_plays_and_one_of_unknown_length_plays(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cut off after 0\.37 s|cut off after 0\.4 s of 1\.0"):
        check(broken_files(tmp_path)["cut"])
    streamed = bytearray((tmp_path / "good.wav").read_bytes())
    at = streamed.index(b"data") + 4
    for size in (0xFFFFFFFF, 0x7FFFFFFF):  # what recorders write that do not know how long it will be
        streamed[at : at + 4] = size.to_bytes(4, "little")
        (tmp_path / "streamed.wav").write_bytes(streamed)
        assert check(tmp_path / "streamed.wav") == pytest.approx(1.0, abs=0.01)


def test_a_sound_too_long_or_of_odd_form_is_told(tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    soundfile.write(long, np.zeros(1000, np.int16), 1000)
    with long.open("r+b") as file:  # seven hours of nothing, of which the disk holds none
        data = 2 * 1000 * 7 * 3600
        file.truncate(44 + data)
        for at, size in ((4, 36 + data), (40, data)):
            file.seek(at)
            file.write(size.to_bytes(4, "little"))
    with pytest.raises(ValueError, match=r"7\.0 hours, at most 6"):
        check(long)
    odd = tmp_path / "odd.wav"
    soundfile.write(odd, np.zeros((1000, 2), np.int16), 2_000_000_000)
    with pytest.raises(ValueError, match="2000000000 Hz: export it again"):
        check(odd)


def test_sound_that_is_there_already_streams_as_a_file_of_it_does(tmp_path: Path) -> None:
    sound = np.linspace(-0.5, 0.5, 4000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")
    assert check(sound) == check(tmp_path / "a.wav") == 0.25
    for one, other in zip(stream(sound, 1600), stream(tmp_path / "a.wav", 1600), strict=True):
        np.testing.assert_array_equal(one, other)
