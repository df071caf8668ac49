"""`train dualtalk`: the paper's loss; a killed run that goes on gives the same weights; several processes train together."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import Wav2Vec2Config, Wav2Vec2Model

from inference.dualtalk.checkpoint import load_network
from inference.training.dualtalk import motion_loss, starting_network
from tests import tiny_dualtalk
from tests.conftest import until
from tests.dataset import write_set
from tests.test_checkpoint import ROOT, run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dualtalk")
    write_set(folder / "train", 3, 1, 60)
    tiny_dualtalk.write_checkpoint(folder / "tiny.pth")
    return folder


def command(data: Path, folder: Path, *more: str) -> list[str]:
    return ["train", "dualtalk", str(data), "--begin-with", str(data / "tiny.pth"), "--folder", str(folder), "--window", "30",
            "--batch", "2", "--epochs", "2", "--save-every", "1", "--loaders", "0", *more]  # fmt: skip


def test_the_loss_is_the_papers() -> None:
    drawn, truth = torch.randn(2, 9, 56), torch.randn(2, 9, 56)
    parts = [((drawn - truth)[..., part] ** 2).mean() for part in (slice(0, 50), slice(50, 53), slice(53, 56))]
    velocity = (((drawn[:, 1:] - drawn[:, :-1]) - (truth[:, 1:] - truth[:, :-1])) ** 2).mean()
    assert torch.allclose(motion_loss(drawn, truth), sum(parts) + velocity)


def killed_on_the_way(data: Path, folder: Path) -> bool:
    """Begin a run and kill it once it has kept a state; return whether it was not done by then."""
    shutil.rmtree(folder, ignore_errors=True)
    started = subprocess.Popen([sys.executable, str(ROOT / "main.py"), *command(data, folder)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    assert until((folder / "state").is_dir)
    started.send_signal(signal.SIGKILL)
    started.wait()
    return not (folder / "last.safetensors").exists()


def test_a_killed_run_goes_on_to_the_same_weights(data: Path, tmp_path: Path) -> None:
    whole = run(tmp_path, *command(data, tmp_path / "whole"))
    assert whole.returncode == 0, whole.stderr
    assert until(lambda: killed_on_the_way(data, tmp_path / "killed"))
    again = run(tmp_path, *command(data, tmp_path / "killed"))
    assert again.returncode == 0, again.stderr
    for name in ("last.safetensors", "best.safetensors"):
        first, second = load_file(tmp_path / "whole" / name), load_file(tmp_path / "killed" / name)
        assert all(torch.equal(first[key], second[key]) for key in first), name
    before = tiny_dualtalk.weights()
    changed = {key for key in first if not torch.equal(first[key], before[key].float())}
    assert any("synthesis_module" in key for key in changed)
    assert any("encoder.layers" in key for key in changed)
    assert not any("feature_extractor" in key for key in changed)  # frozen, as in the paper
    assert list((tmp_path / "whole" / "log").glob("**/events*"))
    load_network(tmp_path / "whole" / "best.safetensors")


def test_processes_share_a_step(data: Path, tmp_path: Path) -> None:
    done = run(tmp_path, *command(data, tmp_path / "two", "--processes", "2", "--accumulate", "1"), OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("best validation loss") == 1
    assert (tmp_path / "two" / "state" / "random_states_1.pkl").exists()


def test_too_little_data_is_told(data: Path, tmp_path: Path) -> None:
    result = run(tmp_path, *command(data, tmp_path / "none", "--window", "500"))
    assert result.returncode == 1
    assert "too little" in result.stderr
    assert "Traceback" not in result.stderr


def test_it_can_start_from_wav2vec(tmp_path: Path) -> None:
    sizes = tiny_dualtalk.settings().wav2vec
    spoken = Wav2Vec2Model(Wav2Vec2Config(**sizes))
    spoken.save_pretrained(tmp_path / "wav2vec")
    network = starting_network(str(tmp_path / "wav2vec"), 1)
    for encoder in network.encoders:
        for name, tensor in spoken.state_dict().items():
            assert torch.equal(encoder.state_dict()[name], tensor), name
