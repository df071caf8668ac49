"""The imported FLAME as a head to be drawn: of any identity, with what it lacks, and carried to and from named expressions."""

from functools import lru_cache
from typing import Final

import numpy as np

from app.errors import MissingError
from app.store import flame_model, store
from avatar.flame import outfit
from avatar.flame.model import FlameModel, flame_basis, flame_head, load_flame
from avatar.flame.retarget import Retargeting
from avatar.flame.retarget import load as load_retargeting
from avatar.rig.basis import FLAME
from avatar.rig.head import PARTS, HeadModel

FLAME_MISSING: Final = (
    "no FLAME head is imported, and DualTalk's expressions mean nothing without it: get flame2023_Open.pkl (CC-BY-4.0), or "
    "another FLAME file, at https://flame.is.tue.mpg.de (free registration), then ./run import-flame FILE"
)
Identity = tuple[float, ...]  # FLAME's first shape coefficients; none: the average


@lru_cache(maxsize=1)
def _model(_written: int) -> FlameModel:
    """The imported model; another import is another one."""
    return load_flame(flame_model())


@lru_cache(maxsize=1)
def _average(written: int) -> HeadModel:
    return flame_head(_model(written))


@lru_cache(maxsize=1)
def _bridge(written: int, bundled: HeadModel) -> Retargeting | None:
    try:
        return load_retargeting(store() / f"retargeting-{_name()}.npz", bundled, _average(written))
    except (ValueError, LookupError):
        return None  # jaw and neck still go across, and the doctor tells


def _name() -> str:
    return flame_basis(flame_model()).replace(":", "-")


def bridge(bundled: HeadModel) -> Retargeting | None:
    """Return what carries expressions between the bundled heads and the imported FLAME, None where there is none or where
    the two could not be laid over each other. It is solved once for a FLAME file, in some seconds, and kept."""
    path = flame_model()
    return _bridge(path.stat().st_mtime_ns, bundled) if path.exists() else None


def imported_head(bundled: HeadModel, identity: Identity = ()) -> HeadModel:
    """Return the imported FLAME as somebody, with teeth, tongue, lids and skin, where the bundled head could be laid over it.

    Raises MissingError where none is imported, ValueError where it is damaged.
    """
    if not flame_model().exists():
        raise MissingError(FLAME_MISSING)
    return _somebody(flame_model().stat().st_mtime_ns, bundled, identity)


@lru_cache(maxsize=4)
def _somebody(written: int, bundled: HeadModel, identity: Identity) -> HeadModel:
    average = _average(written)
    plain = flame_head(_model(written), np.array(identity)) if identity else average
    if bridge(bundled) is None:
        return plain
    fitted = outfit.load(store() / f"outfit-{_name()}.npz", bundled, average)
    return outfit.wear(fitted, plain, average.v_template)


def is_dressed(model: HeadModel) -> bool:
    """Tell whether a FLAME head has places in the bundled atlas of skin."""
    return model.basis.startswith(FLAME) and bool((model.part == PARTS.index("tongue")).any())
