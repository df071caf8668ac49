"""Both faces at a moment of the conversation: a pure function of tapes, tracks and time. Knows no window and no clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.registry import Entry, Registry
from app.session import flame_head
from app.session.flame_head import Identity
from app.store import flame_model
from app.timeline.timeline import AFFECT, AGENT, USER, Timeline
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.draw.camera import partner_direction
from avatar.flame.retarget import Retargeting
from avatar.life.affect import AFFECTS, LONGEST_SECONDS, Affect, affect_motion
from avatar.life.blinks import AS_PEOPLE, Dials, Person
from avatar.life.eyes import eyes_at, pupils_at
from avatar.rig.basis import FLAME, NAMED, carried, same_basis
from avatar.rig.head import Head, HeadModel, Look, Pose
from avatar.rig.head_file import load_look, load_model
from avatar.rig.layout import EXPRESSION, NECK
from avatar.rig.motion import MotionTrack

HEADS: Final = Path(__file__).resolve().parents[2] / "resources" / "heads"
DEFAULT_LOOKS: Final = ("theo", "mira")  # the user's head, the agent's
_SPEAKING_DB: Final = -45.0
_SPEAKING_SECONDS: Final = 0.4
_RESTING_SECONDS: Final = 8  # without speech, after which blinks are as rare as at rest
_HELD_SHARE: Final = 0.9  # of a turn of the head that the eyes make up for (the vestibulo-ocular reflex)
_SETTLED_SECONDS: Final = 0.15  # a live tape is complete up to so long ago; asked later, the answer is the same


def bundled_looks() -> list[str]:
    """Return the names of the bundled heads."""
    return sorted(path.parent.name for path in HEADS.glob("*/look.json"))


@dataclass(frozen=True)
class HeadEntry(Entry):
    """A head to choose. make: takes FLAME's shape coefficients (`Identity`) and the skin of a bundled head, for heads that can
    be anybody; gives a `Head`. there: whether it is on this machine."""

    there: Callable[[], bool] = lambda: True


@cache
def _bundled_model() -> HeadModel:
    """All bundled heads' model; what differs between them is their look."""
    return load_model(HEADS / "model.npz")


def bridge() -> Retargeting | None:
    """Return what carries expressions between the bundled heads and the imported FLAME; see `app.session.flame_head.bridge`."""
    return flame_head.bridge(_bundled_model())


def load_heads(names: tuple[str, str] = DEFAULT_LOOKS, identities: tuple[Identity, Identity] = ((), ())) -> list[Head]:
    """Return the heads of user and agent; raise ValueError where one is damaged, MissingError where it is not there.

    identities: of those that are FLAME's, its shape coefficients.
    """
    return [
        LOOKS.make(name, identity, skin) for name, identity, skin in zip(names, identities, DEFAULT_LOOKS, strict=True)
    ]


def shown_by(heads: Sequence[Head], poses: Sequence[Pose], basis: str) -> list[Pose]:
    """Return poses whose expressions are in a basis as their heads show them, each in its own."""
    return [
        pose if same_basis(basis, head.model.basis)
        else replace(pose, motion=carried(pose.motion, basis, head.model.basis, bridge()))
        for head, pose in zip(heads, poses, strict=True)
    ]  # fmt: skip


def _bundled(name: str, _identity: Identity, _skin: str) -> Head:
    return Head(_bundled_model(), load_look(HEADS / name))


def _flame(identity: Identity, skin: str) -> Head:
    """Return the imported FLAME as somebody, with the skin of a bundled head."""
    model = flame_head.imported_head(_bundled_model(), identity)
    if not flame_head.is_dressed(model):
        return Head(model, Look("FLAME", 0, 0.0, HEADS / FLAME))
    return Head(model, replace(load_look(HEADS / skin), name="FLAME", identity=0, hair=False))


LOOKS: Final = Registry(
    "head", "dualtalk_live.heads", HeadEntry, (
        *(HeadEntry(name, "Apache-2.0", partial(_bundled, name), title=name.title()) for name in bundled_looks()),
        HeadEntry(FLAME, "its file's own, such as CC-BY-4.0", _flame, title="FLAME", there=lambda: flame_model().exists()),
    ),
)  # fmt: skip


def available_looks() -> list[str]:
    """Return the names of the heads there are: the bundled ones, FLAME's where it was imported, and other packages'."""
    return [entry.name for entry in LOOKS.entries() if entry.there()]


def is_speaking(tape: Tape, seconds: float) -> bool:
    """Tell whether there was speech-loud sound on a tape just before a moment (s)."""
    count, end = round(_SPEAKING_SECONDS * SAMPLE_RATE), round((seconds - _SETTLED_SECONDS) * SAMPLE_RATE)
    return tape.level(end - count, count) > _SPEAKING_DB


Affects = Callable[[int, float], tuple[Affect, ...]]


def _nothing(_who: int, _at: float) -> tuple[Affect, ...]:
    return ()


def felt(timeline: Timeline, who: int, at: float) -> tuple[Affect, ...]:
    """Return what the text of USER or AGENT shows at a sample, as it is noted on a timeline."""
    noted = timeline.between(AFFECT, at - LONGEST_SECONDS * SAMPLE_RATE, at)
    return tuple(
        Affect(entry.facts["name"], entry.at, entry.facts["strength"])
        for entry in noted if entry.facts["who"] == who and entry.facts["name"] in AFFECTS
    )  # fmt: skip


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
class Faces:
    """The two speakers' tapes and tracks, user first, and the seed of what eyes do by chance; `over` has a timeline's.

    affects: what somebody's text showed at a sample, of USER or AGENT; dials: what is asked of both speakers' eyes.
    """

    tapes: tuple[Tape, Tape]
    tracks: tuple[MotionTrack, MotionTrack]
    seed: int = 0
    affects: Affects = _nothing
    dials: tuple[Dials, Dials] = (AS_PEOPLE, AS_PEOPLE)

    @classmethod
    def over(cls, timeline: Timeline, seed: int) -> "Faces":
        """Return both faces of a timeline."""
        return cls(timeline.tapes, timeline.tracks, seed, partial(felt, timeline))

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
        eyes = eyes_at(seconds, person, seed, towards, self.dials[who])
        return Pose(motion, eyes, pupils_at(seconds, person, seed))

    def _resting(self, seconds: float) -> bool:
        """Tell whether nobody has spoken for a while at a moment (s)."""
        moments = [seconds - back for back in range(_RESTING_SECONDS)]
        return not any(is_speaking(tape, moment) for tape in self.tapes for moment in moments)
