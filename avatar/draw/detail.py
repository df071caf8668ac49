"""The fine relief of skin, a small tile made by formula: pores and the lines between them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIZE: Final = 256  # pixels of a tile of 16 mm
_PORES: Final = 520
_PORE: Final = 2.6  # pixels
_SEED: Final = 11
Field = NDArray[np.float64]


def _blurred(field: Field, sigma: tuple[float, float]) -> Field:
    """Return a tiling field [S, S] blurred by a Gaussian (pixels down, across), of unit deviation."""
    down, across = np.fft.fftfreq(_SIZE)[:, None], np.fft.fftfreq(_SIZE)[None, :]
    kernel = np.exp(-2 * np.pi**2 * ((sigma[0] * down) ** 2 + (sigma[1] * across) ** 2))
    result = np.fft.ifft2(np.fft.fft2(field) * kernel).real
    return np.asarray(result / result.std())


def skin_detail() -> NDArray[np.uint8]:
    """Return a tile [S, S, 4]: slope across and up (128 is level), height, and 255."""
    rng = np.random.default_rng(_SEED)
    pits = np.zeros((_SIZE, _SIZE))
    np.add.at(pits, tuple(rng.integers(0, _SIZE, (2, _PORES))), rng.uniform(0.4, 1.0, _PORES))
    grain = rng.standard_normal((3, _SIZE, _SIZE))
    # Lines of the skin cross slantwise; here two families of short ridges.
    ridges = np.minimum(_blurred(grain[0], (1.6, 5.0)), _blurred(grain[1], (5.0, 1.6)))
    height = -0.8 * _blurred(pits, (_PORE, _PORE)) + 0.7 * ridges + 0.5 * _blurred(grain[2], (2.0, 2.0))
    height /= height.std()
    up = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / 2
    across = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2
    most = 3.0 * max(up.std(), across.std())
    parts = [across / most * 0.5 + 0.5, up / most * 0.5 + 0.5, height / 6 + 0.5, np.ones_like(height)]
    return np.asarray(np.clip(np.stack(parts, -1), 0, 1) * 255 + 0.5, np.uint8)
