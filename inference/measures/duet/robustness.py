"""What a mouth does with poor sound, and with sound that is no speech."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from audio_io.time.tape import SAMPLE_RATE
from avatar.rig.layout import JAW
from inference.data import sounds
from inference.duet.articulation import CHANNEL, JAW_RADIANS_AT_FULL
from inference.duet.model import DuetModel
from inference.duet.network import LOOK_AHEADS, DuetNetwork
from inference.duet.timing import FRAME
from inference.measures.duet.articulation import Clip, articulate
from inference.measures.duet.rows import Row, correlation, loudness, row, shifted

Audio = NDArray[np.float32]
_SECONDS: Final = 20
_SETTLE: Final = 25  # frames


def _noisy(audio: Audio, decibels: float) -> Audio:
    noise = np.random.default_rng(0).standard_normal(len(audio))
    return np.asarray(audio + noise * np.sqrt((audio**2).mean()) * 10 ** (-decibels / 20), np.float32)


def _telephone(audio: Audio) -> Audio:
    return np.asarray(sosfilt(butter(4, [300, 3400], "band", fs=SAMPLE_RATE, output="sos"), audio), np.float32)


def reverberant(audio: Audio, seconds: float, direct_over_rest: float = 0.0) -> Audio:
    """Return audio [N] in a room that falls by 60 dB in `seconds`, its direct sound so many dB over the rest."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    response = np.random.default_rng(1).standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    response *= 10 ** (-direct_over_rest / 20) / np.linalg.norm(response)
    response[0] = 1.0
    return np.asarray(fftconvolve(audio, response)[: len(audio)], np.float32)


_ROOMS: Final[dict[str, Callable[[Audio], Audio]]] = {
    "clean": lambda audio: audio,
    "-20 dB": lambda audio: np.asarray(0.1 * audio, np.float32),
    "noise at 20 dB": lambda audio: _noisy(audio, 20),
    "noise at 10 dB": lambda audio: _noisy(audio, 10),
    "telephone": _telephone,
    "reverb 0.5 s": lambda audio: reverberant(audio, 0.5),
}


def rooms(network: DuetNetwork, clips: list[Clip], look_ahead: int) -> list[Row]:
    """Return the jaw's correlation with its targets in poor sound, and how far 20 dB less gain moves it."""
    truth = np.concatenate([clip.truth for clip in clips])[:, CHANNEL["effort"]]
    audio = np.concatenate([clip.audio for clip in clips])
    rows: list[Row] = []
    clean: Audio = np.zeros(0, np.float32)
    for name, room in _ROOMS.items():
        heard = room(audio)
        jaw = articulate(network, heard, look_ahead)[:, CHANNEL["effort"]]
        clean = jaw if name == "clean" else clean
        values = (correlation(curve, truth) for curve in (jaw, loudness(heard, len(truth)), shifted(jaw)))
        rows.append(row("jaw", name, *values))
        if name == "-20 dB":
            rows.append(row("change of jaw", name, float(np.abs(jaw - clean).mean())))
    return rows


def _voice_after(clips: list[Clip], decibels: float) -> tuple[Audio, int]:
    """Return a speaker's own sentence, then another's in the room and softer, and the frame where that begins."""
    own, other = clips[0].audio, np.concatenate([clip.audio for clip in clips[1:]])
    level = np.sqrt((own**2).mean() / (other**2).mean()) * 10 ** (decibels / 20)
    pause = np.zeros(SAMPLE_RATE // 2, np.float32)
    other = reverberant(np.asarray(other * level, np.float32), 0.5)[: _SECONDS * SAMPLE_RATE]
    joined = np.concatenate([own, pause, other])
    return joined, (len(own) + len(pause)) // FRAME


def non_speech(model: DuetModel, clips: list[Clip]) -> list[Row]:
    """Return how far the jaw opens, as a share of full, at most, for sounds that are no speech of its own."""
    count, rng = _SECONDS * SAMPLE_RATE, np.random.default_rng(2)
    torch.manual_seed(2)
    made: dict[str, Callable[[], torch.Tensor]] = {
        "silence": lambda: torch.zeros(count),
        "clicks": lambda: sounds.levelled(sounds.clicks(count, rng)),
        "steady tone": lambda: 0.05 * torch.sin(2 * np.pi * 220 * torch.arange(count) / SAMPLE_RATE),
        "music": lambda: sounds.levelled(sounds.music(count, rng)),
        "keyboard": lambda: sounds.levelled(sounds.keyboard(count, rng)),
        "breath": lambda: sounds.levelled(sounds.breath(count, rng)),
        "white noise": lambda: 0.03 * torch.randn(count),
    }
    rows = [row("jaw at most", name, jaw_opening(model, make().numpy(), _SETTLE)) for name, make in made.items()]
    room, first = _voice_after(clips, -15)
    return [*rows, row("jaw at most", "another voice at -15 dB", jaw_opening(model, room, first))]


def jaw_opening(model: DuetModel, audio: Audio, first: int) -> float:
    """Return how far the jaw of one who hears only this opens from frame `first` on."""

    audio = np.asarray(audio[: len(audio) // FRAME * FRAME], np.float32)
    most = len(LOOK_AHEADS) - 1
    motion, _ = model.step(np.stack([audio, np.zeros_like(audio)]), model.start(0), (most, most))
    return float(motion[0, first + LOOK_AHEADS[most] :, JAW.start].max()) / JAW_RADIANS_AT_FULL
