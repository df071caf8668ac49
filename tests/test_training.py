"""inference.training: phones to targets, augmentation, dyads, and a run that resumes to the same weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inference.data import corpus
from inference.data.augment import batch
from inference.data.corpus import Track
from inference.data.dyads import simulate
from inference.data.phones import PHONES, Phone, articulation_targets, from_arpabet, from_ipa, phone_labels
from inference.data.sounds import laughter, non_speech
from inference.duet.articulation import CHANNEL
from inference.duet.network import MANNER_UNITS, MOOD_SIZE, DuetNetwork
from inference.duet.noise import slow_noise
from inference.measures.duet.rows import area_under_curve
from inference.training import finetune
from inference.training.behaviour import cues, manner_targets
from inference.training.loop import Schedule
from inference.training.manner import train_manner
from inference.training.mouth import train_mouth
from tests.dataset import write_set


def timed(*names: str, seconds: float = 0.12) -> list[Phone]:
    return [Phone(name, i * seconds, (i + 1) * seconds) for i, name in enumerate(names)]


def test_lips_meet_in_m_and_part_in_a() -> None:
    targets = articulation_targets(timed("pau", "m", "aa", "p", "aa", "pau", seconds=0.24), 72)
    middle = {name: targets[int((i + 0.5) * 12)] for i, name in enumerate(("pau", "m", "aa"))}
    assert middle["m"][CHANNEL["close"]] > 0.9
    assert middle["aa"][CHANNEL["close"]] < 0.3
    assert middle["aa"][CHANNEL["jaw"]] > middle["m"][CHANNEL["jaw"]] + 0.2


def test_rounding_comes_early() -> None:
    with_oo = articulation_targets(timed("s", "t", "uw"), 18)
    with_ee = articulation_targets(timed("s", "t", "iy"), 18)
    assert with_oo[9, CHANNEL["round"]] > with_ee[9, CHANNEL["round"]] + 0.1  # already in the t


def test_symbols_are_understood() -> None:
    assert [from_arpabet(s) for s in ("AA1", "SIL", "axr", "P", "??")] == ["aa", "pau", "er", "p", "pau"]
    assert [from_ipa(s) for s in ("tʃ", "aɪ", "ɹ", "m", "")] == ["ch", "ay", "r", "m", "pau"]
    labels = phone_labels(timed("m", "aa"), 12)
    assert PHONES[labels[0]] == "m"
    assert PHONES[labels[-1]] == "aa"


def test_each_sound_has_its_tongue() -> None:
    for name, channel in (("th", "dental"), ("l", "lateral"), ("k", "velar"), ("n", "tongue")):
        middle = articulation_targets(timed("aa", name, "aa", seconds=0.2), 30)[15]
        shapes = {c: middle[CHANNEL[c]] for c in ("tongue", "dental", "lateral", "velar")}
        assert max(shapes, key=lambda c: shapes[c]) == channel
        assert shapes[channel] > 0.6


def tracks() -> list[Track]:
    """Two voices of noise shaped by random phones: enough for code, not for learning."""
    rng, result = np.random.default_rng(0), []
    for _ in range(2):
        names = [str(name) for name in rng.choice(PHONES, 200)]
        phones, frames = timed(*names), 1200
        loud = np.repeat([0.0 if name == "pau" else 0.1 for name in names], 1920)[: frames * 320]
        audio = (loud * rng.standard_normal(frames * 320)).astype(np.float32)
        sentences = np.array([[first, first + (30 if first % 400 == 0 else 180)] for first in range(0, 1200, 200)])
        short = sentences[:, 1] - sentences[:, 0] < 50
        labels = phone_labels(phones, frames)
        result.append(Track(audio, articulation_targets(phones, frames), labels, sentences, short))
    return result


def test_batches_are_finite_and_repeatable() -> None:
    def draw() -> list[torch.Tensor]:
        torch.manual_seed(3)
        drawn = batch(tracks(), np.array([0.5, 0.5]), 6, 100, 1.0, np.random.default_rng(3))
        return [drawn.mel, drawn.articulation, drawn.labels]

    first, again = draw(), draw()
    assert [tuple(t.shape) for t in first] == [(6, 200, 80), (6, 100, 12), (6, 100)]
    assert all(torch.isfinite(t).all() for t in first)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_every_kind_of_non_speech_sounds() -> None:
    for seed in range(12):
        assert 0.01 < float(non_speech(100, np.random.default_rng(seed)).std()) < 0.2


def test_laughter_opens_the_mouth_and_sounds() -> None:
    for seed in range(6):
        audio, mouth = laughter(150, np.random.default_rng(seed))
        assert mouth[:, CHANNEL["jaw"]].max() > 0.3
        assert 0.02 < float(audio.std()) < 0.1
        quiet = np.abs(audio.numpy()).reshape(150, -1).max(1) < 1e-4
        assert mouth[quiet, CHANNEL["jaw"]].mean() < 0.25


def talks(count: int, mood: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return who speaks, manner and cues of some conversations."""
    result = []
    for seed in range(count):
        talk = simulate(tracks(), 600, np.random.default_rng(seed))
        noise = np.stack([slow_noise(seed + row, 0, 600) for row in (0, 1)])
        result.append((talk.speaking, *manner_targets(talk, noise, mood)))
    return result


