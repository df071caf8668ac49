"""What the 50 expression numbers of a motion mean: expressions by name, or a FLAME file's components."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import EXPRESSION

# Expressions [..., 50] of a basis, named first, in the other kind's numbers.
Bridge = Callable[[str, NDArray[np.floating]], NDArray[np.float32]]
NAMED: Final = "named"
FLAME: Final = "flame"  # of a file that is not said; "flame:" and a hash where it is


def same_basis(one: str, other: str) -> bool:
    """Tell whether two motions' expressions mean the same; a FLAME file that is not said is taken for the one there is."""
    kinds = {one.split(":")[0], other.split(":")[0]}
    return one == other or (kinds == {FLAME} and FLAME in (one, other))


def carried(motion: NDArray[np.float32], source: str, target: str, bridge: Bridge | None = None) -> NDArray[np.float32]:
    """Return motion [..., 56] for a head of another basis: jaw and neck mean the same to all; expression goes over the bridge
    between ours and FLAME's where there is one, and is left out where there is none."""
    if same_basis(source, target):
        return motion
    moved = motion.copy()
    if bridge is None:
        moved[..., EXPRESSION] = 0.0
    else:
        moved[..., EXPRESSION] = bridge(source, motion[..., EXPRESSION])
    return moved
