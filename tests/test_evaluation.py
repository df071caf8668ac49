"""inference.data.dataset and evaluation: what is wrong with a clip is reported; a stopped run goes on; the command as typed."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inference.data import dataset
from inference.measures import evaluation
from inference.measures.results import Results
from tests import tiny_dualtalk
from tests.dataset import write_clip, write_set
from tests.test_checkpoint import run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_set(tmp_path / "data" / "test", 3, 1)
    write_set(tmp_path / "data" / "ood", 1, 1)
    return tmp_path / "data"


def predictions(data: Path, folder: Path, name: str = "test") -> Path:
    folder.mkdir()
    for path in (data / name).glob("*.npz"):
        with np.load(path) as stored:
            np.savez(folder / path.name, exp=stored["exp"] * 0.8, pose=stored["pose"] * 0.9)
    return folder


def test_whole_clips_are_found_and_others_reported(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name in ("good", "partnerless", "long", "broken", "deaf", "hostile"):
        write_clip(folder, name, 1)
    (folder / "partnerless_speaker2.npz").unlink()
    with np.load(folder / "long_speaker1.npz") as stored:
        np.savez(folder / "long_speaker1.npz", exp=np.tile(stored["exp"], (2, 1)), pose=np.tile(stored["pose"], (2, 1)))
    with np.load(folder / "broken_speaker2.npz") as stored:
        expression = stored["exp"].copy()
        expression[17, 3] = np.nan
        np.savez(folder / "broken_speaker2.npz", exp=expression, pose=stored["pose"])
    (folder / "deaf_speaker1.wav").write_bytes(b"RIFF")
    np.savez(folder / "hostile_speaker1.npz", exp=np.array([{}], object), pose=np.zeros((1, 6)), allow_pickle=True)
    found = dataset.find(folder)
    assert [clip.key for clip in found.clips] == ["good_speaker1", "good_speaker2"]
    said = {"partnerless": "speaker2.npz missing", "long": "16.00 s", "broken": "frame 17", "deaf": "deaf_speaker1.wav",
            "hostile": "hostile_speaker1.npz"}  # fmt: skip
    assert found.skipped.keys() == said.keys()
    for name, words in said.items():
        assert words in found.skipped[name], name
    talk = dataset.load(found.clips[1])
    assert talk.own_audio.shape == talk.partner_audio.shape == (200 * 640,)
    assert talk.own_motion.shape == talk.partner_motion.shape == (200, 56)
    with np.load(folder / "good_speaker2.npz") as stored:
        assert np.array_equal(talk.own_motion[:, 50:53], stored["pose"][:, 3:])  # pose is neck, then jaw
        assert np.array_equal(talk.own_motion[:, 53:], stored["pose"][:, :3])


def test_windows_are_different_and_speakers_apart(tmp_path: Path) -> None:
    clips = dataset.find(write_set(tmp_path / "train", 6, 2, 130)).clips
    windows = list(dataset.windows(clips, 50))
    assert len(windows) == len(set(windows)) == len(clips) * 2
    training, validation = dataset.split(clips, 0.2)
    assert training
    assert validation
    assert not {c.group for c in training} & {c.group for c in validation}
    assert len(training) + len(validation) == len(clips)
    from inference.data.windows import Windows

    data = Windows(windows, 50)
    parts = [data[n] for n in range(2)]
    assert not np.allclose(parts[0][2], parts[1][2])
    assert np.array_equal(parts[1][2].numpy(), dataset.load(clips[0]).own_motion[50:100])


def test_a_stopped_evaluation_goes_on(data: Path, tmp_path: Path) -> None:
    folder = predictions(data, tmp_path / "drawn")
    found = {"test": dataset.find(data / "test").clips}
    shown: list[int] = []

    def done(path: Path) -> Results:
        results = Results(path, "drawn")
        evaluation.evaluate(
            found, lambda c: folder / f"{c.key}.npz", "flame", None, results, 1, lambda: shown.append(1)
        )
        return results

    whole = done(tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines(keepends=True)
    assert len(lines) == 7
    (tmp_path / "b.csv").write_text("".join(lines[:3]) + lines[3][:40])  # the third row was cut off
    again = done(tmp_path / "b.csv")
    assert {r["clip"]: r["fd_jaw"] for r in again.rows} == {r["clip"]: r["fd_jaw"] for r in whole.rows}
    assert sorted((tmp_path / "b.csv").read_text().splitlines()) == sorted(line.rstrip("\n") for line in lines)
    assert len(shown) == 12
    with pytest.raises(ValueError, match="another"):
        Results(tmp_path / "a.csv", "other")


def test_evaluate_prints_the_table_beside_the_published_rows(data: Path, tmp_path: Path) -> None:
    folder = predictions(data, tmp_path / "drawn")
    shutil.copy(data / "ood" / "rec0_sub_video_0_000_speaker1.npz", folder / "unused.npz")
    result = run(tmp_path, "evaluate", data, "--model", folder, "--workers", 2)
    assert result.returncode == 0, result.stderr
    for word in ("fd_expression", "FaceFormer", "Learning2Listen", "11.14", "other clip"):
        assert word in result.stdout
    with (tmp_path / "evaluation-drawn.csv").open() as stored:
        assert len(list(csv.DictReader(stored))) == 8
    rows = json.loads(run(tmp_path, "evaluate", data, "--model", folder, "--json").stdout)["rows"]
    row = next(r for r in rows if (r["measure"], r["set"]) == ("fd_jaw", "test"))
    assert {"measure", "set", "value", "baseline", "chance"} <= row.keys()
    assert row["value"] < row["baseline"]
    assert row["published"] == 1.90e-3
    bad = run(tmp_path, "evaluate", tmp_path / "nowhere", "--model", folder)
    assert bad.returncode == 2
    assert "nowhere" in bad.stderr


def test_models_are_evaluated_on_what_they_can_be(data: Path, tmp_path: Path) -> None:
    weights = tiny_dualtalk.write_checkpoint(tmp_path / "d.pth")
    drawn = run(tmp_path, "evaluate", data / "test", "--model", "dualtalk", "--weights", weights, "--json")
    assert drawn.returncode == 0, drawn.stderr
    rows = {row["measure"]: row for row in json.loads(drawn.stdout)["rows"]}
    assert rows["fd_expression"]["clips"] == 6
    duet = run(tmp_path, "evaluate", data / "test", "--model", "duet", "--json")
    assert duet.returncode == 0, duet.stderr
    measures = {row["measure"] for row in json.loads(duet.stdout)["rows"]}
    assert "fd_jaw" in measures
    assert "fd_expression" not in measures  # Duet's expressions are not FLAME's
