"""inference.dualtalk: the network gives what the authors' gives, live follows from it, recordings of any length work."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from inference.dualtalk import whole
from inference.dualtalk.duo import clip_features, duo_motion, duo_voices
from inference.dualtalk.model import DualTalkModel, LiveSettings
from inference.dualtalk.network import DualTalkNetwork, DualTalkSettings, normalised
from inference.dualtalk.tensors import official_names
from inference.dualtalk.timing import FRAME, frames_of
from inference.motion.recording import Recording
from tests import tiny_dualtalk
from tests.conftest import SPEECH

SHAPES = Path(__file__).parent / "data" / "dualtalk" / "checkpoint_shapes.json"


@pytest.fixture(scope="module")
def network() -> DualTalkNetwork:
    return tiny_dualtalk.network()


def live(network: DualTalkNetwork, context: float = 2.0, future: float = 0.08, hop: float = 0.08) -> DualTalkModel:
    return DualTalkModel(network, LiveSettings(context, future, hop, "float32"))


def dialogue(speech: np.ndarray, frames: int) -> np.ndarray:
    return np.stack([np.resize(speech, frames * FRAME), np.resize(np.roll(speech, 40_000), frames * FRAME)])


def parity_input(rows: int = 1) -> list[torch.Tensor]:
    case = tiny_dualtalk.case()
    return [torch.from_numpy(case[name])[None].repeat_interleave(rows, 0) for name in
            ("own_audio", "partner_audio", "partner_motion")]  # fmt: skip


def test_full_size_has_the_official_names_and_shapes() -> None:
    with torch.device("meta"):
        full = DualTalkNetwork(DualTalkSettings())
    expected = {name: tuple(shape) for name, shape in json.loads(SHAPES.read_text("utf-8")).items()}
    assert {name: tuple(t.shape) for name, t in official_names(full.state_dict()).items()} == expected
    assert len(expected) == 932
    assert sum(int(np.prod(shape)) for shape in expected.values()) == 647_237_048


@pytest.mark.parametrize(("precision", "error"), [(torch.float32, 1e-4), (torch.bfloat16, 1e-2)])
def test_the_output_is_the_authors(precision: torch.dtype, error: float) -> None:
    with torch.inference_mode():
        drawn = tiny_dualtalk.network(precision)(*parity_input())
    assert np.abs(drawn[0].numpy() - tiny_dualtalk.case()["output"]).max() < error


def test_training_mode_names_give_the_same_output() -> None:
    unfused = DualTalkNetwork(tiny_dualtalk.settings()).eval()
    from inference.dualtalk.tensors import torch_names

    unfused.load_state_dict(torch_names(tiny_dualtalk.weights()))
    with torch.inference_mode():
        drawn = unfused(*parity_input())
    assert np.abs(drawn[0].numpy() - tiny_dualtalk.case()["output"]).max() < 1e-4


def test_a_batch_is_as_one_by_one(network: DualTalkNetwork, speech: np.ndarray) -> None:
    own = torch.from_numpy(np.stack([speech[n : n + 30_000] * gain for n, gain in ((0, 1), (9000, 0.1), (50_000, 2))]))
    partner = own.flip(0).contiguous()
    motion = torch.randn(3, frames_of(30_000), 56, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        together = network(own, partner, motion)
        alone = [network(own[n : n + 1], partner[n : n + 1], motion[n : n + 1])[0] for n in range(3)]
    assert (together - torch.stack(alone)).abs().max() < 1e-5


@pytest.mark.parametrize("samples", [1, 399, 640, 4480, 5000, 6260, 31_999, 32_001, 100_000])
def test_sound_of_any_length_gives_its_frames(network: DualTalkNetwork, speech: np.ndarray, samples: int) -> None:
    audio = torch.from_numpy(speech[20_000 : 20_000 + samples])[None]
    frames = -(-samples // FRAME)
    with torch.inference_mode():
        drawn = network(audio, audio, torch.zeros(1, frames, 56))
        pieces = [clip_features(encoder, normalised(audio)) for encoder in network.encoders]
        piecewise = network.respond(*network.contextualised(*pieces), torch.zeros(1, frames, 56))
    assert drawn.shape == (1, frames, 56)
    assert torch.isfinite(drawn).all()
    assert (drawn - piecewise).abs().max() < 1e-5


def test_one_frame_more_is_taken_where_rounding_gives_it(network: DualTalkNetwork, speech: np.ndarray) -> None:
    audio = torch.from_numpy(speech[:4480])[None]  # 7 frames, but 4480 / 16000 * 25 is a little more in floats
    with torch.inference_mode():
        assert network(audio, audio, torch.zeros(1, 8, 56)).shape == (1, 8, 56)
    for frames in (6, 9):
        with pytest.raises(ValueError, match="7, 56"):
            network(audio, audio, torch.zeros(1, frames, 56))


def test_both_heads_answer_each_other(network: DualTalkNetwork, speech: np.ndarray) -> None:
    audio = normalised(torch.from_numpy(dialogue(speech, 60)))
    with torch.inference_mode():
        own, partner = duo_voices(network, audio)
        both = duo_motion(network, own, partner, torch.zeros(2, 60, 56))
        for row in (0, 1):
            answered = network(audio[row : row + 1], audio[1 - row : 2 - row], both[1 - row : 2 - row])
            assert (answered[0] - both[row]).abs().max() < 5e-3


def test_the_first_live_window_is_the_networks(network: DualTalkNetwork, speech: np.ndarray) -> None:
    model = live(network)
    audio = dialogue(speech[30_000:], 25)
    heard = normalised(torch.from_numpy(audio))
    window = torch.cat([torch.zeros_like(heard), heard], 1)  # of its 2 s the first was silent
    with torch.inference_mode():
        plain = network.respond(*network.voices(window, window.flip(0), 50), torch.zeros(2, 50, 56)).numpy()
    drawn, _ = model.step(audio, model.start(), (0, 0))
    assert np.abs(drawn[:, 12:] - plain[:, 37:]).max() < 1e-4  # the first frames lead over from rest


def test_a_quiet_room_is_not_blown_up_to_a_voice(network: DualTalkNetwork) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.001, (2, 50 * FRAME)).astype(np.float32)  # -60 dB
    model = live(network)
    heard, _ = model._normalised(noise, model.start().sums)
    assert heard.std() == pytest.approx(0.1, rel=0.05)
    loud, _ = model._normalised(noise * 100, model.start().sums)
    assert loud.std() == pytest.approx(1.0, rel=0.05)


def test_a_kept_state_is_not_changed_by_later_steps(network: DualTalkNetwork, speech: np.ndarray) -> None:
    model, audio = live(network), dialogue(speech, 80)
    _, kept = model.step(audio[:, : 60 * FRAME], model.start(ahead=10 * FRAME), model.live_look_aheads)
    first, _ = model.step(audio[:, 60 * FRAME : 64 * FRAME], kept, model.live_look_aheads)
    model.step(audio[:, 64 * FRAME :], kept, model.live_look_aheads)
    again, _ = model.step(audio[:, 60 * FRAME : 64 * FRAME], kept, model.live_look_aheads)
    assert np.array_equal(first, again)


def test_live_comes_closer_to_the_whole_clip_with_more_context(network: DualTalkNetwork, speech: np.ndarray) -> None:
    audio = dialogue(speech, 250)
    with torch.inference_mode():
        own, partner = duo_voices(network, normalised(torch.from_numpy(audio)))
        truth = duo_motion(network, own, partner, torch.zeros(2, 250, 56)).numpy()
    losses = []
    for context in (1.0, 8.0):
        model, state, drawn = live(network, context), None, []
        state = model.start()
        for at in range(0, audio.shape[1], 2 * FRAME):
            motion, state = model.step(audio[:, at : at + 2 * FRAME], state, (2, 2))
            drawn.append(motion)
        losses.append(np.abs(np.concatenate(drawn, 1)[:, 202:] - truth[:, 200:248]).mean())
    assert losses[1] < 0.6 * losses[0]


def test_a_hop_continues_where_the_last_ended(network: DualTalkNetwork, speech: np.ndarray) -> None:
    model, audio = live(network, hop=0.2), dialogue(speech, 200)
    state, drawn = model.start(), []
    for at in range(0, audio.shape[1], 5 * FRAME):
        motion, state = model.step(audio[:, at : at + 5 * FRAME], state, model.live_look_aheads)
        drawn.append(motion)
    speed = np.abs(np.diff(np.concatenate(drawn, 1)[:, 100:], axis=1)).mean((0, 2))
    border = np.arange(len(speed)) % 5 == 4
    assert speed[border].mean() < 1.5 * speed[~border].mean()


def test_settings_that_cannot_be_are_told() -> None:
    for wrong in ((0.5, 0.08, 0.08), (4.0, 0.4, 0.08), (4.0, 0.08, 3.0), (4.0, 0.08, 0.0)):
        with pytest.raises(ValueError, match="context"):
            LiveSettings(*wrong, "float32")
    with pytest.raises(ValueError, match="float8"):
        LiveSettings(4.0, 0.08, 0.08, "float8")


def test_long_recordings_go_by_windows_that_fade(
    network: DualTalkNetwork, speech: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, partner = tmp_path / "own.wav", tmp_path / "partner.wav"
    soundfile.write(own, np.resize(speech, 16_000 * 31 + 777), 16_000)
    soundfile.write(partner, np.resize(np.roll(speech, 50_000), 16_000 * 25), 16_000)
    recording = Recording(own, partner)
    at_once = np.concatenate(list(whole.animate_whole(network, recording, recording.blocks(16_000))), 1)
    monkeypatch.setattr(whole, "WHOLE_SECONDS", 5)
    monkeypatch.setattr(whole, "WINDOW", 250)
    windowed = np.concatenate(list(whole.animate_whole(network, recording, recording.blocks(16_000))), 1)
    assert at_once.shape == windowed.shape == (2, frames_of(16_000 * 31 + 777), 56)
    speed = [np.abs(np.diff(motion, axis=1)).max() for motion in (at_once, windowed)]
    assert speed[1] < 1.6 * speed[0]
    assert np.abs(windowed - at_once).mean() < 0.1


def test_windows_computed_at_once_are_as_one_by_one(
    network: DualTalkNetwork, speech: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "own.wav", tmp_path / "partner.wav"]
    for path, shift in zip(paths, (0, 70_000), strict=True):
        soundfile.write(path, np.resize(np.roll(speech, shift), 16_000 * 40 + 300), 16_000)
    recording = Recording(*paths)
    monkeypatch.setattr(whole, "WHOLE_SECONDS", 5)
    monkeypatch.setattr(whole, "WINDOW", 250)
    given = np.random.default_rng(0).normal(0, 0.3, (frames_of(recording.samples), 56)).astype(np.float32)
    for real in (None, given):
        drawn = []
        for at_once in (1, 3):
            monkeypatch.setattr(whole, "_AT_ONCE", {"cpu": at_once})
            drawn.append(
                np.concatenate(list(whole.animate_whole(network, recording, recording.blocks(16_000), real)), 1)
            )
        assert drawn[0].shape == (2, frames_of(recording.samples), 56)
        assert np.abs(drawn[0] - drawn[1]).max() < 2e-3  # heads that feed each other settle to that


def test_all_of_it_is_computed_where_the_weights_are() -> None:
    # A device without data refuses to mix with the processor, and gives nothing back at the end.
    elsewhere = tiny_dualtalk.network().to("meta")
    model = live(elsewhere)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta"):
        model.step(np.zeros((2, 2 * FRAME), np.float32), model.start(ahead=8 * FRAME), model.live_look_aheads)
    sound = np.zeros(64_500, np.float32)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta"):
        whole.answer(elsewhere, sound, sound, np.zeros((101, 56), np.float32))


def test_windows_cover_every_frame_once_and_overlap() -> None:
    for frames in (1, 1500, 1501, 2000, 90_000):
        windows = whole.windows_of(frames)
        assert windows[0][0] == 0
        assert windows[-1][1] == frames
        assert all(b[0] < a[1] and a[0] < b[0] for a, b in zip(windows, windows[1:], strict=False))


def test_the_partners_real_motion_is_answered(network: DualTalkNetwork) -> None:
    recording = Recording(SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac")
    frames = frames_of(recording.samples)
    given = np.random.default_rng(0).normal(0, 0.5, (frames, 56)).astype(np.float32)
    free = np.concatenate(list(whole.animate_whole(network, recording, recording.blocks(640))), 1)
    answered = np.concatenate(list(whole.animate_whole(network, recording, recording.blocks(640), given)), 1)
    assert np.array_equal(answered[1], given)
    assert np.abs(answered[0] - free[0]).max() > 1e-3
    assert answered.shape == (2, frames, 56)