def test_simulated_conversations_take_turns() -> None:
    drawn = [simulate(tracks(), 900, np.random.default_rng(seed)) for seed in range(12)]
    speaking = np.concatenate([talk.speaking for talk in drawn], 1)
    both, one = (speaking.sum(0) == 2).mean(), (speaking.sum(0) == 1).mean()
    assert one > 0.4
    assert 0 < both < 0.4
    assert (speaking.sum(0) == 0).mean() > 0.05
    for talk in drawn:
        quiet = talk.speaking[0] + talk.laughing[0] == 0
        assert talk.articulation[0, quiet, CHANNEL["close"]].mean() > 0.2
        assert np.isfinite(talk.audio).all()


def test_simulated_listeners_move_less_than_speakers() -> None:
    speak, listen = [], []
    for speaking, manner, _ in talks(20, np.zeros((2, MOOD_SIZE), np.float32)):
        speed = np.abs(np.diff(manner[..., :3], axis=1)).mean(2)
        for row in (0, 1):
            alone = [(speaking[k, 1:] > 0) & (speaking[1 - k, 1:] == 0) for k in (row, 1 - row)]
            speak += speed[row][alone[0]].tolist()
            listen += speed[row][alone[1]].tolist()
    assert 0.3 < np.mean(listen) / np.mean(speak) < 0.85


def test_moods_show() -> None:
    smile, frown, brow = (3 + MANNER_UNITS.index(unit) for unit in ("mouthSmile", "mouthFrown", "browDown"))

    def mean(*mood: float) -> np.ndarray:
        asked = np.tile(np.array(mood, np.float32), (2, 1))
        return np.mean([manner.mean((0, 1)) for _, manner, _ in talks(4, asked)], 0)

    neutral, happy, sad, angry = mean(0, 0, 0, 0, 0), mean(0, 1, 0, 0, 0), mean(0, 0, 1, 0, 0), mean(0, 0, 0, 1, 0)
    assert happy[smile] > neutral[smile] + 0.2 > sad[smile]
    assert sad[frown] > neutral[frown] + 0.2
    assert angry[brow] > neutral[brow] + 0.3
    assert mean(1, 0, 0, 0, 0)[smile] > neutral[smile] > mean(-1, 0, 0, 0, 0)[smile]


def test_cues_want_speech_before_them_and_rest_between() -> None:
    speaking, voice = np.ones(500), np.zeros((500, 4), np.float32)
    for first in (10, 100, 110, 300):
        voice[first : first + 8, 3] = 1
    speaking[400:] = 0
    assert np.flatnonzero(cues(speaking, voice)).tolist() == [
        105,
        305,
        404,
    ]  # the first came too early, the third too soon
    assert cues(speaking, voice)[404] == 2


