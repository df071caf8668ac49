"""inference.motion.features: causal log-mel frames."""

import numpy as np
import torch

from inference.motion.features import HISTORY, MEL_BANDS, log_mel, mel_filterbank


def test_filters_sum_to_one_and_a_tone_lands_in_its_band() -> None:
    filters = mel_filterbank()
    assert torch.allclose(filters.sum(0), torch.ones(MEL_BANDS), atol=1e-5)
    tone = torch.sin(2 * np.pi * 1000 * torch.arange(16_240) / 16_000)
    bands = log_mel(tone[None])[0].mean(0)
    centre = (filters * (torch.arange(257) * 31.25)[:, None]).sum(0)
    assert abs(float(centre[int(bands.argmax())]) - 1000) < 60


def test_a_frame_has_not_heard_what_comes_later() -> None:
    audio = torch.randn(1, HISTORY + 1600)
    changed = audio.clone()
    changed[:, HISTORY + 800 :] += 1
    assert torch.equal(log_mel(audio)[:, :5], log_mel(changed)[:, :5])
    assert not torch.equal(log_mel(audio)[:, 5:], log_mel(changed)[:, 5:])


def test_a_warp_moves_the_bands() -> None:
    assert not torch.allclose(mel_filterbank(1.15), mel_filterbank(0.9))
