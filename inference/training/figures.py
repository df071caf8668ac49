"""Figures of a trained mouth: correlation of articulation with targets from timed phones, beside a loudness baseline."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from audio_io import files
from inference.duet.articulation import CHANNEL
from inference.duet.network import LOOK_AHEADS, DuetNetwork, new_memory
from inference.training.corpus import SAMPLES_PER_FRAME, load
from inference.training.phones import (
    BILABIALS,
    FRAMES_PER_SECOND,
    Phone,
    articulation_targets,
    from_arpabet,
    scale_effort,
)

MEASURES: Final = {"jaw": "effort", "close": "close", "round": "round", "fv": "fv"}
_HELD_OUT_FRAMES: Final = 9000
SHUT: Final = 0.7  # the closure channel at which lips are sealed
Row = dict[str, float | str]


def articulate(network: DuetNetwork, audio: NDArray[np.float32], look_ahead: int) -> NDArray[np.float32]:
    """Return articulation [T, 9] in step with audio [N]; look_ahead is an index in `LOOK_AHEADS`."""
    ahead = LOOK_AHEADS[look_ahead]
    frames = len(audio) // SAMPLES_PER_FRAME
    padded = np.pad(audio[: frames * SAMPLES_PER_FRAME], (0, ahead * SAMPLES_PER_FRAME))
    with torch.inference_mode():
        state = network.hear(torch.from_numpy(padded)[None], new_memory(1))
        output = network.articulate(state)[0, ahead:, look_ahead]
    return np.asarray(output.numpy(), np.float32)


def _loudness(audio: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    power = (audio[: frames * SAMPLES_PER_FRAME].reshape(frames, -1) ** 2).mean(1)
    return np.asarray(10 * np.log10(power + 1e-7), np.float32)


def _correlations(
    name: str, guess: NDArray[np.float32], truth: NDArray[np.float32], loud: NDArray[np.float32]
) -> list[Row]:
    rows: list[Row] = []
    for measure, channel in MEASURES.items():
        column = truth[:, CHANNEL[channel]]
        value = np.corrcoef(guess[:, CHANNEL[channel]], column)[0, 1]
        baseline = np.corrcoef(loud, column)[0, 1]
        rows.append(
            {"measure": measure, "set": name, "value": round(float(value), 3), "baseline": round(float(baseline), 3)}
        )
    return rows


def held_out_voice(network: DuetNetwork, path: Path, look_ahead: int) -> list[Row]:
    """Return rows for a synthetic voice that training did not hear."""
    track = load(path)
    frames = min(len(track.labels), _HELD_OUT_FRAMES)
    audio = track.audio[: frames * SAMPLES_PER_FRAME]
    guess = articulate(network, audio, look_ahead)
    return _correlations(path.stem, guess, track.articulation[:frames], _loudness(audio, frames))


def read_speech(network: DuetNetwork, folder: Path, look_ahead: int) -> list[Row]:
    """Return rows for recordings of people in FOLDER, whose phone times are in its phones.json, joined end to end."""
    guesses, truths, louds, closed, falsely = [], [], [], [], []
    for name, entry in sorted(json.loads((folder / "phones.json").read_text("utf-8")).items()):
        audio = np.concatenate(list(files.stream(folder / f"{name}.flac", 16_000)))
        frames = len(audio) // SAMPLES_PER_FRAME
        phones = [Phone(from_arpabet(symbol), start, end) for symbol, start, end in entry["phones"]]
        frames = min(frames, int(phones[-1].end * FRAMES_PER_SECOND))
        guess = articulate(network, audio, look_ahead)[:frames]
        guesses.append(guess)
        truths.append(scale_effort(articulation_targets(phones, frames), audio, phones))
        louds.append(_loudness(audio, frames))
        closed += _closures(guess[:, CHANNEL["close"]], phones)
        falsely += _false_closures(guess[:, CHANNEL["close"]], phones)
    rows = _correlations("read speech", *(np.concatenate(parts) for parts in (guesses, truths, louds)))
    for measure, hits in (("bilabials closed", closed), ("false closures", falsely)):
        rows.append(
            {"measure": measure, "set": "read speech", "value": round(float(np.mean(hits)), 3), "baseline": 0.0}
        )
    return rows


def _closures(close: NDArray[np.float32], phones: list[Phone]) -> list[bool]:
    """Tell for each m, b, p whether the lips were shut at some frame of it, 20 ms either way."""
    result = []
    for phone in phones:
        if phone.name in BILABIALS:
            first, last = (round(t * FRAMES_PER_SECOND) for t in (phone.start, phone.end))
            near = close[max(0, first - 1) : last + 2]
            result.append(bool(len(near) and near.max() >= SHUT))
    return result


def _false_closures(close: NDArray[np.float32], phones: list[Phone]) -> list[bool]:
    """Tell for the middle of each phone that needs open lips whether they were shut."""
    middles = [
        round((p.start + p.end) / 2 * FRAMES_PER_SECOND) for p in phones if p.name not in BILABIALS | {"pau", "f", "v"}
    ]
    return [bool(close[middle] >= SHUT) for middle in middles if middle < len(close)]
