"""inference.duet: what a listener answers to: pitch, cues, and who nods."""

import numpy as np
import pytest
import torch

from inference.duet.nods import Listening, nodding
from inference.duet.prosody import HISTORY, Register, prosody


def test_pitch_is_heard_and_low_pitch_told() -> None:
    time = np.arange(48_000) / 16_000
    hertz = np.where(time < 2, 200.0, 140.0)
    phase = np.cumsum(hertz) / 16_000 * 2 * np.pi
    tone = 0.1 * sum(np.sin(k * phase) / k for k in range(1, 8))
    audio = torch.from_numpy(np.pad(tone, (HISTORY, 0)).astype(np.float32))[None]
    told, (register,) = prosody(audio, (Register(),))
    assert told[0, 20:95, 1].min() > 0.9
    assert abs(float(told[0, 50:95, 2].mean())) < 0.1
    assert float(told[0, 105:115, 2].mean()) == pytest.approx(
        np.log2(140 / 200), abs=0.25
    )  # the running percentile begins to follow
    assert told[0, 105:115, 3].min() == 1
    assert 100 < register.frames <= 150
    halves = prosody(audio[:, : HISTORY + 16_000], (Register(),))
    rest, _ = prosody(audio[:, 16_000:], halves[1])
    assert torch.allclose(torch.cat([halves[0], rest], 1), told, atol=1e-5)


def test_a_cue_is_answered_by_one_whole_nod() -> None:
    frames = 200
    cue, quiet, luck, mild = np.full(frames, -5.0), np.zeros(frames), np.zeros(frames), np.zeros(frames)
    cue[20:35] = 3.0
    cue[50:55] = 3.0  # too soon after the first
    pitch, after = nodding(Listening(), *(x.astype(np.float32) for x in (cue, quiet, luck, mild)))
    assert not pitch[:35].any()
    assert 2 < np.degrees(pitch[36:50].max()) < 4
    assert abs(pitch[60:75]).max() < abs(pitch[36:50]).max()  # each cycle is smaller
    assert not pitch[90:].any()
    assert after.since > 100
    first, between = nodding(Listening(), *(x[:47].astype(np.float32) for x in (cue, quiet, luck, mild)))
    second, _ = nodding(between, *(x[47:].astype(np.float32) for x in (cue, quiet, luck, mild)))
    assert np.array_equal(np.concatenate([first, second]), pitch)


def test_who_speaks_or_is_against_it_does_not_nod() -> None:
    cue, one, none = np.full(100, -5.0), np.ones(100), np.zeros(100)
    cue[40] = 3.0
    speaking, _ = nodding(Listening(), *(x.astype(np.float32) for x in (cue, one, none, none)))
    unlucky, _ = nodding(Listening(), *(x.astype(np.float32) for x in (cue, none, none - 0.9, none)))
    warm, _ = nodding(Listening(), *(x.astype(np.float32) for x in (cue, none, none - 0.9, one)))
    cold, _ = nodding(Listening(), *(x.astype(np.float32) for x in (cue, none, none - 0.4, -one)))
    assert not speaking.any()
    assert not unlucky.any()
    assert warm.any()
    assert not cold.any()