@pytest.mark.parametrize("stage", ["mouth", "manner"])
def test_a_run_that_was_stopped_ends_with_the_same_weights(tmp_path: Path, stage: str) -> None:
    torch.set_num_threads(1)
    short = Schedule(steps=4, rows=2, learning_rate=1e-3, save_every=2)
    whole, broken = tmp_path / "whole", tmp_path / "broken"

    def run(folder: Path, schedule: Schedule) -> dict[str, torch.Tensor]:
        folder.mkdir(exist_ok=True)
        torch.manual_seed(1)
        network = DuetNetwork(width=16, dilations=(1, 2))
        if stage == "mouth":
            train_mouth(network, tracks(), schedule, folder / "mouth.pt")
        else:
            train_manner(network, tracks(), schedule, folder / "manner.pt", frames=150)
        return network.state_dict()

    class StoppedError(Exception):
        pass

    class Stopping(Schedule):
        """Stops the run once it has been kept after two steps."""

        def __getattribute__(self, name: str) -> object:
            if name == "average" and (broken / f"{stage}.pt").exists():
                raise StoppedError
            return super().__getattribute__(name)

    unbroken = run(whole, short)
    with pytest.raises(StoppedError):
        run(broken, Stopping(steps=4, rows=2, learning_rate=1e-3, save_every=2))
    kept = torch.load(broken / f"{stage}.pt", weights_only=True)["step"]
    resumed = run(broken, short)
    assert kept == 2
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)


def test_manner_learns_and_leaves_the_mouth_alone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DuetNetwork(width=16, dilations=(1, 2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train_manner(network, tracks(), Schedule(steps=3, rows=2, learning_rate=1e-3), tmp_path / "manner.pt", frames=150)
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before if not name.startswith("manner."))
    assert not torch.equal(before["manner.exit.weight"], after["manner.exit.weight"])


def test_fine_tuning_nears_what_was_tracked(tmp_path: Path) -> None:
    from inference.data import dataset

    torch.set_num_threads(1)
    clips = dataset.find(write_set(tmp_path / "data", 1, 1)).clips
    torch.manual_seed(0)
    network = DuetNetwork(width=16, dilations=(1, 2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    schedule = Schedule(steps=6, rows=2, learning_rate=1e-3, save_every=3)
    finetune.finetune(network, clips, schedule, tmp_path / "finetune.pt", frames=120)
    after = network.state_dict()
    assert not torch.equal(before["trunk.enter.weigh.weight"], after["trunk.enter.weigh.weight"])
    assert torch.equal(before["phones.weight"], after["phones.weight"])
    assert all(torch.isfinite(value).all() for value in after.values())


def test_a_voice_is_spoken_once_and_read_with_its_phones(tmp_path: Path) -> None:
    texts = ["My mother bought five apples.", "Mm hmm.", "They think that this thing is very far."]
    path = corpus.make("flite_slt", texts, tmp_path, 3)
    written = path.stat().st_mtime_ns
    assert corpus.make("flite_slt", texts, tmp_path, 3).stat().st_mtime_ns == written
    track = corpus.load(path)
    assert len(track.sentences) == 3
    assert track.short.tolist() == [False, True, False]
    assert len(track.audio) == 320 * len(track.labels) == 320 * len(track.articulation)
    m, th = (track.labels == PHONES.index(name) for name in ("m", "th"))
    assert track.articulation[m, CHANNEL["close"]].max() > 0.8
    assert track.articulation[th, CHANNEL["dental"]].max() > 0.6
    between = slice(track.sentences[0, 1], track.sentences[1, 0])
    assert np.abs(track.audio[between.start * 320 : between.stop * 320]).max() == 0


def test_area_under_curve_is_a_rank() -> None:
    assert area_under_curve(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1.0
    assert area_under_curve(np.array([1.0, 3.0]), np.array([2.0, 2.0])) == 0.5


def test_rest_is_a_closed_mouth() -> None:
    assert corpus.rest(3)[:, CHANNEL["jaw"]].max() < 0.05
