"""render and compare by the models there are: DualTalk answers the partner's motion, every model beside the truth."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from tests import tiny_dualtalk
from tests.synthetic_flame import flame_arrays, write_pickle
from tests.test_checkpoint import run
from tests.test_models import OWN, PARTNER


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder of imported files, empty; no sound devices."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    return tmp_path


def test_render_by_dualtalk_answers_the_partners_motion(home: Path) -> None:
    weights = tiny_dualtalk.write_checkpoint(home / "d.pth")
    common = ("render", OWN, PARTNER, "--model", "dualtalk", "--weights", weights)
    first = run(home, *common, "--motion", home / "free.npz", "--json")
    assert first.returncode == 0, first.stderr
    figures = json.loads(first.stdout)
    assert figures["fps"] == 25
    with np.load(home / "free.npz") as free, np.load(home / "free_partner.npz") as partner:
        assert len(free["exp"]) == figures["frames"]
        assert str(free["basis"]) == "flame"
        given = {name: partner[name] * 0.5 for name in ("exp", "pose")}
    np.savez(home / "given.npz", **given)
    second = run(home, *common, "--motion", home / "answer.npz", "--partner-motion", home / "given.npz")
    assert second.returncode == 0, second.stderr
    with (
        np.load(home / "answer_partner.npz") as kept,
        np.load(home / "answer.npz") as answer,
        np.load(home / "free.npz") as free,
    ):
        assert np.allclose(kept["exp"], given["exp"])
        assert not np.allclose(answer["exp"], free["exp"], atol=1e-4)
    wrong = run(home, "render", OWN, PARTNER, "--motion", home / "x.npz", "--partner-motion", home / "given.npz")
    assert wrong.returncode == 1
    assert "named expressions" in wrong.stderr
    moody = run(home, *common, "--motion", home / "x.npz", "--mood", "happy")
    assert moody.returncode == 2
    assert "DualTalk" in moody.stderr
    named = run(home, "render", OWN, PARTNER, "--motion", home / "duet.npz")
    assert named.returncode == 0
    duet = ("render", OWN, PARTNER, "--partner-motion", home / "duet_partner.npz", "--mood", "happy,head=0.5")
    assert run(home, *duet, "--motion", home / "z.npz").returncode == 0
    with np.load(home / "duet_partner.npz") as given, np.load(home / "z_partner.npz") as kept:
        assert np.allclose(kept["exp"], given["exp"], atol=1e-6)
        assert np.allclose(kept["pose"], given["pose"], atol=1e-6)
    other = run(home, *common, "--motion", home / "y.npz", "--partner-motion", home / "duet.npz")
    assert other.returncode == 1
    assert "named" in other.stderr
    assert not (home / "y.npz").exists()


def test_compare_shows_every_model_and_the_truth(home: Path) -> None:
    weights = tiny_dualtalk.write_checkpoint(home / "d.pth")
    assert run(home, "import-flame", write_pickle(home / "flame.pkl", flame_arrays())).returncode == 0
    frames = 140
    truth = {"exp": np.random.default_rng(0).normal(0, 0.3, (frames, 50)), "pose": np.zeros((frames, 6))}
    np.savez(home / "truth.npz", **truth)
    result = run(home, "compare", OWN, PARTNER, "--models", "duet", "dualtalk", "--weights", weights, "--truth",
                 home / "truth.npz", "-o", home / "c.mp4", "--size", "240x136", "--json")  # fmt: skip
    assert result.returncode == 0, result.stderr
    measures = json.loads(result.stdout)["measures"]
    assert list(measures) == ["Duet", "DualTalk", "Truth"]
    assert "fd_expression" in measures["DualTalk"]
    assert "fd_expression" not in measures["Duet"]
    assert measures["Truth"]["mse_neck"] == 0
    with av.open(str(home / "c.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert pictures[0].shape == (2 * (136 + 74), 480, 3)
    panels = [pictures[60][top : top + 136, left : left + 240] for top, left in ((0, 0), (0, 240), (210, 0))]
    for panel in panels:
        skin = (panel[..., 0].astype(int) > 100) & (panel[..., 0] > panel[..., 2].astype(int) + 15)
        assert skin.sum() > 400
    assert pictures[60][140:210, :240].max() > 150  # the caption
