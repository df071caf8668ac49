"""app.commands.outputs: no command writes over what it reads, nor over what is there unless asked; all or nothing."""

import argparse
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.commands.cli import main
from app.commands.outputs import refusal, whole
from app.commands.video_output import add_picture_arguments, picture_options
from tests.conftest import SPEECH

OWN, PARTNER = SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac"


def options(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("own", "partner"):
        parser.add_argument(name, type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--motion", type=Path)
    add_picture_arguments(parser)
    return parser.parse_args([str(word) for word in words])


@pytest.fixture
def voices(tmp_path: Path) -> tuple[Path, Path]:
    return shutil.copy(OWN, tmp_path / "a.flac"), shutil.copy(PARTNER, tmp_path / "b.flac")


def refused(*words: object) -> str:
    asked = options(*words)
    read = (asked.own, asked.partner, *picture_options(asked).read)
    return refusal(read, (asked.output, asked.motion), asked.overwrite)


def test_an_output_is_no_input_under_any_of_its_names(voices: tuple[Path, Path], tmp_path: Path) -> None:
    os.link(voices[0], tmp_path / "hard.flac")
    (tmp_path / "soft.flac").symlink_to(voices[1])
    os.link(voices[1], tmp_path / "talk.mp4.part")  # where talk.mp4 would be put together
    picture = tmp_path / "wall.png"
    Image.new("RGB", (8, 8)).save(picture)
    shape = tmp_path / "who.npz"
    np.savez(shape, exp=np.zeros((1, 50)), pose=np.zeros((1, 6)), shape=np.ones(3))
    more = ["--background", picture, "--shape", shape, "--overwrite"]
    for name in ("a.flac", "b.flac", "hard.flac", "soft.flac", "talk.mp4", "wall.png", "who.npz"):
        assert "what this command reads" in refused(*voices, "-o", tmp_path / name, *more), name
    assert refused(*voices, "-o", tmp_path / "new.mp4", *more) == ""
    assert "two outputs" in refused(*voices, "-o", tmp_path / "x.npz", "--motion", tmp_path / "x.npz")


def test_a_file_of_a_folder_that_is_read_is_no_output(tmp_path: Path) -> None:
    talk = tmp_path / "talk"
    talk.mkdir()
    (talk / "user.wav").write_bytes(b"RIFF")
    (talk / "talk.mp4").write_bytes(b"of last time")
    assert "what this command reads" in refusal((talk,), (talk / "user.wav",), overwrite=True)
    assert refusal((talk,), (talk / "talk.mp4",), overwrite=True) == ""


def test_what_is_there_is_kept_unless_it_may_be_replaced(voices: tuple[Path, Path], tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"mine")
    assert "--overwrite" in refused(*voices, "-o", there)
    assert refused(*voices, "-o", there, "--overwrite") == ""
    (tmp_path / "folder.mp4").mkdir()
    assert "is a folder" in refused(*voices, "-o", tmp_path / "folder.mp4", "--overwrite")
    assert "make it first" in refused(*voices, "-o", tmp_path / "no" / "talk.mp4")
    assert "no file that could be replaced" in refused(*voices, "-o", "/dev/null", "--overwrite")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    target.write_bytes(b"old")
    with pytest.raises(FileNotFoundError), whole(target) as partial:
        (partial.write_bytes(b"half"), (tmp_path / "nowhere").read_bytes())
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
    with whole(target) as partial:
        partial.write_bytes(b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_every_command_that_writes_refuses_before_it_works(
    voices: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    own, partner = map(str, voices)
    before = {path: path.read_bytes() for path in voices}
    data = tmp_path / "data"
    data.mkdir()
    (data / "x_speaker1.npz").write_bytes(b"PK")
    stored = tmp_path / "home" / "dualtalk-live"
    stored.mkdir(parents=True)
    (stored / "flame.npz").write_bytes(b"PK")
    (stored / "dualtalk.safetensors").write_bytes(b"{}")
    begun = str(tmp_path / "best.safetensors")
    Path(begun).write_bytes(b"{}")
    for words, told in (
        (["render", own, partner, "-o", own, "--overwrite"], "reads"),
        (["render", own, partner, "--motion", partner, "--overwrite"], "reads"),
        (["compare", own, partner, "-o", own, "--overwrite"], "reads"),
        (["converse", "mira", "theo", "-o", own], "--overwrite"),
        (["heads", "-o", own], "--overwrite"),
        (["heads", "-o", str(tmp_path)], "is a folder"),
        (["build-heads", "--output", str(_heads(tmp_path))], "--overwrite"),
        (["evaluate", str(data), "--output", str(data / "x_speaker1.npz")], "reads"),
        (["train", "duet", "--folder", str(tmp_path / "t"), "--output", own], "--overwrite"),
        (["train", "dualtalk", str(data), "--begin-with", begun, "--folder", str(tmp_path)], "reads"),
        (["import-flame", str(stored / "flame.npz")], "the imported file itself"),
        (["import-dualtalk", str(stored / "dualtalk.safetensors")], "the imported file itself"),
    ):  # fmt: skip
        assert main(words) == 2, words
        assert told in capsys.readouterr().err, words
    assert {path: path.read_bytes() for path in voices} == before
    assert not list(tmp_path.rglob("*.part"))


def _heads(folder: Path) -> Path:
    (folder / "heads").mkdir()
    (folder / "heads" / "model.npz").write_bytes(b"PK")
    return folder / "heads"
