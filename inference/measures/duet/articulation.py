"""How well a mouth follows speech: its articulation against targets from timed phones, beside loudness and chance."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from audio_io import files
from audio_io.time.tape import SAMPLE_RATE
from inference.data.phones import BILABIALS, Phone, articulation_targets, from_arpabet, scale_effort
from inference.duet.articulation import CHANNEL
from inference.duet.network import LOOK_AHEADS, DuetNetwork, new_memory
from inference.duet.timing import FRAME, FRAMES_PER_SECOND
from inference.measures.duet.rows import Row, area_under_curve, correlation, loudness, row, shifted

MEASURES: Final = {"jaw": "effort", "close": "close", "round": "round", "fv": "fv"}
SHUT: Final = 0.7  # the closure channel at which lips are sealed


@dataclass(frozen=True)
class Clip:
    """Speech with timed phones. truth: articulation [T, 12] that they ask for."""

    name: str
    audio: NDArray[np.float32]
    phones: tuple[Phone, ...]
    truth: NDArray[np.float32]


def read_clips(folder: Path) -> list[Clip]:
    """Read FOLDER's recordings, named with their phones (ARPAbet, seconds) in its phones.json.

    Raises FileNotFoundError or ValueError naming what is missing or damaged.
    """
    listed = folder / "phones.json"
    if not listed.is_file():
        raise FileNotFoundError(f"{listed} is missing: it names each recording's phones and their times")
    try:
        entries = sorted(json.loads(listed.read_text("utf-8")).items())
        timed = {name: [Phone(from_arpabet(s), float(a), float(b)) for s, a, b in e["phones"]] for name, e in entries}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{listed} is no list of recordings and their phones ({error})") from error
    clips = []
    for name, phones in timed.items():
        audio = np.concatenate(list(files.stream(folder / f"{name}.flac", SAMPLE_RATE)))
        frames = min(len(audio) // FRAME, int(phones[-1].end * FRAMES_PER_SECOND))
        truth = scale_effort(articulation_targets(phones, frames), audio, phones)
        clips.append(Clip(name, audio[: frames * FRAME], tuple(phones), truth))
    return clips


def articulate(network: DuetNetwork, audio: NDArray[np.float32], look_ahead: int) -> NDArray[np.float32]:
    """Return articulation [T, 12] in step with audio [N]; look_ahead is an index in `LOOK_AHEADS`."""
    ahead = LOOK_AHEADS[look_ahead]
    frames = len(audio) // FRAME
    padded = np.pad(audio[: frames * FRAME], (0, ahead * FRAME)).astype(np.float32)
    with torch.inference_mode():
        state, _ = network.hear(torch.from_numpy(padded)[None], new_memory(1))
        output = network.articulate(state)[0, ahead:, look_ahead]
    return np.asarray(output.numpy(), np.float32)


def correlations(network: DuetNetwork, clips: list[Clip], name: str, look_ahead: int) -> list[Row]:
    """Return, for clips joined end to end, each channel's correlation with the targets."""
    guess = np.concatenate([articulate(network, clip.audio, look_ahead) for clip in clips])
    truth = np.concatenate([clip.truth for clip in clips])
    loud = np.concatenate([loudness(clip.audio, len(clip.truth)) for clip in clips])
    rows = []
    for measure, channel in MEASURES.items():
        wanted, given = truth[:, CHANNEL[channel]], guess[:, CHANNEL[channel]]
        values = (correlation(curve, wanted) for curve in (given, loud, shifted(given)))
        rows.append(row(measure, name, *values))
    return rows


def closures(network: DuetNetwork, clips: list[Clip], name: str, look_ahead: int) -> list[Row]:
    """Return how often lips meet in m, b and p, and where they should not; and the area under the curve between both."""
    shut, chance, falsely, inside, outside = [], [], [], [], []
    for clip in clips:
        close = articulate(network, clip.audio, look_ahead)[:, CHANNEL["close"]]
        shut += _closed(close, clip.phones)
        chance += _closed(shifted(close), clip.phones)
        falsely += _falsely_closed(close, clip.phones)
        labels = _names(clip.phones, len(close))
        inside.append(close[np.isin(labels, list(BILABIALS))])
        outside.append(close[~np.isin(labels, [*BILABIALS, "pau", ""])])
    area = area_under_curve(np.concatenate(inside), np.concatenate(outside))
    return [
        row("bilabials closed", name, float(np.mean(shut)), 0.0, float(np.mean(chance))),
        row("false closures", name, float(np.mean(falsely)), 0.0),
        row("m/b/p area under curve", name, area, None, 0.5),
    ]


def _names(phones: tuple[Phone, ...], frames: int) -> NDArray[np.str_]:
    labels = np.full(frames, "", "<U3")
    for phone in phones:
        first, last = (round(t * FRAMES_PER_SECOND) for t in (phone.start, phone.end))
        labels[first:last] = phone.name
    return labels


def _closed(close: NDArray[np.float32], phones: tuple[Phone, ...]) -> list[bool]:
    """Tell for each m, b, p whether the lips were shut at some frame of it, 20 ms either way."""
    result = []
    for phone in phones:
        if phone.name in BILABIALS:
            first, last = (round(t * FRAMES_PER_SECOND) for t in (phone.start, phone.end))
            near = close[max(0, first - 1) : last + 2]
            result.append(bool(len(near) and near.max() >= SHUT))
    return result


def _falsely_closed(close: NDArray[np.float32], phones: tuple[Phone, ...]) -> list[bool]:
    """Tell for the middle of each phone that needs open lips whether they were shut."""
    middles = [
        round((p.start + p.end) / 2 * FRAMES_PER_SECOND) for p in phones if p.name not in BILABIALS | {"pau", "f", "v"}
    ]
    return [bool(close[middle] >= SHUT) for middle in middles if middle < len(close)]
