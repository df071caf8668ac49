"""Opens a recorded session as a timeline: what is there is shown, what is not is told. Old recordings open too."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.timeline.folder import FACES, TRANSCRIPT
from app.timeline.lines import Facts, read
from app.timeline.timeline import Timeline
from app.timeline.transcript import write_transcript
from audio_io.files import LONGEST_SECONDS, pieces
from audio_io.time.tape import SAMPLE_RATE, Audio, Tape
from avatar.export.motion_file import read_motion
from avatar.rig.layout import MOTION_SIZE, TRACK_RATE
from avatar.rig.motion import MotionTrack

HEARD: Final = ("user", "agent")
_ENDINGS: Final = (".flac", ".wav")
_MOST_BYTES: Final = 4 * MOTION_SIZE * TRACK_RATE * LONGEST_SECONDS
_MARGIN_SECONDS: Final = 2.0  # of tape beyond the end
Motion = NDArray[np.float32]


@dataclass(frozen=True)
class Stored:
    """A recorded session on its own timeline, from sample `start` on, `samples` long. missing: what is not there, in words."""

    timeline: Timeline
    facts: Facts
    samples: int
    missing: tuple[str, ...]

    @property
    def start(self) -> int:
        """Its first sample."""
        return self.facts.start


def load(folder: Path) -> Stored:
    """Open a session's folder.

    Raises FileNotFoundError where it is none, ValueError where it is damaged or holds neither sound nor motion.
    """
    facts, entries, missing = read(folder)
    sounds = [_sound(folder, name, missing) for name in HEARD]
    motions = [_motion(folder, who, missing) for who in FACES]
    step = SAMPLE_RATE // facts.fps
    samples = max(*(len(sound) for sound in sounds), *(len(motion) * step for motion in motions))
    missing += _transcript(folder)
    if not samples:
        raise ValueError(f"{folder} holds no sound and no motion yet ({'; '.join(missing)}): there is nothing to show")
    seconds = samples / SAMPLE_RATE + _MARGIN_SECONDS
    tapes = {name: Tape(seconds) for name in HEARD}
    lengths = [len(motion) / facts.fps + _MARGIN_SECONDS for motion in motions]
    tracks = (MotionTrack(facts.fps, lengths[0]), MotionTrack(facts.fps, lengths[1]))
    for tape, sound in zip(tapes.values(), sounds, strict=True):
        tape.write(facts.start, sound)
    for track, motion in zip(tracks, motions, strict=True):
        track.write(facts.start // step, motion)
    timeline = Timeline(tapes, tracks)
    timeline.take(entries)
    if facts.agent and not timeline.entries("agent"):  # as older sessions were recorded
        timeline.state("agent", facts.start, name=facts.agent)
    return Stored(timeline, facts, samples, tuple(missing))


def _sound(folder: Path, name: str, missing: list[str]) -> Audio:
    """Return what can be read of a voice [N], nothing where that is nothing."""
    path = next((path for ending in _ENDINGS if (path := folder / f"{name}{ending}").is_file()), None)
    if path is None:
        missing.append(f"{name}{_ENDINGS[0]} is not there")
        return np.zeros(0, np.float32)
    found, count = [np.zeros(0, np.float32)], 0
    try:
        if soundfile.info(str(path)).samplerate != SAMPLE_RATE:
            raise ValueError(f"it is of another rate than {SAMPLE_RATE} Hz")
        for piece in pieces(path):
            found.append(piece)
            count += len(piece)
            if count > LONGEST_SECONDS * SAMPLE_RATE:
                raise ValueError(f"it is longer than {LONGEST_SECONDS // 3600} hours")
    except (ValueError, soundfile.LibsndfileError) as error:
        ends = f"ends after {count / SAMPLE_RATE:.1f} s ({error})"
        missing.append(f"{path.name} {ends if count else f'holds no sound ({error})'}")
    return np.concatenate(found)


def _motion(folder: Path, who: str, missing: list[str]) -> Motion:
    """Return a face's frames [T, 56], none where there are none. Raises ValueError where they are damaged."""
    packed, raw = folder / f"{who}.npz", folder / f"{who}.motion"
    if packed.is_file():
        return read_motion(packed).motion
    if not raw.is_file() or raw.stat().st_size < 4 * MOTION_SIZE:
        why = f"{raw.name} holds no frames" if raw.is_file() else f"{packed.name} is not there"
        missing.append(f"{why}: the face is at rest")
        return np.zeros((0, MOTION_SIZE), np.float32)
    if raw.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{raw} is longer than {LONGEST_SECONDS // 3600} hours: cut it")
    whole = raw.stat().st_size // (4 * MOTION_SIZE)
    motion = np.fromfile(raw, "<f4", whole * MOTION_SIZE).astype(np.float32).reshape(-1, MOTION_SIZE)
    if not np.isfinite(motion).all():
        raise ValueError(f"{raw} holds values that are not numbers: it is damaged")
    return motion


def _transcript(folder: Path) -> list[str]:
    """Make the transcript where there is none, as after a kill; return what is to be told."""
    if (folder / TRANSCRIPT).is_file():
        return []
    try:
        write_transcript(folder)
    except OSError as error:
        return [f"{TRANSCRIPT} is not there and cannot be written ({error.strerror or error})"]
    return [f"{TRANSCRIPT} was not there: it is made anew from what was noted"]
