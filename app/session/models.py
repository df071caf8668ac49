"""The motion models by name: which there are, loading one, a recording's motion by whichever it is."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.errors import MissingError
from app.groups import missing
from app.session.faces import DEFAULT_LOOKS, available_looks
from app.store import dualtalk_weights, flame_model
from avatar.flame.model import flame_basis
from avatar.rig.basis import FLAME, NAMED, same_basis

if TYPE_CHECKING:  # torch is loaded when a model is
    from inference.motion.model import Audio, Conditions, Motion, MotionModel
    from inference.motion.recording import Recording

MODELS: Final = ("duet", "dualtalk")
TITLES: Final = {"duet": "Duet", "dualtalk": "DualTalk"}
BASES: Final = {"duet": NAMED, "dualtalk": FLAME}
DUALTALK_MISSING: Final = (
    "DualTalk's weights are not imported: ./run import-dualtalk DualTalk.pth, or --download them (2.6 GB)"
)
_BLOCK_FRAMES: Final = 50


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe how DualTalk runs: where, how exactly, and from which file."""
    parser.add_argument("--weights", type=Path, metavar="FILE", help="DualTalk's weights (default: the imported ones)")
    parser.add_argument(
        "--duet-weights",
        type=Path,
        metavar="FILE",
        help="Duet's weights, such as fine-tuned ones (default: the bundled)",
    )
    parser.add_argument("--device", metavar="NAME", help="where DualTalk runs: cuda, mps, cpu (default: the fastest)")
    parser.add_argument(
        "--precision", choices=["float32", "bfloat16", "float16"], help="of DualTalk's encoders (default: by device)"
    )


def add_live_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe how DualTalk's window slides, live."""
    for name, about in (
        ("context", "sound that it looks back on"), ("future", "how far it hears past the user's frame"),
        ("hop", "how much sound it takes at once"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, metavar="MS", help=f"DualTalk: {about}, in ms (default: by device)")


def load_model(options: argparse.Namespace, name: str) -> "MotionModel[Any]":
    """Return a motion model; raise MissingError with the remedy where it is not imported, ValueError where it is damaged.

    options: what `add_model_arguments` and `add_live_arguments` describe, as far as there.
    """
    if name == "duet":
        from inference.duet.model import load_duet

        other = getattr(options, "duet_weights", None)
        return load_duet(other) if other else load_duet()
    weights = getattr(options, "weights", None) or dualtalk_weights()
    if not weights.exists():
        raise MissingError(DUALTALK_MISSING)
    if missing("dualtalk"):
        raise MissingError(missing("dualtalk"))
    from dataclasses import replace

    from inference.dualtalk.checkpoint import load_network
    from inference.dualtalk.model import PRECISIONS, DualTalkModel, best_device, live_defaults, usable_device

    try:
        device = usable_device(getattr(options, "device", None) or best_device())
    except LookupError as error:
        raise MissingError(str(error)) from error
    settings = live_defaults(device)
    given = {key: getattr(options, key, None) for key in ("context", "future", "hop")}
    settings = replace(settings, **{key: ms / 1000 for key, ms in given.items() if ms is not None})
    if getattr(options, "precision", None):
        settings = replace(settings, precision=options.precision)
    return DualTalkModel(load_network(weights, device, PRECISIONS[settings.precision]), settings)


def animate_recording(
    model: "MotionModel[Any]", recording: "Recording", blocks: "Iterator[Audio]", seed: int = 0,
    look_ahead: float | None = None, partner_motion: "Motion | None" = None,
    conditions: "tuple[Conditions, Conditions] | None" = None,
) -> "Iterator[Motion]":  # fmt: skip
    """Yield motion [2, n, 56] of a recording whose sound `blocks` delivers (see `block_samples`), by any model.

    look_ahead: seconds that Duet's faces may hear ahead; DualTalk hears all. partner_motion: [T, 56] at the model's rate,
    the second speaker's real motion. conditions: what is asked of Duet's faces.
    """
    from inference.dualtalk.model import DualTalkModel
    from inference.dualtalk.whole import animate_whole
    from inference.motion.model import NEUTRAL
    from inference.motion.offline import animate

    if isinstance(model, DualTalkModel):
        return animate_whole(model.network, recording, blocks, partner_motion)
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
