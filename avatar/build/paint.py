"""Skin painted by formula in the texture atlas: tone, blood, lips, brows, stubble, scalp, shirt."""

from dataclasses import dataclass
from typing import Any, Final

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from avatar.build.hair import above_line
from avatar.build.makehuman import Array, Indices, MakeHuman
from avatar.build.raster import into_atlas

Colour = tuple[int, int, int]
Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Paint:
    """The colours of a person (sRGB) and how strong some features are, 0 to 1."""

    tone: Colour
    lips: Colour
    brow: Colour
    hair: Colour
    iris: Colour
    shirt: Colour
    redness: float = 1.0
    stubble: float = 0.0
    brow_thickness: float = 1.0
    brow_arch: float = 0.0
    makeup: float = 0.0


def linear(colour: Colour) -> Array:
    """Return linear light [3] of an sRGB colour (gamma 2.2)."""
    result: Array = (np.array(colour) / 255) ** 2.2
    return result


def step(x: Picture, low: float, high: float) -> Picture:
    """Smooth step from 0 at low to 1 at high."""
    t = np.clip((x - low) / (high - low), 0, 1)
    result: Picture = t * t * (3 - 2 * t)
    return result


def noise(places: Picture, frequency: float, octaves: int, seed: int) -> Picture:
    """Return fractal value noise [...] of unit deviation at places [..., 3] (m)."""
    total, amplitude, power = np.zeros(places.shape[:-1], np.float32), 1.0, 0.0
    for octave in range(octaves):
        grid = np.random.default_rng(seed + octave).standard_normal((64, 64, 64)).astype(np.float32)
        where = (places * frequency * 2**octave) % 64
        sampled = map_coordinates(grid, where.reshape(-1, 3).T, order=1, mode="grid-wrap")
        total += amplitude * sampled.reshape(total.shape)
        power += amplitude**2
        amplitude /= 2
    result: Picture = total / np.sqrt(power) / 0.55
    return result


def _blob(places: Picture, centre: Array, size: tuple[float, float, float]) -> Picture:
    """A Gaussian about a place and its mirror image across the middle."""
    mirrored = np.stack([np.abs(places[..., 0]), places[..., 1], places[..., 2]], -1)
    result: Picture = np.exp(-0.5 * (((mirrored - centre) / size) ** 2).sum(-1))
    return result


