"""What the 50 expression numbers of a motion mean: our named expressions, or a FLAME file's principal components."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.layout import EXPRESSION

NAMED: Final = "named"
FLAME: Final = "flame"  # of a file that is not said; "flame:" and a hash where it is


def same_basis(one: str, other: str) -> bool:
    """Tell whether two motions' expressions mean the same; a FLAME file that is not said is taken for the one there is."""
    kinds = {one.split(":")[0], other.split(":")[0]}
    return one == other or (kinds == {FLAME} and FLAME in (one, other))


def carried(motion: NDArray[np.float32], source: str, target: str) -> NDArray[np.float32]:
    """Return motion [..., 56] for a head of another basis: jaw and neck mean the same to all, expression is left out."""
    if same_basis(source, target):
        return motion
    moved = motion.copy()
    moved[..., EXPRESSION] = 0.0
    return moved
