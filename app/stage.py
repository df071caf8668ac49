"""Both faces at a moment of the conversation: a pure function of tapes, tracks and time. Knows no window and no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.store import flame_model, store
from audio_io.tape import SAMPLE_RATE, Tape
from avatar.affect import Affect, affect_motion
from avatar.basis import FLAME, NAMED, same_basis
from avatar.blinks import Person
from avatar.camera import partner_direction
from avatar.eyes import eyes_at, pupils_at
from avatar.flame import flame_basis, load_flame_head
from avatar.head import Head, HeadModel, Look, Pose, load_look, load_model
from avatar.layout import EXPRESSION, NECK
from avatar.motion import MotionTrack
from avatar.retarget import Retargeting
from avatar.retarget import load as load_retargeting

USER, AGENT = 0, 1
HEADS: Final = Path(__file__).resolve().parent.parent / "resources" / "heads"
FLAME_MISSING: Final = (
    "no FLAME head is imported, and DualTalk's expressions mean nothing without it: get flame2023_Open.pkl (CC-BY-4.0), or "
    "another FLAME file, at https://flame.is.tue.mpg.de (free registration), then ./run import-flame FILE"
)
DEFAULT_LOOKS: Final = ("theo", "mira")  # the user's head, the agent's
_SPEAKING_DB: Final = -45.0
_SPEAKING_SECONDS: Final = 0.4
_RESTING_SECONDS: Final = 8  # without speech, after which blinks are as rare as at rest
_HELD_SHARE: Final = 0.9  # of a turn of the head that the eyes make up for (the vestibulo-ocular reflex)
_SETTLED_SECONDS: Final = 0.15  # a live tape is complete up to so long ago; asked later, the answer is the same


def bundled_looks() -> list[str]:
    """Return the names of the bundled heads."""
    return sorted(path.parent.name for path in HEADS.glob("*/look.json"))


def available_looks() -> list[str]:
    """Return the names of the heads there are: the bundled ones, and FLAME's where it was imported."""
    return [*bundled_looks(), *([FLAME] if flame_model().exists() else [])]


@cache
def _bundled_model() -> HeadModel:
    """All bundled heads' model; what differs between them is their look."""
    return load_model(HEADS / "model.npz")


@lru_cache(maxsize=1)
def _flame_head(_written: int) -> HeadModel:
    """The imported FLAME as a head; another import is another one."""
    return load_flame_head(flame_model())


@lru_cache(maxsize=1)
def _bridge(written: int) -> Retargeting | None:
    name = flame_basis(flame_model()).replace(":", "-")
    try:
        return load_retargeting(store() / f"retargeting-{name}.npz", _bundled_model(), _flame_head(written))
    except ValueError:
        return None  # jaw and neck still go across, and the doctor tells


def bridge() -> Retargeting | None:
    """Return what carries expressions between the bundled heads and the imported FLAME, None where there is none or where
    the two could not be laid over each other. It is solved once for a FLAME file, in some seconds, and kept."""
    path = flame_model()
    return _bridge(path.stat().st_mtime_ns) if path.exists() else None


def load_heads(names: tuple[str, str] = DEFAULT_LOOKS) -> list[Head]:
    """Return the heads of user and agent; raise ValueError where one is damaged, LookupError where it is not there."""
    for name in names:
        if name == FLAME and not flame_model().exists():
            raise LookupError(FLAME_MISSING)
        if name not in available_looks():
            raise LookupError(f"there is no head {name!r}: choose one of {', '.join(available_looks())}")
    looks = {name: load_look(HEADS / name) for name in names if name != FLAME}
    models = {"bundled": _bundled_model()} if looks else {}
    if FLAME in names:
        models[FLAME] = _flame_head(flame_model().stat().st_mtime_ns)
        looks[FLAME] = Look("FLAME", 0, 0.0, HEADS / FLAME)
    return [Head(models[FLAME if name == FLAME else "bundled"], looks[name]) for name in names]


def is_speaking(tape: Tape, seconds: float) -> bool:
    """Tell whether there was speech-loud sound on a tape just before a moment (s)."""
    count, end = round(_SPEAKING_SECONDS * SAMPLE_RATE), round((seconds - _SETTLED_SECONDS) * SAMPLE_RATE)
    return tape.level(end - count, count) > _SPEAKING_DB


Affects = Callable[[int, float], tuple[Affect, ...]]


def _nothing(_who: int, _at: float) -> tuple[Affect, ...]:
    return ()


def _with_affects(
    motion: NDArray[np.float32], affects: tuple[Affect, ...], at: float, basis: str
) -> NDArray[np.float32]:
    shown = motion + affect_motion(affects, at)
    shown[EXPRESSION] = np.clip(shown[EXPRESSION], 0, 1) if same_basis(basis, NAMED) else motion[EXPRESSION]
    return shown


def _held(direction: tuple[float, float], motion: NDArray[np.float32]) -> tuple[float, float]:
    """Return a direction (yaw, pitch) rad as the eyes have to take it while the head turns beneath them."""
    pitch, yaw = (float(angle) for angle in motion[NECK][:2])
    return direction[0] - _HELD_SHARE * yaw, direction[1] - _HELD_SHARE * pitch


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
        motion = self.tracks[who].sample(at - delay)
        felt = self.affects(who, at)
        if felt:
            motion = _with_affects(motion, felt, at, basis)
        person = Person(partial(is_speaking, self.tapes[who]), self._resting)
        towards = _held(partner_direction(facing, who), motion)
        seconds, seed = at / SAMPLE_RATE, 2 * self.seed + who
        return Pose(motion, eyes_at(seconds, person, seed, towards), pupils_at(seconds, person, seed))

    def _resting(self, seconds: float) -> bool:
        """Tell whether nobody has spoken for a while at a moment (s)."""
        moments = [seconds - back for back in range(_RESTING_SECONDS)]
        return not any(is_speaking(tape, moment) for tape in self.tapes for moment in moments)
