"""Both faces at a moment of the conversation: a pure function of tapes, tracks and time. Knows no window and no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.store import flame_model
from audio_io.tape import SAMPLE_RATE, Tape, level
from avatar.affect import Affect, affect_motion
from avatar.basis import FLAME, NAMED, same_basis
from avatar.camera import partner_direction
from avatar.eyes import eyes_at
from avatar.flame import load_flame_head
from avatar.head import Head, Look, Pose, load_look, load_model
from avatar.layout import EXPRESSION
from avatar.motion import MotionTrack

USER, AGENT = 0, 1
HEADS: Final = Path(__file__).resolve().parent.parent / "resources" / "heads"
FLAME_MISSING: Final = (
    "no FLAME head is imported, and DualTalk's expressions mean nothing without it: get flame2023_Open.pkl (CC-BY-4.0), or "
    "another FLAME file, at https://flame.is.tue.mpg.de (free registration), then ./run import-flame FILE"
)
DEFAULT_LOOKS: Final = ("theo", "mira")  # the user's head, the agent's
_SPEAKING_DB: Final = -45.0
_SPEAKING_SECONDS: Final = 0.4
_SETTLED_SECONDS: Final = 0.15  # a live tape is complete up to so long ago; asked later, the answer is the same


def bundled_looks() -> list[str]:
    """Return the names of the bundled heads."""
    return sorted(path.parent.name for path in HEADS.glob("*/look.json"))


def available_looks() -> list[str]:
    """Return the names of the heads there are: the bundled ones, and FLAME's where it was imported."""
    return [*bundled_looks(), *([FLAME] if flame_model().exists() else [])]


def load_heads(names: tuple[str, str] = DEFAULT_LOOKS) -> list[Head]:
    """Return the heads of user and agent; raise ValueError where one is damaged, LookupError where it is not there."""
    for name in names:
        if name == FLAME and not flame_model().exists():
            raise LookupError(FLAME_MISSING)
        if name not in available_looks():
            raise LookupError(f"there is no head {name!r}: choose one of {', '.join(available_looks())}")
    looks = {name: load_look(HEADS / name) for name in names if name != FLAME}
    models = {"bundled": load_model(HEADS / "model.npz")} if looks else {}
    if FLAME in names:
        models[FLAME] = load_flame_head(flame_model())
        looks[FLAME] = Look("FLAME", 0, 0.0, HEADS / FLAME)
    return [Head(models[FLAME if name == FLAME else "bundled"], looks[name]) for name in names]


def is_speaking(tape: Tape, seconds: float) -> bool:
    """Tell whether there was speech-loud sound on a tape just before a moment (s)."""
    count, end = round(_SPEAKING_SECONDS * SAMPLE_RATE), round((seconds - _SETTLED_SECONDS) * SAMPLE_RATE)
    return level(tape.read(end - count, count)) > _SPEAKING_DB


Affects = Callable[[int, float], tuple[Affect, ...]]


def _nothing(_who: int, _at: float) -> tuple[Affect, ...]:
    return ()


def _with_affects(
    motion: NDArray[np.float32], affects: tuple[Affect, ...], at: float, basis: str
) -> NDArray[np.float32]:
    shown = motion + affect_motion(affects, at)
    shown[EXPRESSION] = np.clip(shown[EXPRESSION], 0, 1) if same_basis(basis, NAMED) else motion[EXPRESSION]
    return shown


@dataclass(frozen=True)
class Stage:
    """The two speakers' tapes and tracks, user first, and the seed of what eyes do by chance.

    affects: what somebody's text showed at a sample, of USER or AGENT.
    """

    tapes: tuple[Tape, Tape]
    tracks: tuple[MotionTrack, MotionTrack]
    seed: int = 0
    affects: Affects = _nothing

    def poses(self, at: float, facing: str, delay: float = 0.0, basis: str = NAMED) -> list[Pose]:
        """Return both faces, user first, the user's motion being shown `delay` samples late; see `pose`."""
        return [self.pose(USER, at, facing, delay, basis), self.pose(AGENT, at, facing, 0.0, basis)]

    def pose(self, who: int, at: float, facing: str, delay: float = 0.0, basis: str = NAMED) -> Pose:
        """Return the face of USER or AGENT at a sample of the timeline.

        facing: a key of `camera.HEAD_TURNS`; delay: samples by which the motion shown is older; basis: what the motion's
        expressions mean, feelings being shown by named ones only, gestures by any.
        """
        speaking = partial(is_speaking, self.tapes[who])
        eyes = eyes_at(at / SAMPLE_RATE, speaking, 2 * self.seed + who, partner_direction(facing, who))
        motion = self.tracks[who].sample(at - delay)
        felt = self.affects(who, at)
        return Pose(_with_affects(motion, felt, at, basis) if felt else motion, eyes)
