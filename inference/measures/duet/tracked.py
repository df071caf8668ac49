"""Mouth and head against those of a person in conversation, as they were tracked."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio_io import files
from audio_io.time.tape import SAMPLE_RATE
from avatar.rig.layout import DATA_SET_RATE, NECK, samples_per_frame
from inference.duet.articulation import CHANNEL
from inference.duet.model import DuetModel
from inference.duet.network import LOOK_AHEADS, DuetNetwork
from inference.duet.timing import FRAME
from inference.measures.duet.articulation import articulate
from inference.measures.duet.listening import speed
from inference.measures.duet.rows import Row, correlation, loudness, row, shifted

_SAMPLES: Final = samples_per_frame(DATA_SET_RATE)
_LEADS: Final = range(4)  # frames of 40 ms by which a real face may be ahead of its sound
_SPEAKING_DB: Final = 28.0  # under the loud frames
_SEEDS: Final = 6
_JAW: Final = 3  # column of the pose


def tracked_jaw(network: DuetNetwork, folder: Path) -> list[Row]:
    """Return the correlation with the jaw while the person speaks, at the best lead of 0 to 120 ms, at each look-ahead.

    FOLDER holds speaker1.flac and speaker1.npz with `pose` [T, 6]. The baseline is loudness, the chance another stretch of
    the motion, both at their own best lead.
    """
    with np.load(folder / "speaker1.npz", allow_pickle=False) as stored:
        jaw = stored["pose"][:, _JAW]
    audio = np.concatenate(list(files.stream(folder / "speaker1.flac", SAMPLE_RATE)))
    frames = min(len(jaw), len(audio) // _SAMPLES)
    loud = loudness(audio, 2 * frames).reshape(frames, 2).mean(1)
    speaking = np.convolve(loud > np.percentile(loud, 95) - _SPEAKING_DB, np.ones(9), "same") > 0
    rows = []
    for index, ahead in enumerate(LOOK_AHEADS):
        guess = articulate(network, audio, index)[: 2 * frames, CHANNEL["effort"]].reshape(frames, 2).mean(1)
        values = (_best(curve, jaw[:frames], speaking) for curve in (guess, loud, shifted(guess)))
        rows.append(row("tracked jaw", f"a conversation, {ahead * 20} ms ahead", *values))
    return rows


def tracked_head(model: DuetModel, folder: Path) -> list[Row]:
    """Return how fast the first speaker's head turns listening, as a share of how fast speaking; the baseline is the person's.

    FOLDER holds both voices besides the pose.
    """
    voices = [np.concatenate(list(files.stream(folder / f"speaker{k}.flac", SAMPLE_RATE))) for k in (1, 2)]
    with np.load(folder / "speaker1.npz", allow_pickle=False) as stored:
        pose = np.repeat(stored["pose"][:, :3], 2, 0)
    frames = min(len(pose), *(len(voice) // FRAME for voice in voices))
    loud = [loudness(voice, frames) for voice in voices]
    own, partner = (np.convolve(db > np.percentile(db, 95) - _SPEAKING_DB, np.ones(17), "same") > 0 for db in loud)
    audio = np.stack([voice[: frames * FRAME] for voice in voices])
    most = len(LOOK_AHEADS) - 1
    ratios = []
    for seed in range(_SEEDS):
        motion, _ = model.step(audio, model.start(seed), (most, most))
        ratios.append(_ratio(motion[0], own, partner))
    real = np.zeros((frames, motion.shape[2]), np.float32)
    real[:, NECK] = pose[:frames]
    name = "the tracked conversation"
    return [row("head speed listening over speaking", name, float(np.mean(ratios)), _ratio(real, own, partner), 1.0)]


def _ratio(motion: NDArray[np.float32], own: NDArray[np.bool_], partner: NDArray[np.bool_]) -> float:
    moves = speed(motion)
    return float(moves[partner & ~own].mean() / moves[own & ~partner].mean())


def _best(curve: NDArray[np.floating], jaw: NDArray[np.floating], speaking: NDArray[np.bool_]) -> float:
    return max(correlation(np.roll(curve, -lead)[speaking], jaw[speaking]) for lead in _LEADS)
