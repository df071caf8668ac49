"""`train duet`: stages on a small corpus, in one process and in two; the same seed gives the same weights; fine-tuning."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from inference.data.phones import PHONES
from inference.data.voices import HELD_OUT, VOICES
from inference.training.loop import result
from tests.dataset import write_set

ROOT = Path(__file__).resolve().parents[1]
STEPS = ("--mouth-steps", "4", "--manner-steps", "2", "--finetune-steps", "2")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a minute of shaped noise for each voice, as `--stage data` leaves it."""
    folder = tmp_path_factory.mktemp("duet")
    (folder / "speech").mkdir()
    for seed, name in enumerate([*VOICES, *HELD_OUT]):
        rng, seconds = np.random.default_rng(seed), 60
        audio = (rng.standard_normal(seconds * 16_000) * 1500).astype(np.int16)
        names = rng.integers(0, len(PHONES), seconds * 10)
        phones = np.array([(number, k / 10, (k + 1) / 10) for k, number in enumerate(names)])
        sentences = np.array([(50 * k, 50 * k + (25 if k % 9 == 0 else 45), k % 9 == 0) for k in range(seconds)])
        np.savez(folder / "speech" / f"{name}.npz", audio=audio, phones=phones, sentences=sentences)
    return folder


def train(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "main.py"), "train", "duet", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def copied(corpus: Path, folder: Path) -> Path:
    folder.mkdir()
    (folder / "speech").symlink_to(corpus / "speech")
    return folder


def test_the_stages_make_weights_and_a_card_and_repeat(corpus: Path, tmp_path: Path) -> None:
    folder, output = copied(corpus, tmp_path / "first"), tmp_path / "first.safetensors"
    done = train("--folder", folder, "--output", output, *STEPS)
    assert done.returncode == 0, done.stderr
    assert all(np.isfinite(value).all() for value in load_file(output).values())
    assert "| jaw at most | silence |" in (tmp_path / "first.md").read_text("utf-8")
    assert list((folder / "log").glob("events.*"))
    again = copied(corpus, tmp_path / "again")
    for stage in ("mouth", "manner"):  # one after the other, in processes of their own
        done = train("--folder", again, "--stage", stage, *STEPS)
        assert done.returncode == 0, done.stderr
        first, second = (result(one / f"{stage}.pt") for one in (folder, again))
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_processes_share_a_step(corpus: Path, tmp_path: Path) -> None:
    folder = copied(corpus, tmp_path / "two")
    done = train("--folder", folder, "--stage", "mouth", "--processes", "2", *STEPS)
    assert done.returncode == 0, done.stderr
    assert (folder / "mouth.pt").exists()


def test_missing_parts_are_named(tmp_path: Path) -> None:
    without_data = train("--folder", tmp_path / "none", "--stage", "mouth")
    assert without_data.returncode == 1
    assert "--stage data" in without_data.stderr
    assert "Traceback" not in without_data.stderr
    without_clips = train("--folder", tmp_path / "none", "--finetune", tmp_path)
    assert without_clips.returncode == 1
    assert "speaker1.wav" in without_clips.stderr


def test_fine_tuning_writes_weights_beside_the_bundled_ones(tmp_path: Path) -> None:
    data = write_set(tmp_path / "data", 1, 1)
    done = train("--folder", tmp_path / "run", "--finetune", data, *STEPS)
    assert done.returncode == 0, done.stderr
    tuned = load_file(tmp_path / "run" / "finetuned.safetensors")
    assert all(np.isfinite(value).all() for value in tuned.values())
    assert "tracked clips" in (tmp_path / "run" / "finetuned.md").read_text("utf-8")
