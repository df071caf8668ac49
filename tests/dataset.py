"""A small data set in the DualTalk data set's layout: real speech, motion that goes with its loudness."""

from pathlib import Path

import numpy as np
import soundfile

from audio_io.files import stream
from tests.conftest import SPEECH

FRAMES = 200


def motion_of(audio: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return expression [T, 50] and pose [T, 6] whose jaw and smile follow the sound."""
    rng = np.random.default_rng(seed)
    frames = len(audio) // 640
    loud = np.sqrt(np.square(audio[: frames * 640]).reshape(frames, 640).mean(1))[:, None]
    drift = np.cumsum(rng.normal(0, 0.03, (frames, 56)), 0)
    expression = drift[:, :50] + loud * rng.normal(0, 5, 50)
    pose = 0.1 * drift[:, 50:] + loud * np.array([0.1, 0, 0, 1.0, 0, 0])
    return expression.astype(np.float32), pose.astype(np.float32)


def write_clip(folder: Path, name: str, seed: int, frames: int = FRAMES) -> None:
    """Write a clip's four files."""
    sound = np.concatenate([np.concatenate(list(stream(path, 640))) for path in sorted(SPEECH.glob("*.flac"))])
    folder.mkdir(parents=True, exist_ok=True)
    for speaker in (1, 2):
        audio = np.roll(sound, 31_000 * seed + 90_000 * speaker)[: frames * 640]
        expression, pose = motion_of(audio, 2 * seed + speaker)
        soundfile.write(folder / f"{name}_speaker{speaker}.wav", audio, 16_000)
        np.savez(folder / f"{name}_speaker{speaker}.npz", exp=expression, pose=pose)


def write_set(folder: Path, recordings: int, clips: int, frames: int = FRAMES) -> Path:
    """Write clips of several recordings, named as the data set names them."""
    for recording in range(recordings):
        for clip in range(clips):
            write_clip(folder, f"rec{recording}_sub_video_{clip}_000", 10 * recording + clip, frames)
    return folder
