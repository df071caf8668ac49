"""Eyes, mouth with teeth, tongue and lashes painted by formula, each in a picture of its own."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from avatar.build.paint import linear, step
from avatar.build.parts import EYE_EXTENT

Colour = tuple[int, int, int]


def iris(colour: Colour, size: int = 512, seed: int = 2) -> NDArray[np.uint8]:
    """Return an eyeball's picture [size, size, 3]: pupil, fibrous iris, limbal ring, veined sclera."""
    rng = np.random.default_rng(seed)
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    polar, azimuth = EYE_EXTENT * np.hypot(u, v) ** (1 / 0.8), np.arctan2(v, u)
    iris_edge, pupil_edge = 0.385, 0.145
    mottle = gaussian_filter(rng.standard_normal((size, size)), 14) * 25
    sclera = np.array([0.80, 0.765, 0.735]) * (1 + 0.02 * mottle[..., None])
    pink = step(polar.astype(np.float32), 0.55, 1.3)[..., None]
    sclera = sclera * (1 - pink) + pink * np.array([0.66, 0.43, 0.39])
    fibres = gaussian_filter1d(rng.standard_normal((24, 2048)), 2.0, axis=1, mode="wrap") * 2.2
    fibres = gaussian_filter1d(fibres, 1.2, axis=0)
    radius = np.clip((polar - pupil_edge) / (iris_edge - pupil_edge), 0, 1)
    fibre = map_coordinates(fibres, [radius * 23, ((azimuth + np.pi) / (2 * np.pi) * 2048) % 2048], order=1)
    ring = linear(colour) * (1 + 0.55 * fibre)[..., None]
    ring *= (0.75 + 0.9 * np.exp(-(((radius - 0.25) / 0.20) ** 2)))[..., None]
    warm = 0.35 * np.exp(-(((radius - 0.12) / 0.16) ** 2))[..., None]
    ring = ring * (1 - warm) + warm * linear((120, 80, 35))
    ring *= (1 - 0.72 * step(radius.astype(np.float32), 0.78, 1.0))[..., None]
    outside = step(polar.astype(np.float32), iris_edge - 0.018, iris_edge + 0.030)[..., None]
    pupil = 1 - step(polar.astype(np.float32), pupil_edge - 0.012, pupil_edge + 0.010)[..., None]
    colours = np.clip(ring, 0.002, 1) * (1 - outside) + sclera * outside
    colours = colours * (1 - pupil) + 0.003 * pupil
    return np.asarray(np.clip(colours, 0, 1) ** (1 / 2.2) * 255, np.uint8)


def mouth(size: int = 256) -> NDArray[np.uint8]:
    """Return teeth (left half) and gums (right half) [size, size, 3] as `parts.teeth` lays them out."""
    rng = np.random.default_rng(4)
    v, u = 1 - (np.mgrid[0:size, 0:size][0] + 0.5) / size, (np.mgrid[0:size, 0:size][1] + 0.5) / size
    along = np.clip((v - 0.55) / 0.4, 0, 1)[..., None]
    enamel = np.array([0.70, 0.60, 0.45]) * (1 - along) + np.array([0.80, 0.75, 0.66]) * along
    streaks = gaussian_filter(rng.standard_normal((size, size)), [15, 2]) * 10
    enamel = enamel * (1 + 0.02 * streaks[..., None])
    depth = np.clip((v - 0.1) / 0.35, 0, 1)[..., None]
    gum = np.array([0.52, 0.20, 0.18]) * (1.08 - 0.35 * depth)
    return np.asarray(np.clip(np.where(u[..., None] > 0.5, gum, enamel), 0, 1) ** (1 / 2.2) * 255, np.uint8)


def tongue(size: int = 128) -> NDArray[np.uint8]:
    """Return the tongue [size, size, 3]."""
    rng = np.random.default_rng(4)
    rough = gaussian_filter(rng.standard_normal((size, size)), 1) * 1.2
    colour = np.array([0.50, 0.155, 0.15]) * (1 + 0.10 * rough[..., None])
    return np.asarray(np.clip(colour, 0, 1) ** (1 / 2.2) * 255, np.uint8)


def lashes(size: int = 512, seed: int = 3) -> NDArray[np.uint8]:
    """Return lashes [size, size, 4]: upper ones in the upper half, lower ones below; alpha is hair."""
    rng = np.random.default_rng(seed)
    picture = Image.new("L", (size * 2, size * 2), 0)
    draw = ImageDraw.Draw(picture)
    for upper in (True, False):
        root = size if upper else 2 * size
        count, reach = (95, 1.0) if upper else (55, 0.8)
        for i in range(count):
            u = (i + 0.5) / count + rng.normal(0, 0.004)
            length, lean = rng.uniform(0.55, 0.97) * reach, rng.normal(0, 0.012) + (u - 0.4) * 0.03
            places = [(2 * size * (u + 2 * lean * q * q), root - size * q) for q in np.linspace(0, length, 12)]
            for k, (a, b) in enumerate(zip(places, places[1:], strict=False)):
                shade = int((240 if upper else 150) * (1 - 0.35 * k / 12 * length))
                draw.line([a, b], fill=shade, width=max(1, int(8 - 6.5 * k / 12 * length)))
    alpha = np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS)).astype(int)
    line = np.clip(1 - np.arange(size // 2) / (size * 0.035), 0, 1)[::-1, None]
    alpha[: size // 2] = np.maximum(alpha[: size // 2], (190 * line).astype(int))
    alpha[size // 2 :] = np.maximum(alpha[size // 2 :], (70 * line).astype(int))
    brown = np.broadcast_to(np.array([22, 15, 12]), (size, size, 3))
    return np.dstack([brown, np.clip(alpha, 0, 255)]).astype(np.uint8)
