"""inference.training: phones to targets, augmentation, dyads, and a run that resumes to the same weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inference.duet.articulation import CHANNEL
from inference.training import corpus
from inference.training.augment import batch, non_speech
from inference.training.corpus import Track
from inference.training.dyads import simulate
from inference.training.manner import train_manner
from inference.training.mouth import Schedule, train_mouth
from inference.training.phones import PHONES, Phone, articulation_targets, from_arpabet, from_ipa, phone_labels


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


def tracks() -> list[Track]:
    """Two voices of noise shaped by random phones: enough for code, not for learning."""
    rng, result = np.random.default_rng(0), []
    for _ in range(2):
        names = [str(name) for name in rng.choice(PHONES, 200)]
        phones, frames = timed(*names), 1200
        loud = np.repeat([0.0 if name == "pau" else 0.1 for name in names], 1920)[: frames * 320]
        audio = (loud * rng.standard_normal(frames * 320)).astype(np.float32)
        result.append(Track(audio, articulation_targets(phones, frames), phone_labels(phones, frames)))
    return result


def test_batches_are_finite_and_repeatable() -> None:
    def draw() -> list[torch.Tensor]:
        torch.manual_seed(3)
        drawn = batch(tracks(), np.array([0.5, 0.5]), 6, 100, 1.0, np.random.default_rng(3))
        return [drawn.mel, drawn.articulation, drawn.labels]

    first, again = draw(), draw()
    assert [tuple(t.shape) for t in first] == [(6, 200, 80), (6, 100, 9), (6, 100)]
    assert all(torch.isfinite(t).all() for t in first)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_every_kind_of_non_speech_sounds() -> None:
    for seed in range(12):
        assert 0.01 < float(non_speech(100, np.random.default_rng(seed)).std()) < 0.2


def test_simulated_listeners_move_less_than_speakers() -> None:
    speak, listen = [], []
    for seed in range(30):
        dyad = simulate(tracks(), 500, np.random.default_rng(seed))
        loud = np.abs(dyad.audio).reshape(2, 500, 320).max(2) > 0.05
        speed = np.abs(np.diff(dyad.manner[..., :3], axis=1)).mean(2)
        for row in (0, 1):
            speak += speed[row][loud[row, 1:] & ~loud[1 - row, 1:]].tolist()
            listen += speed[row][loud[1 - row, 1:] & ~loud[row, 1:]].tolist()
    assert 0.3 < np.mean(listen) / np.mean(speak) < 0.85


def test_a_run_that_was_stopped_ends_with_the_same_weights(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    short = Schedule(steps=4, rows=2, frames=60, save_every=2)
    for folder in (whole, broken):
        folder.mkdir()
    unbroken = train_mouth(tracks(), short, whole / "mouth.pt").state_dict()

    def stop_after_two(*_: object) -> None:
        raise KeyboardInterrupt

    seen = []

    class Stopping(list):  # type: ignore[type-arg]
        """Tracks whose third batch is never drawn."""

        def __getitem__(self, index: object) -> object:
            seen.append(index)
            if len(seen) > 2 * short.rows:
                stop_after_two()
            return super().__getitem__(index)  # type: ignore[index]

    with pytest.raises(KeyboardInterrupt):
        train_mouth(Stopping(tracks()), short, broken / "mouth.pt")
    resumed = train_mouth(tracks(), short, broken / "mouth.pt").state_dict()
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)


def test_manner_learns_and_leaves_the_mouth_alone(tmp_path: Path) -> None:
    from inference.duet.network import DuetNetwork

    torch.manual_seed(0)
    network = DuetNetwork(width=16, dilations=(1, 2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    long = [Track(np.tile(t.audio, 1), t.articulation, t.labels) for t in tracks()]
    train_manner(network, long, 3, tmp_path)
    after = network.state_dict()
    assert torch.equal(before["mouth.weight"], after["mouth.weight"])
    assert not torch.equal(before["manner.exit.weight"], after["manner.exit.weight"])


def test_rest_is_a_closed_mouth() -> None:
    assert corpus.rest(3)[:, CHANNEL["jaw"]].max() < 0.05
