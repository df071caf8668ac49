"""The motion models by name: which there are, loading one, a recording's motion by whichever it is."""

import atexit
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.errors import MissingError
from app.registry import Entry, Registry
from app.session.faces import DEFAULT_LOOKS, available_looks
from app.settings import ModelOptions
from app.store import dualtalk_weights, flame_model
from avatar.flame.model import flame_basis
from avatar.rig.basis import FLAME, NAMED, same_basis

if TYPE_CHECKING:  # torch is loaded when a model is
    from inference.motion.model import Audio, Conditions, Motion, MotionModel
    from inference.motion.recording import Recording

DUALTALK_MISSING: Final = (
    "DualTalk's weights are not imported: ./run import-dualtalk DualTalk.pth, or --download them (2.6 GB)"
)
_BLOCK_FRAMES: Final = 50


@dataclass(frozen=True)
class MotionModelEntry(Entry):
    """A motion model to choose. make: takes `ModelOptions`, gives a `MotionModel` whose name is the entry's.

    moods: whether it was trained to follow what is asked of a face. animate: yields the motion of a whole recording, for a
    model that hears all of it before it draws, from model, recording, blocks of its sound and the second speaker's motion.
    """

    moods: bool = False
    animate: "Callable[[Any, Recording, Iterator[Audio], Motion | None], Iterator[Motion]] | None" = None


def _duet(options: ModelOptions) -> "MotionModel[Any]":
    from inference.duet.model import WEIGHTS, load_duet

    return load_duet(options.duet_weights or WEIGHTS)


def _dualtalk(options: ModelOptions) -> "MotionModel[Any]":
    weights = options.weights or dualtalk_weights()
    if not weights.exists():
        raise MissingError(DUALTALK_MISSING)
    from inference.dualtalk.checkpoint import load_network
    from inference.dualtalk.model import PRECISIONS, DualTalkModel, best_device, live_defaults, usable_device

    try:
        device = usable_device(options.device or best_device())
    except LookupError as error:
        raise MissingError(str(error)) from error
    told = {"context": options.context, "future": options.future, "hop": options.hop}
    given: dict[str, Any] = {key: ms / 1000 for key, ms in told.items() if ms is not None}
    if options.precision:
        given["precision"] = options.precision
    settings = replace(live_defaults(device), **given)
    return DualTalkModel(load_network(weights, device, PRECISIONS[settings.precision]), settings)


def _animate_dualtalk(
    model: Any, recording: "Recording", blocks: "Iterator[Audio]", partner_motion: "Motion | None"
) -> "Iterator[Motion]":
    from inference.dualtalk.whole import animate_whole

    return animate_whole(model.network, recording, blocks, partner_motion)


MOTION_MODELS: Final = Registry(
    "motion model", "dualtalk_live.motion_models", MotionModelEntry, (
        MotionModelEntry(
            "duet", "Apache-2.0", _duet, sizes={"duet": 4.8}, title="Duet", moods=True,
            about="The bundled listener imitates published rules of how people listen; it was not learned from people.",
        ),
        MotionModelEntry(
            "dualtalk", "none stated: research, or ask its authors", _dualtalk, ("dualtalk",),
            {"float32": 2600, "bfloat16": 1300}, "DualTalk",
            "DualTalk was learned from people in conversation (Peng et al., CVPR 2025).", animate=_animate_dualtalk,
        ),
    ),
)  # fmt: skip
FALLBACK: Final = "duet"  # runs on any machine: it begins, and goes on where another cannot keep up


def title_of(name: str) -> str:
    """Return a motion model's name as the person reads it."""
    return MOTION_MODELS.entry(name).shown


@contextmanager
def without_pauses() -> Iterator[None]:
    """Load libraries inside: collecting garbage among all their objects would hold the interpreter, and the sound, for 0.2 s.

    What is there afterwards is not looked through again until the end.
    """
    atexit.register(gc.unfreeze)  # else what is still held then would be reported as lost
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def load_model(options: ModelOptions, name: str) -> "MotionModel[Any]":
    """Return a motion model; raise MissingError with the remedy where it is not imported, ValueError where it is damaged."""
    model: MotionModel[Any] = MOTION_MODELS.make(name, options)
    return model


def animate_recording(
    model: "MotionModel[Any]", recording: "Recording", blocks: "Iterator[Audio]", seed: int = 0,
    look_ahead: float | None = None, partner_motion: "Motion | None" = None,
    conditions: "tuple[Conditions, Conditions] | None" = None,
) -> "Iterator[Motion]":  # fmt: skip
    """Yield motion [2, n, 56] of a recording whose sound `blocks` delivers (see `block_samples`), by any model.

    look_ahead: seconds that the faces of a model that streams may hear ahead. partner_motion: [T, 56] at the model's rate,
    the second speaker's real motion. conditions: what is asked of the faces.
    """
    from inference.motion.model import NEUTRAL
    from inference.motion.offline import animate

    whole = MOTION_MODELS.entry(model.name).animate
    if whole is not None:
        return whole(model, recording, blocks, partner_motion)
    return animate(model, blocks, seed, look_ahead, conditions or (NEUTRAL, NEUTRAL), partner_motion)


def block_samples(model: "MotionModel[Any]") -> int:
    """Return a good length of sound blocks for `animate_recording`."""
    from avatar.rig.layout import samples_per_frame

    return _BLOCK_FRAMES * samples_per_frame(model.frames_per_second)


def fitting_looks(basis: str) -> tuple[str, str]:
    """Return the heads that show a motion whole where there are any: FLAME's for a FLAME basis, else the bundled ones."""
    return (FLAME, FLAME) if same_basis(basis, FLAME) and FLAME in available_looks() else DEFAULT_LOOKS


def stored_basis(basis: str) -> str:
    """Return what a motion file says of its basis: FLAME's with the hash of the file that was imported, where one was."""
    return flame_basis(flame_model()) if basis == FLAME else basis


def basis_warning(basis: str, head_basis: str) -> str:
    """Return in words what of a motion a head cannot show, empty where it shows all."""
    if same_basis(basis, head_basis) or FLAME in available_looks():  # else carried over the bridge between both
        return ""
    if head_basis == NAMED:
        return (
            "DualTalk's expressions are FLAME's, this head shows only jaw and neck: ./run import-flame FILE gives one"
        )
    return "Duet's expressions are not FLAME's: this head shows only jaw and neck"


def read_fitting_motion(path: Path, recording: "Recording", basis: str = FLAME, rate: int = 25) -> "Motion":
    """Read a speaker's real motion [T, 56] in a model's basis, at its rate, held or cut to the recording's length.

    Raises ValueError naming the file where it is no such motion.
    """
    from avatar.export.motion_file import at_rate, of_length, read_motion
    from avatar.rig.layout import samples_per_frame

    read = read_motion(path)
    if not same_basis(read.basis, basis):
        needed = (
            "FLAME's, which DualTalk needs" if basis == FLAME else "that of the named expressions, which Duet needs"
        )
        raise ValueError(f"{path} is in the basis {read.basis!r}, not in {needed}")
    motion = at_rate(read.motion, read.frames_per_second, rate)
    frames = -(-recording.samples // samples_per_frame(rate))
    if abs(len(motion) - frames) > rate:
        lasting, sounding = len(motion) / rate, frames / rate
        print(f"{path} lasts {lasting:.1f} s, the sound {sounding:.1f} s: it is held or cut to fit", file=sys.stderr)
    return of_length(motion, frames)
