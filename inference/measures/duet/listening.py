"""How a head listens and speaks: nods after cues, speed of the head, rest of the mouth, and how soon roles change.

A cue is Ward and Tsukahara's (2000): 110 ms of pitch under its 26th percentile after 0.7 s of speech. Here the percentile is
that of the whole recording, so that the figure does not lean on what the model itself computes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from avatar.rig.layout import JAW, NECK
from inference.duet.articulation import JAW_RADIANS_AT_FULL
from inference.duet.model import DuetModel
from inference.duet.network import LOOK_AHEADS
from inference.duet.prosody import HISTORY, LOW, pitch
from inference.duet.timing import FRAME, FRAMES_PER_SECOND
from inference.measures.duet.articulation import Clip
from inference.measures.duet.rows import Row, correlation, row

Audio = NDArray[np.float32]
_MOST: Final = len(LOOK_AHEADS) - 1
_SEEDS: Final = 6
_PAUSE_SECONDS: Final = 1.2
_NOD_BAND, _NOD_DEGREES = (1.8, 6.5), 0.9
_AFTER: Final = FRAMES_PER_SECOND  # frames: the second after a cue
_SETTLE: Final = 100
_AT_REST: Final = 0.08  # of the jaw's full opening


def cues(audio: Audio) -> NDArray[np.int64]:
    """Return the frames [N] at which audio has given a backchannel cue."""
    sound = torch.from_numpy(np.pad(audio, (HISTORY, 0)))[None]
    level, periodicity, tone = (part[0].numpy() for part in pitch(sound))
    talks = level > np.percentile(level, 95) - 25
    voiced = (periodicity > 0.55) & talks
    low = voiced & (tone < np.percentile(tone[voiced], 100 * LOW)) if voiced.any() else voiced
    found: list[int] = []
    spoken = still = lasting = 0
    for t in range(len(level)):
        still = 0 if talks[t] else still + 1
        spoken = 0 if still > 0.25 * FRAMES_PER_SECOND else spoken + 1
        lasting = lasting + 1 if low[t] else 0
        rested = not found or t - found[-1] > 0.8 * FRAMES_PER_SECOND
        if lasting == round(0.11 * FRAMES_PER_SECOND) and spoken > 0.7 * FRAMES_PER_SECOND and rested:
            found.append(t)
    return np.array(found, np.int64)


def nodding_band(motion: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the pitch (degrees) of a head [T, 56] between 1.8 and 6.5 Hz, where nods are."""
    band = butter(2, _NOD_BAND, "band", fs=FRAMES_PER_SECOND, output="sos")
    return np.asarray(sosfiltfilt(band, np.degrees(motion[:, NECK.start])))


