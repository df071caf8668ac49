"""What the renderer draws into besides the screen: the key light's shadow map, and a multi-sampled picture."""

from collections.abc import Sequence
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.draw.owner import Owner

# Towards the key light, as in common.glsl.
KEY: Final = np.array([-0.462, 0.462, 0.757])
_REACH: Final = 0.27  # m that a head and its bust reach from the head's origin
_DROP: Final = 0.06  # m that their middle is below it

Matrix = NDArray[np.float64]


class ShadowMap:
    """The scene's depth as the key light sees it."""

    def __init__(self, ctx: moderngl.Context, size: int) -> None:
        self._owner = Owner()
        with self._owner:
            self.depth = self._owner.own(ctx.depth_texture((size, size)))
            self.depth.compare_func = "<="
            self.depth.repeat_x = self.depth.repeat_y = False
            self.target = self._owner.own(ctx.framebuffer(depth_attachment=self.depth))

    @staticmethod
    def projection(places: Sequence[NDArray[np.floating]]) -> Matrix:
        """Return the orthographic matrix [4, 4] that sees the heads at `places` (model matrices [4, 4]) from the key light."""
        middles = np.array([np.asarray(place)[:3, 3] for place in places]) - [0, _DROP, 0]
        centre = middles.mean(0)
        reach = np.linalg.norm(middles - centre, axis=1).max() + _REACH
        toward = KEY / np.linalg.norm(KEY)
        side = np.cross([0.0, 1.0, 0.0], toward)
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(toward, side), -toward]) / reach
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = frame, -frame @ centre
        return matrix

    def release(self) -> None:
        """Free it."""
        self._owner.release()


# From the clip cube, -1 to 1, to the shadow map, 0 to 1.
TO_MAP: Final = np.array([[0.5, 0, 0, 0.5], [0, 0.5, 0, 0.5], [0, 0, 0.5, 0.5], [0, 0, 0, 1.0]])


class Samples:
    """A multi-sampled picture of one size, and the same resolved."""

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], samples: int) -> None:
        self._ctx, self.size, self._owner = ctx, size, Owner()
        samples, own = min(samples, ctx.max_samples), self._owner.own
        with self._owner:
            colour = own(ctx.renderbuffer(size, 4, samples=samples))
            self.drawn = own(ctx.framebuffer([colour], own(ctx.depth_renderbuffer(size, samples=samples))))
            self.picture = own(ctx.texture(size, 4))
            self._flat = own(ctx.framebuffer([self.picture]))

    def resolve(self) -> moderngl.Texture:
        """Return the picture as it is now, a sample a pixel."""
        self._ctx.copy_framebuffer(self._flat, self.drawn)
        return self.picture

    def release(self) -> None:
        """Free it."""
        self._owner.release()
