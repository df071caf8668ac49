"""How deep the wrinkles of a face are for what it shows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.rig.layout import SLOT

# What folds the forehead, the brows' middle, the corners of the eyes, the cheeks: slots that count together, and how much.
_FOLDS: Final = (
    ((("browInnerUp",), 0.8), (("browOuterUpLeft", "browOuterUpRight"), 0.8)),
    ((("browDownLeft", "browDownRight"), 1.0), (("noseSneerLeft", "noseSneerRight"), 0.6)),
    (
        (("cheekSquintLeft", "cheekSquintRight"), 0.7), (("eyeSquintLeft", "eyeSquintRight"), 0.6),
        (("mouthSmileLeft", "mouthSmileRight"), 0.5),
    ),
    (
        (("mouthSmileLeft", "mouthSmileRight"), 0.8), (("noseSneerLeft", "noseSneerRight"), 0.5),
        (("mouthUpperUpLeft", "mouthUpperUpRight"), 0.3),
    ),
)  # fmt: skip
_MATRIX: Final = np.zeros((4, len(SLOT)), np.float32)
for _row, _parts in enumerate(_FOLDS):
    for _names, _share in _parts:
        for _name in _names:
            _MATRIX[_row, SLOT[_name]] += _share / len(_names)
_LEAST: Final = 0.05  # below which nothing can be seen


def creases(expression: NDArray[np.floating], lines: float) -> NDArray[np.float32]:
    """Return how deep folds are, 0 to 1: forehead, between the brows, beside the eyes, beside the mouth.

    expression: the named weights [50]; lines: how lined the skin is (0 a child's, 1 an old person's), some of it at rest.
    """
    deep = (0.35 + 0.65 * lines) * np.clip(_MATRIX @ expression, 0, 1) + 0.30 * max(0.0, lines - 0.45)
    result: NDArray[np.float32] = np.where(deep < _LEAST, 0, np.minimum(deep, 1)).astype(np.float32)
    return result