def nods(motion: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the frames [N] at which a head [T, 56] begins to nod: its pitch swings by 0.9 degrees, 1.8 to 6.5 Hz."""
    swing = np.abs(nodding_band(motion)) > _NOD_DEGREES
    found: list[int] = []
    last = -1000
    for t in np.flatnonzero(swing):
        if t - last > 0.6 * FRAMES_PER_SECOND:
            found.append(int(t))
        last = int(t)
    return np.array(found, np.int64)


def after_cues(nodding: NDArray[np.int64], given: NDArray[np.int64], frames: int) -> tuple[float, float]:
    """Return nods a second in the second after a cue, and elsewhere."""
    near = np.zeros(frames, bool)
    for cue in given:
        near[cue : cue + _AFTER] = True
    hits = near[nodding[nodding < frames]].sum()
    return float(hits / max(near.sum(), 1) * FRAMES_PER_SECOND), float(
        (len(nodding) - hits) / max((~near).sum(), 1) * FRAMES_PER_SECOND
    )


def speed(motion: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how fast a head [T, 56] turns (degrees/s, all three axes) below 6 Hz."""
    smooth = sosfiltfilt(butter(3, 6, "low", fs=FRAMES_PER_SECOND, output="sos"), np.degrees(motion[:, NECK]), axis=0)
    return np.asarray(np.abs(np.gradient(smooth, axis=0)).sum(1) * FRAMES_PER_SECOND, np.float32)


@dataclass(frozen=True)
class _Talk:
    """Partner's speech with pauses, and where they speak [T]."""

    audio: Audio
    speaking: NDArray[np.bool_]


def _joined(clips: list[Clip]) -> _Talk:
    pause = np.zeros(int(_PAUSE_SECONDS * FRAMES_PER_SECOND) * FRAME, np.float32)
    audio = np.concatenate([part for clip in clips for part in (clip.audio, pause)])
    speaking = np.zeros(len(audio) // FRAME, bool)
    first = 0
    for clip in clips:
        for phone in clip.phones:
            if phone.name != "pau":
                speaking[
                    first + int(phone.start * FRAMES_PER_SECOND) : first + int(phone.end * FRAMES_PER_SECOND) + 1
                ] = True
        first += (len(clip.audio) + len(pause)) // FRAME
    return _Talk(audio, speaking)


def motion_of(model: DuetModel, own: Audio, partner: Audio, seed: int) -> NDArray[np.float32]:
    """Return the motion [2, T, 56] of two voices, in step with them."""
    ahead = LOOK_AHEADS[_MOST]
    audio = np.pad(np.stack([own, partner]), ((0, 0), (0, ahead * FRAME)))
    motion, _ = model.step(audio, model.start(seed), (_MOST, _MOST))
    return motion[:, ahead:]


def listener(model: DuetModel, clips: list[Clip], others: list[Clip]) -> list[Row]:
    """Return the figures of one who hears the clips and says nothing, and then the others, which is each other's swap."""
    joined = [_joined(clips), _joined(others)]
    frames = min(len(talk.speaking) for talk in joined)
    samples = frames * FRAME
    silent = np.zeros(samples, np.float32)
    given = [cues(talk.audio[:samples]) for talk in joined]
    rates, crossed, alike, mouth, quick, slow = [], [], [], [], [], []
    for seed in range(_SEEDS):
        heads = [motion_of(model, silent, talk.audio[:samples], seed) for talk in joined]
        for number, motion in enumerate(heads):
            nodding = nods(motion[0])
            rates.append(after_cues(nodding, given[number], frames))
            crossed.append(after_cues(nodding, given[1 - number], frames))
            mouth.append(motion[0][_SETTLE:, JAW.start].max() / JAW_RADIANS_AT_FULL)
            spoken = joined[number].speaking[:frames]
            quick.append(speed(motion[1])[spoken].mean())
            slow.append(speed(motion[0])[spoken].mean())
        alike.append(correlation(nodding_band(heads[0][0]), nodding_band(heads[1][0])))
    name = "listening"
    near, elsewhere = np.mean(rates, 0)
    near_other, elsewhere_other = np.mean(crossed, 0)
    chance = float(near_other / max(elsewhere_other, 1e-3))
    return [
        row("nods a second after a cue over elsewhere", name, float(near / max(elsewhere, 1e-3)), 1.0, chance),
        row("nods a second after a cue", name, float(near), float(elsewhere), float(near_other)),
        row("likeness of nodding, partner's sound swapped", name, float(np.mean(alike)), 1.0),
        row("head speed listening over speaking", name, float(np.mean(slow) / np.mean(quick)), 1.0),
        row("head speed speaking (deg/s)", name, float(np.mean(quick))),
        row("jaw at most", name, float(np.max(mouth))),
    ]


def role_change(model: DuetModel, clips: list[Clip]) -> list[Row]:
    """Return how soon lips rest after the last phone, and how soon the head listens (s): the median and 95th percentile."""
    rest, calm = [], []
    for number, (clip, next_clip) in enumerate(zip(clips, [*clips[1:], clips[0]], strict=True)):
        own_last = next(p for p in reversed(clip.phones) if p.name != "pau").end
        last = int(own_last * FRAMES_PER_SECOND)
        silence = np.zeros_like(next_clip.audio)
        own = np.concatenate([clip.audio[: last * FRAME], silence])
        partner = np.concatenate([np.zeros(last * FRAME, np.float32), next_clip.audio])
        jaws, speeds = [], []
        for seed in range(_SEEDS):
            motion = motion_of(model, own, partner, 31 * number + seed)[0]
            jaws.append(motion[last:, JAW.start] / JAW_RADIANS_AT_FULL)
            speeds.append(speed(motion))
        open_still = np.flatnonzero(np.mean(jaws, 0) > _AT_REST)
        rest.append(
            (open_still[-1] + 1 if len(open_still) and open_still[-1] < FRAMES_PER_SECOND else 0) / FRAMES_PER_SECOND
        )
        quick = np.mean(speeds, 0)
        before, later = quick[max(0, last - 100) : last].mean(), quick[last + 50 : last + 150].mean()
        halfway = np.flatnonzero(np.convolve(quick[last:], np.ones(10) / 10, "same") < (before + later) / 2)
        calm.append((halfway[0] if len(halfway) else 100) / FRAMES_PER_SECOND)
    return [
        row("lips rest after speech (s), p95", "role change", float(np.percentile(rest, 95))),
        row("head listens after speech (s), p50", "role change", float(np.median(calm))),
    ]
