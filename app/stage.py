"""Both faces at a moment of the conversation: a pure function of tapes, tracks and time. Knows no window and no clock."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from audio_io.tape import SAMPLE_RATE, Tape, level
from avatar.camera import partner_direction
from avatar.eyes import eyes_at
from avatar.head import HeadModel, Look, Pose, load_look, load_model
from avatar.motion import MotionTrack

USER, AGENT = 0, 1
HEADS: Final = Path(__file__).resolve().parent.parent / "resources" / "heads"
DEFAULT_LOOKS: Final = ("theo", "mira")  # the user's head, the agent's
_SPEAKING_DB: Final = -45.0
_SPEAKING_SECONDS: Final = 0.4
_SETTLED_SECONDS: Final = 0.15  # a live tape is complete up to so long ago; asked later, the answer is the same


def available_looks() -> list[str]:
    """Return the names of the bundled heads."""
    return sorted(path.parent.name for path in HEADS.glob("*/look.json"))


def load_heads(names: tuple[str, str] = DEFAULT_LOOKS) -> tuple[HeadModel, list[Look]]:
    """Return the head model and the looks of user and agent; raise ValueError where a head is unknown or damaged."""
    for name in names:
        if name not in available_looks():
            raise ValueError(f"there is no head {name!r}: choose one of {', '.join(available_looks())}")
    return load_model(HEADS / "model.npz"), [load_look(HEADS / name) for name in names]


def is_speaking(tape: Tape, seconds: float) -> bool:
    """Tell whether there was speech-loud sound on a tape just before a moment (s)."""
    count, end = round(_SPEAKING_SECONDS * SAMPLE_RATE), round((seconds - _SETTLED_SECONDS) * SAMPLE_RATE)
    return level(tape.read(end - count, count)) > _SPEAKING_DB


@dataclass(frozen=True)
class Stage:
    """The two speakers' tapes and tracks, user first, and the seed of what eyes do by chance."""

    tapes: tuple[Tape, Tape]
    tracks: tuple[MotionTrack, MotionTrack]
    seed: int = 0

    def pose(self, who: int, at: float, facing: str, delay: float = 0.0) -> Pose:
        """Return the face of USER or AGENT at a sample of the timeline.

        facing: a key of `camera.HEAD_TURNS`; delay: samples by which the motion shown is older.
        """
        speaking = partial(is_speaking, self.tapes[who])
        eyes = eyes_at(at / SAMPLE_RATE, speaking, 2 * self.seed + who, partner_direction(facing, who))
        return Pose(self.tracks[who].sample(at - delay), eyes)
