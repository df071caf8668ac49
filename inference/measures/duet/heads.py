"""How heads move, speaking, listening and silent, beside the figures of a tracked conversation of two people."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt, welch

from avatar.rig.layout import NECK
from inference.duet.model import DuetModel
from inference.duet.timing import FRAMES_PER_SECOND
from inference.measures.duet.articulation import Clip
from inference.measures.duet.listening import motion_of
from inference.measures.duet.rows import Row, row

Curve = NDArray[np.floating]
AXES: Final = ("pitch", "yaw", "roll")
# Deviation above 0.3 Hz (degrees) and speed below 6 Hz (degrees/s) of pitch, yaw, roll, from one conversation, tracked.
PEOPLE: Final[dict[str, tuple[tuple[float, ...], tuple[float, ...]]]] = {
    "speaking": ((1.17, 1.18, 0.77), (7.3, 6.6, 4.2)),
    "listening": ((0.55, 0.38, 0.29), (3.8, 2.1, 1.7)),
    "silent": ((0.42, 0.46, 0.33), (3.0, 1.5, 1.5)),
}
_SLOW_SHARE, _FAST_SHARE, _LIKENESS = 0.84, 0.02, 0.47  # of pitch: power under 1 Hz, above 4 Hz, autocorrelation at 1 s
_SEEDS: Final = 4


def statistics(neck: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return deviation above 0.3 Hz (degrees) and speed below 6 Hz (degrees/s) of each axis [T, 3] of neck turns (rad)."""
    degrees = np.degrees(neck)
    high = sosfiltfilt(butter(3, 0.3, "high", fs=FRAMES_PER_SECOND, output="sos"), degrees, axis=0)
    low = sosfiltfilt(butter(3, 6, "low", fs=FRAMES_PER_SECOND, output="sos"), degrees, axis=0)
    return high.std(0), np.abs(np.diff(low, axis=0)).mean(0) * FRAMES_PER_SECOND


def spectrum(pitch: Curve) -> tuple[float, float, float]:
    """Return the shares of a pitch's [T] power under 1 Hz and above 4 Hz, and its autocorrelation at 1 s."""
    frequency, power = welch(pitch - pitch.mean(), FRAMES_PER_SECOND, nperseg=256)
    likeness = np.corrcoef(pitch[:-FRAMES_PER_SECOND], pitch[FRAMES_PER_SECOND:])[0, 1]
    return (
        float(power[frequency < 1].sum() / power.sum()),
        float(power[frequency > 4].sum() / power.sum()),
        float(likeness),
    )


def head_motion(model: DuetModel, clips: list[Clip]) -> list[Row]:
    """Return the head's deviation, speed and spectrum for one who speaks the clips, one who hears them, one in silence."""
    audio = np.concatenate([clip.audio for clip in clips])
    silence = np.zeros_like(audio)
    talks = [motion_of(model, silence, audio, seed) for seed in range(_SEEDS)]
    quiet = [motion_of(model, silence, silence, seed)[0] for seed in range(_SEEDS)]
    heads = {"speaking": [talk[1] for talk in talks], "listening": [talk[0] for talk in talks], "silent": quiet}
    rows = []
    for role, motions in heads.items():
        found = np.mean([statistics(motion[:, NECK]) for motion in motions], 0)
        for number, kind in enumerate(("deviation (deg)", "speed (deg/s)")):
            for axis, name in enumerate(AXES):
                rows.append(row(f"head {name} {kind}", role, found[number, axis], PEOPLE[role][number][axis]))
    shapes = np.mean([spectrum(motion[:, NECK.start]) for motion in heads["speaking"]], 0)
    titles = ("head pitch, power under 1 Hz", "head pitch, power above 4 Hz", "head pitch, likeness after 1 s")
    people = (_SLOW_SHARE, _FAST_SHARE, _LIKENESS)
    return rows + [row(t, "speaking", v, p) for t, v, p in zip(titles, shapes, people, strict=True)]
