"""What the 50 expression numbers of a motion mean: our named expressions, or a FLAME file's principal components."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import EXPRESSION

if TYPE_CHECKING:
    from avatar.flame.retarget import Retargeting

NAMED: Final = "named"
FLAME: Final = "flame"  # of a file that is not said; "flame:" and a hash where it is


def same_basis(one: str, other: str) -> bool:
    """Tell whether two motions' expressions mean the same; a FLAME file that is not said is taken for the one there is."""
    kinds = {one.split(":")[0], other.split(":")[0]}
    return one == other or (kinds == {FLAME} and FLAME in (one, other))


def carried(
    motion: NDArray[np.float32], source: str, target: str, bridge: "Retargeting | None" = None
) -> NDArray[np.float32]:
    """Return motion [..., 56] for a head of another basis: jaw and neck mean the same to all; expression goes over the bridge
    between ours and FLAME's where there is one, and is left out where there is none."""
    if same_basis(source, target):
        return motion
    moved = motion.copy()
    if bridge is None:
        moved[..., EXPRESSION] = 0.0
    else:
        across = bridge.named_to_flame if source == NAMED else bridge.flame_to_named
        moved[..., EXPRESSION] = across(motion[..., EXPRESSION])
    return moved