class Canvas:
    """The atlas of the mean head: the rest place (m) of every texel, region masks, landmarks."""

    _FRONT_PIXELS: Final = 14_000  # per metre, of the frontal picture that brows are drawn in

    def __init__(
        self, ctx: moderngl.Context, source: MakeHuman, uv: Array, mask_uv: Array, triangles: Indices,
        texture_triangles: Indices, body: Array, eye: Array, eye_radius: float, size: int,
    ) -> None:  # fmt: skip
        corners = np.zeros((len(uv), 3))
        corners[texture_triangles.ravel()] = body[triangles.ravel()]
        self.places, self.covered = into_atlas(ctx, uv, texture_triangles, corners, size)
        mask_places, _ = into_atlas(ctx, uv, texture_triangles, mask_uv, size)
        nearest = distance_transform_edt(~self.covered, return_distances=False, return_indices=True)
        self.places, mask_places = (a[nearest[0], nearest[1]] for a in (self.places, mask_places))
        self.size, self.eye, self.eye_radius = size, eye, eye_radius
        self.tip = body[np.argmax(body[:, 2])]
        names = ("lips", "ears", "inside-mouth", "face", "eyelids")
        self.masks = {name: self._mask(source, name, mask_places) for name in names}
        lips = self.places[(self.masks["lips"] > 0.5) & self.covered]
        self.mouth_line = float(np.median(lips[np.abs(lips[:, 0]) < 0.004][:, 1]))

    @staticmethod
    def _mask(source: MakeHuman, name: str, where: Picture) -> Picture:
        picture = np.asarray(Image.open(source.image(f"mpfb_{name}")).convert("L"), np.float32) / 255
        rows, columns = (1 - where[..., 1]) * len(picture) - 0.5, where[..., 0] * len(picture) - 0.5
        result: Picture = map_coordinates(picture, [rows, columns], order=1, mode="nearest")
        return result

    def sample_front(self, picture: Image.Image, blur: float) -> Picture:
        """Carry a frontal picture (drawn at `front`) onto the texels that face forward."""
        flat = gaussian_filter(np.asarray(picture, np.float32) / 255, blur)
        x, y = self.front(self.places[..., 0], self.places[..., 1])
        value = map_coordinates(flat, [y, x], order=1, mode="constant")
        depth = self.eye[2]
        result: Picture = value * step(self.places[..., 2], depth - 0.02, depth - 0.005) * self.covered
        return result

    def front(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> tuple[Any, Any]:
        """Return the pixel in the frontal picture of a place (m)."""
        return (x + 0.09) * self._FRONT_PIXELS, (0.10 - y) * self._FRONT_PIXELS

    def blank_front(self) -> Image.Image:
        """Return an empty frontal picture, 18 x 20 cm."""
        return Image.new("L", (int(0.18 * self._FRONT_PIXELS), int(0.20 * self._FRONT_PIXELS)), 0)


_BROW_X: Final = np.array([-0.0185, -0.010, 0.0, 0.010, 0.0185, 0.0255])
_BROW_Y: Final = np.array([0.0170, 0.0188, 0.0208, 0.0228, 0.0222, 0.0180])
_BROW_ARCH: Final = np.array([0, 0.1, 0.5, 1, 0.7, 0.1]) * 0.003
_BROW_WIDTH: Final = np.array([0.0042, 0.0044, 0.0040, 0.0032, 0.0022, 0.0008])


def brows(canvas: Canvas, thickness: float, arch: float, seed: int = 3) -> Picture:
    """Return the share of brow hair [size, size], drawn stroke by stroke from the middle outwards."""
    rng = np.random.default_rng(seed)
    picture = canvas.blank_front()
    draw = ImageDraw.Draw(picture)
    knots = np.linspace(0, 1, 6)
    for side in (1, -1):
        for _ in range(620):
            t, across = rng.beta(1.0, 1.15), rng.uniform(-1, 1)
            x = canvas.eye[0] + np.interp(t, knots, _BROW_X)
            y = canvas.eye[1] + np.interp(t, knots, _BROW_Y + arch * _BROW_ARCH)
            y += across * np.interp(t, knots, _BROW_WIDTH * thickness)
            angle = np.interp(t, [0, 0.12, 0.35, 0.7, 1], [1.45, 1.0, 0.45, 0.05, -0.45])
            angle += rng.normal(0, 0.12) - 0.45 * across * np.interp(t, [0, 0.3, 1], [0.2, 1, 0.7])
            length = np.interp(t, [0, 0.2, 0.6, 1], [0.0055, 0.0075, 0.0072, 0.0050]) * rng.uniform(0.7, 1.15)
            bend, shade = rng.uniform(-0.25, 0.25) + 0.25, int(rng.uniform(150, 255))
            for k in range(6):
                turn = angle - bend * k / 6
                end = x + length / 6 * np.cos(turn), y + length / 6 * np.sin(turn)
                line = [canvas.front(side * x, y), canvas.front(side * end[0], end[1])]
                draw.line([(float(a), float(b)) for a, b in line], fill=shade, width=max(1, round(2.2 * (1 - k / 8))))
                x, y = end
    strokes, soft = canvas.sample_front(picture, 1.2), canvas.sample_front(picture, 14)
    result: Picture = np.clip(0.95 * strokes + 0.55 * soft, 0, 1)
    return result


def _blood(canvas: Canvas) -> Picture:
    """How much blood shows: cheeks, nose, lids, ears, chin."""
    p, eye, tip = canvas.places, canvas.eye, canvas.tip
    amount = 0.75 * _blob(p, np.array([0.043, eye[1] - 0.036, eye[2] + 0.004]), (0.017, 0.014, 0.02))
    amount += 0.35 * _blob(p, np.array([0.017, tip[1] - 0.002, tip[2] - 0.018]), (0.008, 0.009, 0.012))
    amount += 0.35 * _blob(p, np.array([0.030, eye[1] - 0.012, eye[2] + 0.012]), (0.016, 0.006, 0.02))
    amount += 0.35 * _blob(p, np.array([0.028, eye[1] + 0.010, eye[2] + 0.010]), (0.015, 0.006, 0.02))
    amount += 0.60 * _blob(p, np.array([0.0, tip[1], tip[2]]), (0.012, 0.011, 0.014))
    amount += 0.25 * _blob(p, np.array([0.0, canvas.mouth_line - 0.025, tip[2] - 0.02]), (0.014, 0.010, 0.02))
    result: Picture = amount + 0.8 * canvas.masks["ears"]
    return result


def _stubble(canvas: Canvas) -> Picture:
    x, y, z = np.abs(canvas.places[..., 0]), canvas.places[..., 1], canvas.places[..., 2]
    mouth, depth = canvas.mouth_line, canvas.eye[2]
    heights = mouth + np.array([0.0205, 0.019, 0.006, -0.004, 0.004, 0.022, 0.060])
    line = np.interp(x, [0, 0.018, 0.026, 0.036, 0.050, 0.060, 0.070], heights)
    beard = step(line - y + noise(canvas.places, 150, 3, 31) * 0.003, -0.003, 0.008)
    beard *= step(y, mouth - 0.075, mouth - 0.05) * step(z, depth - 0.075, depth - 0.05)
    beard *= (1 - step(canvas.masks["lips"], 0.05, 0.5)) * (1 - step(canvas.masks["ears"], 0.02, 0.3))
    beard *= 1 - step(y, canvas.tip[1] - 0.014, canvas.tip[1] - 0.009) * (x < 0.02)
    result: Picture = beard * (0.45 + 0.9 * step(noise(canvas.places, 2200, 1, 5), 0.1, 0.9))
    return result


def skin(canvas: Canvas, paint: Paint, seed: int) -> NDArray[np.uint8]:
    """Return the skin [size, size, 4] sRGB; alpha is 0 on cloth."""
    p = canvas.places
    coarse, middle, fine = noise(p, 60, 4, seed), noise(p, 250, 4, seed + 20), noise(p, 900, 3, seed + 40)
    base = linear(paint.tone)
    darkness = 1 - min(base.mean() / 0.45, 1.0)
    albedo = base * (1 + 0.030 * coarse + 0.022 * middle + 0.014 * fine)[..., None]
    blood = np.clip(_blood(canvas) * (1 + 0.28 * coarse + 0.22 * middle), 0, 2) * paint.redness
    albedo *= np.exp(-blood[..., None] * np.array([0.06, 0.34, 0.36]) * (0.9 - 0.45 * darkness))
    eye = canvas.eye
    under = 0.5 * _blob(p, np.array([0.026, eye[1] - 0.0125, eye[2] + 0.01]), (0.013, 0.0055, 0.02))
    albedo *= np.exp(-under[..., None] * np.array([0.16, 0.20, 0.17]))
    lash_line = np.zeros(p.shape[:2], np.float32)
    for side in (1, -1):
        distance = np.linalg.norm(p - eye * [side, 1, 1], axis=-1) / canvas.eye_radius
        lash_line = np.maximum(lash_line, (1 - step(distance, 1.0, 1.14)) * (p[..., 2] > eye[2]))
    albedo *= np.exp(-lash_line[..., None] * np.array([0.45, 0.75, 0.75]) * (0.7 + 0.8 * paint.makeup))
    if paint.stubble:
        albedo *= np.exp(-(_stubble(canvas) * paint.stubble)[..., None] * np.array([0.62, 0.55, 0.45]))
    layers: list[tuple[Picture, Array]] = [
        (step(canvas.masks["lips"] + 0.10 * middle * canvas.masks["lips"], 0.15, 0.85) * 0.85, linear(paint.lips)),
        (canvas.masks["inside-mouth"], np.array([0.30, 0.065, 0.06])),
        (brows(canvas, paint.brow_thickness, paint.brow_arch), linear(paint.brow)),
        (_scalp(canvas, eye[1]), linear(paint.hair) * 0.6),
    ]
    for share, colour in layers:
        albedo = albedo * (1 - share[..., None]) + colour * (1 + 0.05 * coarse[..., None]) * share[..., None]
    cloth = _cloth(canvas)
    woven = linear(paint.shirt) * (1 + 0.05 * noise(p, 1400, 2, 55) + 0.03 * coarse)[..., None]
    albedo = albedo * (1 - cloth[..., None]) + woven * cloth[..., None]
    colour = np.clip(albedo, 0.0005, 1) ** (1 / 2.2)
    return np.dstack([colour * 255 + 0.5, (1 - cloth) * 255]).astype(np.uint8)


def _scalp(canvas: Canvas, eye_height: float) -> Picture:
    rough = np.clip(noise(canvas.places, 160, 3, 5), -1.2, 1.2) * 0.0018
    share = step(above_line(canvas.places.astype(float), eye_height) + rough, 0.001, 0.010)
    share *= 1 - step(canvas.masks["ears"], 0.05, 0.4)
    result: Picture = share * step(canvas.places[..., 1], eye_height - 0.085, eye_height - 0.06)
    return result


def _cloth(canvas: Canvas) -> Picture:
    x, y, z = np.abs(canvas.places[..., 0]), canvas.places[..., 1], canvas.places[..., 2]
    collar = -0.165 + 0.030 * step(-z, -0.02, 0.06) + 0.020 * step(x, 0.035, 0.075) - 0.010 * step(z, 0.0, 0.05)
    result: Picture = step(collar - y, -0.0006, 0.0006) * (1 - canvas.masks["face"])
    return result
