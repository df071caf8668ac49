"""audio_io.completion and app.conversation.endings: the real network of the real package, on recorded and spoken turns."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.bench.turns import clip
from app.conversation.endings import Endings
from app.conversation.turns import Event, Kind
from audio_io.completion import Completion, features, network_file
from audio_io.time.tape import SAMPLE_RATE, Tape

ROOT = Path(__file__).resolve().parent / "data" / "speech"


@pytest.fixture(scope="module")
def network() -> Completion:
    path = network_file()
    assert path is not None, "./run fetch turns brings it"
    return Completion(path)


def test_a_tone_is_in_its_band_and_loudness_changes_nothing() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    found = features(tone)
    assert found.shape == (80, 100) and found.dtype == np.float32
    # 1 kHz is 15 of 45.25 mel on Slaney's scale, whose 80 bands are centred at equal steps.
    assert found[:, 50].argmax() == round(15 / (15 + np.log(8) * 27 / np.log(6.4)) * 81) - 1
    np.testing.assert_allclose(features(tone * 0.1), found, atol=2e-3)
    assert found.max() - found.min() == pytest.approx(2, abs=1e-5)  # 8 powers of ten, by 4


def test_tells_a_sentence_that_is_over_from_one_that_goes_on(network: Completion) -> None:
    pause = np.zeros(1600, np.float32)
    whole = soundfile.read(ROOT / "cards001.flac", dtype="float32")[0]
    assert network.probability(np.concatenate([whole, pause])) > 0.9
    open_ = clip("can you tell me about the")
    assert network.probability(np.concatenate([open_, pause])) < 0.1
    assert 0 <= network.probability(np.zeros(20 * SAMPLE_RATE, np.float32)) <= 1


def test_each_pause_is_judged_once_and_what_is_stale_is_not() -> None:
    tape, sound = Tape(), clip("can you tell me about the")
    endings = Endings(tape)
    endings.happened(Event(Kind.BEGAN, 1, 512, 512))
    tape.write(0, sound)
    endings.happened(Event(Kind.PAUSED, 1, len(sound), len(sound)))
    assert endings.busy and not endings.step() and endings.complete(len(sound)) is None
    tape.write(len(sound), np.zeros(SAMPLE_RATE, np.float32))
    assert endings.step() and not endings.busy and not endings.step()
    found = endings.complete(len(sound))
    assert found is not None and found < 0.1 and endings.complete(len(sound) + 1) is None
    endings.settle()  # which waits for nothing
    endings.happened(Event(Kind.RESUMED, 1, len(sound) + 800, len(sound) + 800))
    endings.happened(Event(Kind.PAUSED, 1, len(sound) + 1600, len(sound) + 1600))
    endings.happened(Event(Kind.RESUMED, 1, len(sound) + 1700, len(sound) + 1700))
    assert not endings.busy and not endings.step()


@pytest.mark.parametrize("content", [None, b"not what it was"])
def test_without_the_package_or_with_another_file_nobody_judges(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "path", [str(tmp_path), *(path for path in sys.path if not (Path(path) / "pipecat").exists())]
    )
    if content is not None:
        file = tmp_path / "pipecat" / "audio" / "turn" / "smart_turn" / "data" / "smart-turn-v3.2-cpu.onnx"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        (tmp_path / "pipecat" / "__init__.py").write_text("raise SystemExit('it was imported')\n")
    assert network_file() is None
    endings = Endings(Tape())
    endings.happened(Event(Kind.BEGAN, 1, 512, 512))
    endings.happened(Event(Kind.PAUSED, 1, 16_000, 16_000))
    assert endings.busy  # until it has looked
    assert not endings.step() and not endings.busy and endings.complete(16_000) is None
    endings.happened(Event(Kind.PAUSED, 1, 32_000, 32_000))
    assert not endings.busy
