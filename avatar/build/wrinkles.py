"""Where faces fold, painted in the atlas by formula: the same for all persons, how deep is for the renderer to say."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.build.paint import Canvas, Picture, noise, step

Line = list[tuple[float, float]]
_SIZE: Final = 512
_FOREHEAD_APART: Final = 0.0085  # m from line to line
_CROW_APART: Final = 0.42  # rad from line to line beside an eye


def wrinkles(canvas: Canvas) -> NDArray[np.uint8]:
    """Return how deep folds are [512, 512, 4]: of the forehead, between the brows, beside the eyes, beside the mouth."""
    stride = canvas.size // _SIZE
    p = canvas.places[::stride, ::stride].astype(np.float32)
    waver = noise(p, 45, 2, 71) * 0.0011  # m: no line is straight
    front = step(p[..., 2], canvas.eye[2] - 0.03, canvas.eye[2] - 0.01)
    folds = (
        _forehead(canvas, p, waver),
        _frown(canvas, p),
        _beside_eyes(canvas, p, waver),
        _beside_mouth(canvas, p, waver),
    )
    whole = np.stack(folds, -1) * front[..., None]
    return np.asarray(np.clip(whole, 0, 1) * 255 + 0.5, np.uint8)


def _fold(places: Picture, line: Line, width: float) -> Picture:
    """Return how deep a fold of a width (m) along a line of points is at places [..., 2]; it begins and ends softly."""
    deepest = np.zeros(places.shape[:-1], np.float32)
    points = np.array(line)
    for index, (a, b) in enumerate(zip(points, points[1:], strict=False)):
        along = np.clip(((places - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        distance = np.linalg.norm(places - a - along[..., None] * (b - a), axis=-1)
        gone = (index + along) / (len(points) - 1)
        ends = np.minimum(1.0, np.minimum(0.35 + 3 * gone, 4 * (1 - gone)))
        deepest = np.maximum(deepest, ends * np.exp(-0.5 * (distance / width) ** 2))
    return deepest


def _half(p: Picture, shift: Picture | float = 0.0) -> Picture:
    """Return places [..., 2] on one half of the face, for both halves."""
    return np.stack([np.abs(p[..., 0]), p[..., 1] + shift], -1)


def _forehead(canvas: Canvas, p: Picture, waver: Picture) -> Picture:
    x, above = np.abs(p[..., 0]), p[..., 1] - canvas.eye[1] + waver
    lines = (0.5 + 0.5 * np.cos(2 * np.pi * (above - 2 * x * x) / _FOREHEAD_APART)) ** 4
    lines *= step(above, 0.030, 0.036) * (1 - step(above, 0.060, 0.068)) * (1 - step(x, 0.026, 0.046))
    result: Picture = lines * np.clip(0.75 + 0.25 * noise(p, 28, 1, 72), 0.3, 1)
    return result


def _frown(canvas: Canvas, p: Picture) -> Picture:
    height = canvas.eye[1]
    upright = [(0.0065, height + 0.006), (0.0058, height + 0.018), (0.0085, height + 0.029)]
    across = [(0.0, height + 0.004), (0.006, height + 0.0035)]
    result: Picture = np.maximum(_fold(_half(p), upright, 0.0013), 0.6 * _fold(_half(p), across, 0.0011))
    return result


def _beside_eyes(canvas: Canvas, p: Picture, waver: Picture) -> Picture:
    eye = canvas.eye
    out, up = np.abs(p[..., 0]) - (eye[0] + 0.0175), p[..., 1] - (eye[1] - 0.001) + 0.4 * waver
    reach, angle = np.hypot(out, up), np.arctan2(up, out)
    feet = (0.5 + 0.5 * np.cos(2 * np.pi * angle / _CROW_APART)) ** 3 * (out > 0) * (1 - step(np.abs(angle), 0.7, 1.0))
    feet *= step(reach, 0.004, 0.009) * (1 - step(reach, 0.014, 0.024))
    below = [(eye[0] - 0.014, eye[1] - 0.0125), (eye[0], eye[1] - 0.0165), (eye[0] + 0.012, eye[1] - 0.0135)]
    result: Picture = np.maximum(feet, 0.55 * _fold(_half(p), below, 0.0012))
    return result


def _beside_mouth(canvas: Canvas, p: Picture, waver: Picture) -> Picture:
    nose, mouth = canvas.tip[1], canvas.mouth_line
    cheek = [(0.0165, nose + 0.004), (0.0225, nose - 0.008), (0.0325, mouth + 0.006), (0.0365, mouth - 0.010)]
    dimple = [(0.040, mouth + 0.016), (0.0435, mouth), (0.042, mouth - 0.014)]
    result: Picture = np.maximum(_fold(_half(p, waver), cheek, 0.0020), 0.5 * _fold(_half(p), dimple, 0.0016))
    return result
