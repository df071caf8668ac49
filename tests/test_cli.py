"""The commands as a person types them: exit codes, one line that says what is wrong, whole files or none."""

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from tests.conftest import PATIENCE, SPEECH
from tests.test_files import broken_files

ROOT = Path(__file__).resolve().parents[1]


def run(*words: object, **environment: str | None) -> "subprocess.CompletedProcess[str]":
    import os

    env = {k: v for k, v in (os.environ | environment).items() if v is not None}
    command = [sys.executable, str(ROOT / "main.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=PATIENCE, check=False)


def test_help_lists_every_command_and_each_has_its_own() -> None:
    whole = run("--help")
    assert whole.returncode == 0
    from app.commands.cli import COMMANDS

    for name in COMMANDS:
        assert name in whole.stdout
        own = run(name, "--help")
        assert own.returncode == 0
        assert f"./run {name}" in own.stdout


def test_an_unknown_command_is_told() -> None:
    result = run("rendr")
    assert result.returncode == 2
    assert "render" in result.stderr


def test_without_a_display_the_window_names_what_needs_none() -> None:
    result = run(DISPLAY=None, WAYLAND_DISPLAY=None)
    assert result.returncode == 2
    assert "render" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="displays have names on Linux")
@pytest.mark.parametrize("wrong", [{"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "nowhere"}])
def test_a_display_that_cannot_be_reached_is_told(wrong: dict[str, str]) -> None:
    result = run(**({"DISPLAY": None, "WAYLAND_DISPLAY": None} | wrong))
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert all(f"{name}={value}" in line for name, value in wrong.items())
    assert "render" in line


def test_render_writes_video_and_both_motions(tmp_path: Path) -> None:
    video, motion = tmp_path / "talk.mp4", tmp_path / "talk.npz"
    own, partner = SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac"
    result = run("render", own, partner, "-o", video, "--motion", motion, "--size", "320x180", "--json", DISPLAY=None)
    assert result.returncode == 0, result.stderr
    figures = json.loads(result.stdout.splitlines()[-1])
    seconds = max(soundfile.info(path).duration for path in (own, partner))
    assert figures["seconds"] == pytest.approx(seconds, abs=0.01)
    with av.open(str(video)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"
        pictures = [f.to_ndarray(format="rgb24").astype(int) for f in container.decode(video=0)]
    assert len(pictures) == pytest.approx(seconds * 25, abs=25)
    assert np.mean([np.abs(a - b).mean() for a, b in zip(pictures, pictures[1:], strict=False)]) > 0.05
    with av.open(str(video)) as container:
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], 1)
    assert np.abs(sound).max() > 0.05
    for path in (motion, tmp_path / "talk_partner.npz"):
        with np.load(path) as stored:
            frames = len(stored["exp"])
            assert (stored["exp"].shape[1], stored["pose"].shape, stored["eyes"].shape) == (
                50,
                (frames, 6),
                (frames, 6),
            )
            assert (int(stored["fps"]), str(stored["basis"]), len(stored["names"])) == (50, "named", 50)
            assert frames == figures["frames"]
            assert stored["pose"][:, 3].max() > 0.03  # the jaw is the second half of the pose
            assert 0 <= stored["eyes"][:, 4].min() <= stored["eyes"][:, 4].max() <= 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["talk.mp4", "talk.npz", "talk_partner.npz"]


def test_the_same_seed_gives_the_same_motion(tmp_path: Path) -> None:
    own, partner = SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac"
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run("render", own, partner, "--motion", tmp_path / f"{name}.npz", "--seed", seed).returncode == 0
    loaded = {name: np.load(tmp_path / f"{name}.npz")["pose"] for name in "abc"}
    assert np.array_equal(loaded["a"], loaded["b"])
    assert not np.array_equal(loaded["a"], loaded["c"])


def test_bad_recordings_are_told_and_leave_nothing_behind(tmp_path: Path) -> None:
    good, out = SPEECH / "LJ001-0002.flac", tmp_path / "out"
    out.mkdir()
    for name, path in broken_files(tmp_path).items():
        result = run("render", good, path, "-o", out / "talk.mp4", "--motion", out / "talk.npz", "--size", "320x180")
        assert result.returncode == 1, name
        assert path.name in result.stderr
        assert "Traceback" not in result.stderr
        assert not list(out.iterdir()), name
    missing = run("render", good, tmp_path / "nowhere.wav", "-o", out / "talk.mp4")
    assert missing.returncode == 2
    assert "nowhere.wav" in missing.stderr


def test_wrong_use_is_told(tmp_path: Path) -> None:
    good = SPEECH / "LJ001-0002.flac"
    assert run("render", good, good).returncode == 2
    assert run("render", good, good, "-o", tmp_path / "no" / "talk.mp4").returncode == 2
    odd = run("render", good, good, "-o", tmp_path / "talk.mp4", "--size", "321x180")
    assert odd.returncode == 2
    assert "even" in odd.stderr


def test_render_takes_96_kilohertz_in_eight_channels(tmp_path: Path) -> None:
    path = tmp_path / "studio.wav"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.1, 0.1, (96_000, 8)), 96_000, subtype="PCM_24")
    result = run("render", path, SPEECH / "LJ001-0002.flac", "--motion", tmp_path / "m.npz", "--json")
    assert result.returncode == 0, result.stderr


def test_doctor_tells_part_by_part() -> None:
    result = run("doctor", "--json")
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["ok"] is True
    names = {part["name"] for part in found["parts"]}
    assert names >= {
        "Python",
        "window",
        "graphics",
        "microphone",
        "loudspeaker",
        "voice",
        "motion model",
        "heads",
        "disk",
    }
    assert all(part["ok"] or part["remedy"] for part in found["parts"])
    assert run("doctor").stdout.count("\n") >= len(names)


def test_bench_model_prints_its_keys() -> None:
    result = run("bench", "model", "--json")
    assert result.returncode == 0, result.stderr
    figures = json.loads(result.stdout.splitlines()[-1])
    assert set(figures) >= {"hop", "p50", "p95", "load_s", "rss_mb", "live_equals_offline"}
    assert figures["live_equals_offline"] is True
