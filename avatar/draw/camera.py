"""Where the viewer stands: an orbiting camera and where the two heads sit. Knows no GL and no window."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_NEAREST, _FARTHEST = 0.35, 3.0
_STEEPEST: Final = 1.2

HEAD_DISTANCE: Final = 0.36  # m between the two heads
HEAD_TURNS: Final = {"viewer": 0.10, "partner": 0.55}  # rad towards the middle, by what the heads face


@dataclass(frozen=True)
class Camera:
    """A camera that looks at `target` from a distance (m), turned by yaw and pitch (rad)."""

    yaw: float = 0.0
    pitch: float = 0.03
    distance: float = 1.05
    target: tuple[float, float, float] = (0.0, -0.030, 0.0)
    field_of_view: float = 24.0  # degrees, vertical
    aspect: float = 1.6  # width over height that what it shows needs

    def orbited(self, yaw: float, pitch: float) -> "Camera":
        """Return the camera turned further, its pitch within bounds."""
        return replace(self, yaw=self.yaw + yaw, pitch=float(np.clip(self.pitch + pitch, -_STEEPEST, _STEEPEST)))

    def zoomed(self, factor: float) -> "Camera":
        """Return the camera at `factor` times its distance, within bounds."""
        return replace(self, distance=float(np.clip(self.distance * factor, _NEAREST, _FARTHEST)))

    def towards(self, other: "Camera", share: float) -> "Camera":
        """Return the camera a share (0 to 1) of the way to another."""
        mixed = [(1 - share) * a + share * b for a, b in zip(self._numbers(), other._numbers(), strict=True)]
        return Camera(mixed[0], mixed[1], mixed[2], (mixed[3], mixed[4], mixed[5]), mixed[6], mixed[7])

    def _numbers(self) -> tuple[float, ...]:
        return (self.yaw, self.pitch, self.distance, *self.target, self.field_of_view, self.aspect)

    @property
    def place(self) -> Matrix:
        """Where the camera is [3] (m)."""
        around = np.array(
            [np.sin(self.yaw) * np.cos(self.pitch), np.sin(self.pitch), np.cos(self.yaw) * np.cos(self.pitch)]
        )
        return np.array(self.target) + self.distance * around

    def view(self) -> Matrix:
        """Return the matrix [4, 4] from world to camera."""
        forward = np.array(self.target) - self.place
        forward /= np.linalg.norm(forward)
        side = np.cross(forward, [0, 1, 0])
        side /= np.linalg.norm(side)
        matrix = np.eye(4)
        matrix[:3, :3] = side, np.cross(side, forward), -forward
        matrix[:3, 3] = -matrix[:3, :3] @ self.place
        return matrix

    def projection(self, width: int, height: int) -> Matrix:
        """Return the perspective matrix [4, 4]; a narrow picture is widened so that all stays in it."""
        aspect = width / max(height, 1)
        scale = 1 / np.tan(np.radians(self.field_of_view) / 2) * min(1.0, aspect / self.aspect)
        near, far = 0.05, 10.0
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1] = scale / aspect, scale
        matrix[2, 2:] = (far + near) / (near - far), 2 * far * near / (near - far)
        matrix[3, 2] = -1
        return matrix


@dataclass(frozen=True)
class View:
    """A camera, which heads it shows, and the part of the picture it fills: left, bottom, width, height, as shares."""

    camera: Camera
    heads: tuple[int, ...] = (0, 1)
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


_CLOSE: Final = 0.74  # m from a head that is shown alone
# Views by name; the split screen shows each head in a half of its own.
_USER_ALONE: Final = Camera(yaw=0.08, distance=_CLOSE, target=(-HEAD_DISTANCE / 2, -0.02, 0.0), aspect=0.8)
_AGENT_ALONE: Final = Camera(yaw=-0.08, distance=_CLOSE, target=(HEAD_DISTANCE / 2, -0.02, 0.0), aspect=0.8)
SHOTS: Final[dict[str, tuple[View, ...]]] = {
    "both": (View(Camera()),),
    "agent": (View(_AGENT_ALONE, (1,)),),
    "user": (View(_USER_ALONE, (0,)),),
    "shoulder": (View(Camera(yaw=-1.0, pitch=0.10, distance=0.80, target=(HEAD_DISTANCE / 3, -0.02, 0.0))),),
    "split": (View(_USER_ALONE, (0,), (0.0, 0.0, 0.5, 1.0)), View(_AGENT_ALONE, (1,), (0.5, 0.0, 0.5, 1.0))),
}


def head_places(facing: str, count: int = 2) -> list[Matrix]:
    """Return the model matrices [4, 4] of the heads, left to right; facing is a key of `HEAD_TURNS`."""
    places = []
    for index in range(count):
        side = (index - (count - 1) / 2) * HEAD_DISTANCE
        turn = -np.sign(side) * HEAD_TURNS[facing]
        c, s = np.cos(turn), np.sin(turn)
        matrix = np.eye(4)
        matrix[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
        matrix[0, 3] = side
        places.append(matrix)
    return places


def partner_direction(facing: str, index: int) -> tuple[float, float]:
    """Return where head `index` of two must look, (yaw, pitch) rad relative to its own straight ahead.

    Facing each other they look at each other, else at the viewer.
    """
    side = -1.0 if index == 0 else 1.0
    turn = -side * HEAD_TURNS[facing]
    if facing == "partner":
        return (-side * 0.42, 0.0)  # as far as eyes comfortably turn; the heads do the rest
    towards = np.arctan2(-side * HEAD_DISTANCE / 2, Camera().distance)
    return (float(towards - turn), 0.03)
