"""The heads that one renderer holds on the graphics card: those shown, and some shown lately, which are there at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import moderngl

from avatar.draw.gpu_head import FieldTextures, GpuHead
from avatar.draw.programs import Programs
from avatar.rig.head import Head, HeadModel

_KEPT: Final = 4  # heads that are not shown now


class GpuHeads:
    """Makes heads in one GL context, keeps the latest, and frees the others with the fields that nobody uses any more.

    anisotropy: of their pictures; none where these are seen through the nearest of their smaller copies.
    """

    def __init__(self, ctx: moderngl.Context, programs: Programs, anisotropy: float | None) -> None:
        self._ctx, self._programs, self._anisotropy = ctx, programs, anisotropy
        self._fields: dict[HeadModel, FieldTextures] = {}
        self._made: dict[tuple[int, HeadModel, Path], GpuHead] = {}  # the latest shown last
        self.shown: list[GpuHead] = []

    def show(self, heads: Sequence[Head]) -> None:
        """Let `shown` be these heads; where one of them cannot be made, it stays as it was."""
        shown = [self._head(place, head) for place, head in enumerate(heads)]
        self.shown = shown
        while len(self._made) > _KEPT + len(heads):
            self._made.pop(next(iter(self._made))).release()
        used = {model for _, model, _ in self._made}
        for model in [model for model in self._fields if model not in used]:
            self._fields.pop(model).release()

    def _head(self, place: int, head: Head) -> GpuHead:
        key = place, head.model, head.look.folder
        made = self._made.pop(key, None) or self._make(head)
        self._made[key] = made
        return made

    def _make(self, head: Head) -> GpuHead:
        if head.model not in self._fields:
            self._fields[head.model] = FieldTextures(self._ctx, head.model)
        made = GpuHead(self._ctx, self._programs, head, self._fields[head.model])
        for draw in made.draws:
            if self._anisotropy is None:
                draw.picture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
            else:
                draw.picture.anisotropy = self._anisotropy
        return made

    def release(self) -> None:
        """Free all heads and fields."""
        for head in self._made.values():
            head.release()
        for fields in self._fields.values():
            fields.release()
        self._made, self._fields, self.shown = {}, {}, []
