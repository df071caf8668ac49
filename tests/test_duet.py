"""inference.duet: live equals offline, the state can be taken back, the mouth does what is said, damaged weights are told."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from avatar.rig.layout import EXPRESSION, JAW, MOTION_SIZE, NECK, SLOT
from inference.duet.articulation import CHANNELS, decode
from inference.duet.face import compose
from inference.duet.model import WEIGHTS, DuetModel, load_duet
from inference.duet.network import MANNER_SIZE, REACTION, DuetNetwork, new_memory
from inference.duet.noise import NOISE_SIZE, slow_noise
from inference.measures.duet import articulation as figures
from inference.motion.model import Conditions
from tests.conftest import SPEECH


@pytest.fixture(scope="module")
def duet() -> DuetModel:
    return load_duet()


def dialogue(speech: np.ndarray, seconds: float = 6.0) -> np.ndarray:
    count = int(seconds * 50) * 320
    return np.stack([speech[:count], np.roll(speech, 40_000)[:count]]).astype(np.float32)


@pytest.mark.parametrize("hop", [1, 2, 7])
def test_live_equals_offline(duet: DuetModel, speech: np.ndarray, hop: int) -> None:
    audio = dialogue(speech)
    whole, _ = duet.step(audio, duet.start(5), (1, 3))
    state, parts = duet.start(5), []
    for first in range(0, audio.shape[1], hop * 320):
        motion, state = duet.step(audio[:, first : first + hop * 320], state, (1, 3))
        parts.append(motion)
    assert np.abs(np.concatenate(parts, 1) - whole).max() < 1e-5


def test_a_kept_state_is_not_changed_by_later_steps(duet: DuetModel, speech: np.ndarray) -> None:
    audio = dialogue(speech)
    _, kept = duet.step(audio[:, :32_000], duet.start(0), (0, 0))
    first, _ = duet.step(audio[:, 32_000:48_000], kept, (0, 0))
    duet.step(audio[:, 48_000:64_000], kept, (0, 0))
    again, _ = duet.step(audio[:, 32_000:48_000], kept, (0, 0))
    assert np.array_equal(first, again)


def test_both_speakers_are_one_batch_and_hear_each_other(duet: DuetModel, speech: np.ndarray) -> None:
    audio = dialogue(speech)
    together, _ = duet.step(audio, duet.start(0), (3, 3))
    alone, _ = duet.step(audio * np.array([[1], [0]], np.float32), duet.start(0), (3, 3))
    assert np.allclose(together[0][:, JAW], alone[0][:, JAW], atol=1e-5)  # the own mouth is the own voice's
    assert np.abs(together[0][:, NECK] - alone[0][:, NECK]).max() > 0.003  # the head answers the partner


def test_the_same_seed_gives_the_same_motion(duet: DuetModel, speech: np.ndarray) -> None:
    audio = dialogue(speech, 2.0)
    first, _ = duet.step(audio, duet.start(1), (3, 3))
    assert np.array_equal(first, duet.step(audio, duet.start(1), (3, 3))[0])
    assert not np.array_equal(first, duet.step(audio, duet.start(2), (3, 3))[0])


def test_silence_and_noise_leave_the_mouth_shut(duet: DuetModel) -> None:
    rng = np.random.default_rng(0)
    silence = np.zeros((2, 160_000), np.float32)
    tone = 0.1 * np.sin(2 * np.pi * 300 * np.arange(160_000) / 16_000).astype(np.float32)
    hiss = (0.01 * rng.standard_normal(160_000)).astype(np.float32)
    quiet, _ = duet.step(silence, duet.start(0), (3, 3))
    loud, _ = duet.step(np.stack([tone, hiss]), duet.start(0), (3, 3))
    assert quiet[:, 50:, JAW.start].max() < 0.02  # rad
    assert np.percentile(loud[:, 50:, JAW.start], 95) < 0.05


def test_moves_real_peoples_lips(duet: DuetModel) -> None:
    clips = figures.read_clips(SPEECH)
    rows = {row["measure"]: row for row in figures.correlations(duet.network, clips, "read", 3)}
    assert rows["jaw"]["value"] > 0.8
    assert rows["close"]["value"] > 0.6
    assert rows["jaw"]["value"] > (rows["jaw"]["baseline"] or 0) + 0.1
    assert abs(rows["jaw"]["chance"] or 0) < 0.3
    shut = {row["measure"]: row["value"] for row in figures.closures(duet.network, clips, "read", 3)}
    assert shut["bilabials closed"] > 0.7
    assert shut["false closures"] < 0.12


def test_motion_has_the_layouts_form(duet: DuetModel, speech: np.ndarray) -> None:
    motion, _ = duet.step(dialogue(speech), duet.start(0), (3, 3))
    assert motion.shape == (2, 300, MOTION_SIZE)
    assert motion[..., EXPRESSION].min() >= 0
    assert motion[..., EXPRESSION].max() <= 1
    assert np.degrees(np.abs(motion[..., NECK])).max() < 20
    with pytest.raises(ValueError, match="320"):
        duet.step(np.zeros((2, 100), np.float32), duet.start(0), (0, 0))


def test_a_closure_seals_an_open_jaw() -> None:
    channels = torch.zeros(2, len(CHANNELS))
    channels[:, CHANNELS.index("jaw")] = channels[:, CHANNELS.index("effort")] = 0.6
    channels[1, CHANNELS.index("close")] = 1.0
    apart, sealed = decode(channels)
    assert apart[JAW.start] > 0.1
    assert sealed[JAW.start] < apart[JAW.start]
    assert sealed[SLOT["mouthClose"]] > 0.2
    assert apart[SLOT["mouthClose"]] == 0


def test_noise_is_slow_even_and_addressable() -> None:
    noise = slow_noise(4, 0, 30_000)
    assert np.abs(noise.mean(0)).max() < 0.15
    assert np.all((noise.std(0) > 0.75) & (noise.std(0) < 1.25))
    assert np.array_equal(slow_noise(4, 1234, 50), noise[1234:1284])
    assert np.abs(np.diff(noise, axis=0)).max() < 0.6


def test_damaged_weights_are_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "duet.safetensors"
    with pytest.raises(FileNotFoundError, match="train duet"):
        load_duet(path)
    path.write_bytes(WEIGHTS.read_bytes()[:100_000])
    with pytest.raises(ValueError, match=r"duet\.safetensors is damaged"):
        load_duet(path)
    path.write_bytes(b"\x80\x04cposix\nsystem\n(S'touch x'\ntR.")
    with pytest.raises(ValueError, match="damaged"):
        load_duet(path)
    settings = {"settings": json.dumps({"width": 16, "dilations": [1], "phones": 44})}
    save_file(DuetNetwork(width=8, dilations=(1,)).state_dict(), path, metadata=settings)
    with pytest.raises(ValueError, match="this version"):
        load_duet(path)
    huge = {"settings": json.dumps({"width": 10**6, "dilations": [1], "phones": 44})}  # which would take terabytes
    save_file(DuetNetwork(width=8, dilations=(1,)).state_dict(), path, metadata=huge)
    with pytest.raises(ValueError, match="other names or shapes"):
        load_duet(path)
    weights = DuetNetwork(width=16, dilations=(1,)).state_dict()
    weights["mouth.bias"][0] = float("nan")
    save_file(weights, path, metadata=settings)
    with pytest.raises(ValueError, match="not numbers"):
        load_duet(path)
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(FileNotFoundError, match=r"pipe\.safetensors is missing, or no file"):
        load_duet(tmp_path / "pipe.safetensors")


def test_batches_equal_one_by_one(speech: np.ndarray) -> None:
    network = DuetNetwork(width=24, dilations=(1, 2)).eval()
    audio = torch.from_numpy(np.concatenate([dialogue(speech, 1.0), dialogue(speech[50_000:], 1.0)]))
    noise, mood, seen = torch.randn(4, 50, NOISE_SIZE), torch.rand(4, 50, 5), torch.rand(4, 50, MOTION_SIZE)

    def drawn(rows: slice) -> tuple[torch.Tensor, ...]:
        memory = new_memory(rows.stop - rows.start)
        state, voice = network.hear(audio[rows], memory)
        heard = torch.cat([state, voice], 2)
        return network.articulate(state), *network.manner(heard, seen[rows], mood[rows], noise[rows], memory)

    with torch.inference_mode():
        together = drawn(slice(0, 4))
        for pair in (slice(0, 2), slice(2, 4)):
            for a, b in zip(together, drawn(pair), strict=True):
                assert torch.allclose(a[pair], b, atol=1e-5)


def test_a_face_answers_the_one_it_sees(duet: DuetModel, speech: np.ndarray) -> None:
    audio = dialogue(speech)
    audio[0] = 0
    frames = audio.shape[1] // 320
    still, smiling = np.zeros((2, frames, MOTION_SIZE), np.float32)
    smiling[100:, [SLOT["mouthSmileLeft"], SLOT["mouthSmileRight"]]] = 0.8
    met = [duet.step(audio, duet.start(0), (3, 3), partner_motion=face)[0] for face in (still, smiling)]
    smile = [motion[0, :, SLOT["mouthSmileLeft"]] for motion in met]
    assert np.array_equal(smile[0][: 100 + REACTION], smile[1][: 100 + REACTION])  # not before it can be seen
    assert (smile[1] - smile[0])[160:].mean() > 0.05
    assert np.array_equal(met[1][1], smiling)


def test_what_is_asked_of_a_face_shows(duet: DuetModel, speech: np.ndarray) -> None:
    audio = dialogue(speech)

    def drawn(**asked: object) -> np.ndarray:
        return duet.step(audio, duet.start(0), (3, 3), (Conditions(**asked), Conditions()))[0]  # type: ignore[arg-type]

    plain, smile, frown = drawn(), SLOT["mouthSmileLeft"], SLOT["mouthFrownLeft"]
    assert drawn(emotion="happy")[0, 100:, smile].mean() > plain[0, 100:, smile].mean() + 0.15
    assert drawn(emotion="sad")[0, 100:, frown].mean() > plain[0, 100:, frown].mean() + 0.15
    assert drawn(emotion="happy", strength=0.3)[0, 100:, smile].mean() < drawn(emotion="happy")[0, 100:, smile].mean()
    assert np.allclose(drawn(head=0.0)[0][:, NECK], 0)
    assert np.allclose(drawn(head=2.0)[0][:, NECK], 2 * plain[0][:, NECK], atol=0.02)
    assert drawn(mouth=1.5)[0, :, JAW.start].max() > 1.3 * plain[0, :, JAW.start].max()
    shut = plain[0, :, SLOT["mouthPressLeft"]]
    assert np.abs(drawn(mouth=0.5)[0, :, SLOT["mouthPressLeft"]] - shut).max() < 0.1  # lips still meet
    with pytest.raises(ValueError, match="happy"):
        Conditions(emotion="jolly")
    with pytest.raises(ValueError, match="between 0 and 2"):
        Conditions(head=3)


def test_a_changed_mood_comes_gradually(duet: DuetModel, speech: np.ndarray) -> None:
    audio = dialogue(speech)
    first, state = duet.step(audio[:, :32_000], duet.start(0), (3, 3))
    then, _ = duet.step(audio[:, 32_000:64_000], state, (3, 3), (Conditions(emotion="happy"),) * 2)
    smile = np.concatenate([first[0], then[0]])[:, SLOT["mouthSmileLeft"]]
    assert np.abs(np.diff(smile)).max() < 0.1
    assert smile[180:].mean() > smile[60:100].mean() + 0.1


def test_no_two_sides_are_alike_and_the_seed_says_how() -> None:
    manner, noise = torch.rand(1, 50, MANNER_SIZE), torch.from_numpy(slow_noise(3, 0, 50))[None]
    articulation = torch.rand(1, 50, len(CHANNELS)) * 0.5
    first, again, other = (compose(articulation, manner, noise, (seed,), (Conditions(),)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    left, right = SLOT["mouthStretchLeft"], SLOT["mouthStretchRight"]
    assert (first[..., left] - first[..., right]).abs().max() > 0.005
    assert not torch.equal(first[..., left], other[..., left])
