"""The DualTalk data set's layout: sound and tracked motion of both speakers, four files a clip, checked and read lazily."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from audio_io import files
from audio_io.time.tape import SAMPLE_RATE
from avatar.export.motion_file import MotionRead, at_rate, read_motion
from avatar.rig.npz import shape_of
from inference.dualtalk.timing import FRAME, FRAMES_PER_SECOND, frames_of
from inference.motion.model import Audio, Motion

SETS: Final = ("train", "test", "ood")
_LONGEST_DIFFERENCE: Final = 12  # frames by which a clip's four files may differ; they are cut to the shortest
_SPEAKERS: Final = (1, 2)


@dataclass(frozen=True)
class Clip:
    """One speaker's side of a clip: `own` (1 or 2) is to be drawn, the other one is the partner."""

    folder: Path
    name: str
    own: int

    @property
    def key(self) -> str:
        """A name that no other side of a clip in this folder has."""
        return f"{self.name}_speaker{self.own}"

    @property
    def group(self) -> str:
        """The recording that the clip is cut from: its speakers are in no other group."""
        return self.name.split("_sub_video_")[0]

    def path(self, speaker: int, suffix: str) -> Path:
        """Return a speaker's file, suffix wav or npz."""
        return self.folder / f"{self.name}_speaker{speaker}.{suffix}"


@dataclass(frozen=True)
class Conversation:
    """A clip's content: sound [N] at 16 kHz and motion [T, 56] at 25 frames/s of the own speaker and the partner.

    T is N / 640, rounded up.
    """

    own_audio: Audio
    partner_audio: Audio
    own_motion: Motion
    partner_motion: Motion


@dataclass(frozen=True)
class Found:
    """What a folder holds: clips that are whole, and why each of the others was left out."""

    clips: list[Clip]
    skipped: dict[str, str]


def sets_of(folder: Path) -> dict[str, Path]:
    """Return the sets to evaluate on by name: FOLDER's test and ood, or FOLDER itself where it holds clips.

    Raises FileNotFoundError or ValueError naming the folder where there are none.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder: name one with NAME_speaker1.wav, NAME_speaker1.npz and so on")
    if any(folder.glob("*_speaker[12].*")):
        return {folder.name: folder}
    sets = {name: folder / name for name in SETS[1:] if (folder / name).is_dir()}
    if not sets:
        raise ValueError(
            f"{folder} holds no clips (NAME_speaker1.wav, NAME_speaker1.npz, the same of speaker2) and no {SETS[1]} folder"
        )
    return sets


def find(folder: Path, progress: Callable[[list[str]], Iterable[str]] = iter) -> Found:
    """Return the clips of a folder, both sides of each. Every npz is read once and checked; of sound, only its length is.

    progress: wraps the clips' names, for a progress bar.
    """
    names = sorted({path.name.rsplit("_speaker", 1)[0] for path in folder.glob("*_speaker[12].*")})
    found = Found([], {})
    for name in progress(names):
        reason = _fault(folder, name)
        if reason:
            found.skipped[name] = reason
        else:
            found.clips.extend(Clip(folder, name, own) for own in _SPEAKERS)
    return found


def _fault(folder: Path, name: str) -> str:
    """Return what is wrong with a clip in words, empty where nothing is."""
    clip = Clip(folder, name, 1)
    missing = [
        clip.path(s, suffix).name for s in _SPEAKERS for suffix in ("wav", "npz") if not clip.path(s, suffix).is_file()
    ]
    if missing:
        return f"{', '.join(missing)} missing"
    lengths = {}
    for speaker in _SPEAKERS:
        sound, motion = clip.path(speaker, "wav"), clip.path(speaker, "npz")
        try:
            lengths[sound.name] = frames_of(round(files.check(sound) * SAMPLE_RATE))
            lengths[motion.name] = len(_motion(motion))
        except (ValueError, OSError, soundfile.LibsndfileError) as error:
            return str(error)
    shortest, longest = min(lengths.values()), max(lengths.values())
    if longest - shortest > _LONGEST_DIFFERENCE:
        told = ", ".join(f"{n} {frames / FRAMES_PER_SECOND:.2f} s" for n, frames in lengths.items())
        return f"lengths differ: {told}"
    return ""


def _motion(path: Path) -> Motion:
    read: MotionRead = read_motion(path)
    return at_rate(read.motion, read.frames_per_second, FRAMES_PER_SECOND)


def load(clip: Clip) -> Conversation:
    """Read a clip, its four files cut to the shortest; raise ValueError naming the file that cannot be read."""
    partner = 3 - clip.own
    sound = [_sound(clip.path(speaker, "wav")) for speaker in (clip.own, partner)]
    motion = [_motion(clip.path(speaker, "npz")) for speaker in (clip.own, partner)]
    samples = min(*(len(audio) for audio in sound), *(len(frames) * FRAME for frames in motion))
    frames = frames_of(samples)
    return Conversation(sound[0][:samples], sound[1][:samples], motion[0][:frames], motion[1][:frames])


def motions(clip: Clip) -> tuple[Motion, Motion]:
    """Read a clip's motion [T, 56] alone, own and partner's, cut to the shorter; raise as `load` does."""
    own, partner = (_motion(clip.path(speaker, "npz")) for speaker in (clip.own, 3 - clip.own))
    frames = min(len(own), len(partner))
    return own[:frames], partner[:frames]


def _sound(path: Path) -> Audio:
    return np.concatenate([*files.pieces(path), np.zeros(0, np.float32)])


def frames_in(clip: Clip) -> int:
    """Return a clip's length in frames, from the headers of its files alone."""
    lengths = []
    for speaker in _SPEAKERS:
        lengths.append(frames_of(round(files.check(clip.path(speaker, "wav")) * SAMPLE_RATE)))
        lengths.append(_npz_frames(clip.path(speaker, "npz")))
    return min(lengths)


def _npz_frames(path: Path) -> int:
    return shape_of(path, "exp")[0]


def windows(clips: Iterable[Clip], length: int) -> Iterator[tuple[Clip, int]]:
    """Yield (clip, first frame) of every whole window of `length` frames, one behind the other; none overlap."""
    for clip in clips:
        for first in range(0, frames_in(clip) - length + 1, length):
            yield clip, first


def split(clips: list[Clip], share: float) -> tuple[list[Clip], list[Clip]]:
    """Return training and validation clips; no recording, and so no speaker, is in both.

    share: of the clips that validation gets, about. Which recordings it gets depends on their names alone, so that it
    stays the same when others are added.
    """
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.group, []).append(clip)
    order = sorted(groups, key=_scrambled)
    chosen: set[str] = set()
    count = 0
    for group in order[: max(len(order) - 1, 0)]:
        if count >= share * len(clips):
            break
        chosen.add(group)
        count += len(groups[group])
    return [c for c in clips if c.group not in chosen], [c for c in clips if c.group in chosen]


def _scrambled(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
