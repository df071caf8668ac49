"""Pictures of posed heads without a window: a headless GL context, drawn and read back."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.draw.background import BACKGROUNDS, Background
from avatar.draw.camera import SHOTS, head_places
from avatar.draw.owner import Owner
from avatar.draw.renderer import Renderer
from avatar.draw.tiers import tier_of
from avatar.rig.head import Head, Pose

_EGL: Final[dict[str, Any]] = {"backend": "egl"}


def headless_context() -> moderngl.Context:
    """Return a GL 3.3 context that needs no display; raise FileNotFoundError with the remedy where there is none."""
    try:
        if sys.platform == "linux":
            return moderngl.create_context(standalone=True, require=330, **_EGL)
        return moderngl.create_context(standalone=True, require=330)
    except Exception as error:  # moderngl raises plain Exception
        raise FileNotFoundError(
            f"no OpenGL 3.3 can be had ({error}): install a graphics driver, on Debian or Ubuntu: "
            "sudo apt-get install libegl1 libgl1-mesa-dri"
        ) from error


class Painter:
    """Draws both heads into pictures [H, W, 3], at a quality of `avatar.draw.tiers.QUALITIES`. Use as a context manager."""

    def __init__(
        self, heads: Sequence[Head], width: int, height: int, facing: str, shot: str = "both",
        background: Background = BACKGROUNDS["studio"], quality: str = "auto",
    ) -> None:  # fmt: skip
        self._heads, self._size, self._background, self._quality = heads, (width, height), background, quality
        self.channels = 3 if background.opaque else 4
        self._views, self._places = SHOTS[shot], head_places(facing, len(heads))

    def __enter__(self) -> Self:
        self.context, self._owner = headless_context(), Owner()
        try:
            self._build(self._owner)
        except BaseException:
            self.context.release()  # and with it all that was made in it
            raise
        return self

    def _build(self, owner: Owner) -> None:
        tier = tier_of(self.context.info["GL_RENDERER"], self._quality)
        self.renderer = owner.own(Renderer(self.context, self._heads, tier))
        self.renderer.background = self._background
        colour, depth = self.context.renderbuffer(self._size, 4), self.context.depth_renderbuffer(self._size)
        self._drawn = self.context.framebuffer([owner.own(colour)], owner.own(depth))
        owner.own(self._drawn)

    def show(self, heads: Sequence[Head]) -> None:
        """Draw other heads from now on."""
        with self.context:
            self.renderer.show(heads)

    def picture(self, poses: Sequence[Pose]) -> NDArray[np.uint8]:
        """Return the heads in their poses, top row first; with alpha, premultiplied, where the background is transparent."""
        with self.context:  # there may be another painter's
            self.renderer.draw(self._drawn, self._views, poses, self._places)
            pixels = np.frombuffer(self._drawn.read(components=self.channels, alignment=1), np.uint8)
        return pixels.reshape(self._size[1], self._size[0], self.channels)[::-1]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.context:
            self._owner.release()
        self.context.release()
