"""Draws posed heads with moderngl. Knows no window: the caller owns the context and the framebuffer."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.background import BACKGROUNDS
from avatar.camera import Camera, View
from avatar.gpu_head import EYE, KINDS, LASH, MOVED, SKIN, FieldTextures, GpuHead
from avatar.head import Head, HeadModel, Pose

SHADERS: Final = Path(__file__).resolve().parent.parent / "resources" / "shaders"
SOFTWARE_RENDERERS: Final = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "basic render")
_SCENE, _HEAD = 0, 1  # binding points of the uniform blocks
# The block `Scene` of common.glsl, std140.
_SCENE_BLOCK: Final = np.dtype(
    [("view_projection", "f4", (4, 4)), ("camera", "f4", 4), ("screen", "f4", 4), ("background", "f4", (2, 4))]
)
_HEADS_KEPT: Final = 4  # that are not shown now, so that they are there at once


def tier_of(renderer: str) -> str:
    """Return "light" for a GL renderer that draws in software, else "standard"."""
    return "light" if any(name in renderer.lower() for name in SOFTWARE_RENDERERS) else "standard"


def _shader(name: str, **constants: int) -> str:
    parts = [(SHADERS / part).read_text("utf-8") for part in ("common.glsl", name)]
    defined = "".join(f"#define {key} {value}\n" for key, value in constants.items())
    return parts[0] + defined + parts[1]


class Renderer:
    """Heads in one GL 3.3 context. The standard tier filters textures better than the light one, which is for software."""

    def __init__(self, ctx: moderngl.Context, heads: Sequence[Head]) -> None:
        self.ctx = ctx
        self.name: str = ctx.info["GL_RENDERER"]
        self.tier = tier_of(self.name)
        self.background = BACKGROUNDS["studio"]
        self.own_seconds = 0.0  # of the last frame, spent on poses rather than in GL
        self._programs = {kind: self._head_program(kind) for kind in KINDS}
        self._backdrop_program = ctx.program(_shader("background.vert"), fragment_shader=_shader("background.frag"))
        self._backdrop_program["Scene"].binding = _SCENE  # type: ignore[union-attr]
        self._backdrop = ctx.vertex_array(self._backdrop_program, [])
        self._scene = ctx.buffer(reserve=_SCENE_BLOCK.itemsize)
        self._fields: dict[int, tuple[HeadModel, FieldTextures]] = {}
        self._made: dict[tuple[int, int, Path], GpuHead] = {}  # the latest shown last
        self._heads: list[GpuHead] = []
        self.show(heads)

    def show(self, heads: Sequence[Head]) -> None:
        """Draw these heads from now on; the context is current. Ones shown lately are there at once, another in 0.1 s."""
        self._heads = [self._head(place, head) for place, head in enumerate(heads)]
        while len(self._made) > _HEADS_KEPT + len(heads):
            self._made.pop(next(iter(self._made))).release()

    def _head(self, place: int, head: Head) -> GpuHead:
        key = place, id(head.model), head.look.folder
        made = self._made.pop(key, None)
        if made is None:
            if key[1] not in self._fields:
                self._fields[key[1]] = head.model, FieldTextures(self.ctx, head.model)
            made = GpuHead(self.ctx, self._programs, head, self._fields[key[1]][1])
            for draw in made.draws:
                if self.tier == "light":
                    draw.picture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
                else:
                    draw.picture.anisotropy = 8.0
        self._made[key] = made
        return made

    def _head_program(self, kind: int) -> moderngl.Program:
        constants = {"KIND": kind, "MOVED": int(kind in MOVED)}
        program = self.ctx.program(
            _shader("head.vert", **constants), fragment_shader=_shader("head_light.frag", **constants)
        )
        for name, binding in (("Scene", _SCENE), ("Head", _HEAD)):
            program[name].binding = binding  # type: ignore[union-attr]
        for unit, name in enumerate(("picture", "place_fields", "normal_fields")):
            if name in program:
                program[name] = unit
        return program

    def draw(
        self, target: moderngl.Framebuffer, views: Sequence[View], poses: Sequence[Pose],
        places: Sequence[NDArray[np.floating]],
    ) -> None:  # fmt: skip
        """Draw the heads, each in its pose at its place (model matrix [4, 4]), over the backdrop, in each view's part."""
        started = time.perf_counter()
        blocks = [head.block(pose, place) for head, pose, place in zip(self._heads, poses, places, strict=True)]
        self.own_seconds = time.perf_counter() - started
        for head, block in zip(self._heads, blocks, strict=True):
            head.uniforms.write(block)
        target.use()
        target.depth_mask = True
        self.ctx.scissor = None
        self.ctx.viewport = (0, 0, *target.size)
        target.clear(0.0, 0.0, 0.0, 1.0, depth=1.0)
        for view in views:
            self._draw_view(target, view)

    def _draw_view(self, target: moderngl.Framebuffer, view: View) -> None:
        width, height = target.size
        left, bottom, wide, high = view.part
        part = round(left * width), round(bottom * height), round(wide * width), round(high * height)
        self._scene.write(self._scene_block(view.camera, part))
        self.ctx.viewport = part
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        self._scene.bind_to_uniform_block(_SCENE)
        target.depth_mask = True
        shown = [self._heads[index] for index in view.heads if index < len(self._heads)]
        for head in shown:
            self._draw_solid(head)
        self._draw_backdrop()
        target.depth_mask = False
        for head in shown:
            self._draw_lashes(head)
        target.depth_mask = True

    def _scene_block(self, camera: Camera, part: tuple[int, int, int, int]) -> bytes:
        left, bottom, width, height = part
        record = np.zeros((), _SCENE_BLOCK)
        record["view_projection"] = (camera.projection(width, height) @ camera.view()).T
        record["camera"][:3], record["screen"] = camera.place, (width, height, left, bottom)
        record["background"][:, :3] = self.background.top, self.background.bottom
        record["background"][:, 3] = self.background.flat
        return record.tobytes()

    def _draw_backdrop(self) -> None:
        # Last, at the far plane: it costs only the pixels that no head covers.
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        self.ctx.depth_func = "<="
        self._backdrop.render(moderngl.TRIANGLES, vertices=3)
        self.ctx.depth_func = "<"

    @staticmethod
    def _bind(head: GpuHead) -> None:
        head.uniforms.bind_to_uniform_block(_HEAD)
        head.fields.places.use(1)
        head.fields.turns.use(2)

    def _draw_solid(self, head: GpuHead) -> None:
        self._bind(head)
        for draw in head.draws:
            if draw.kind != LASH:
                # Back faces of the skin would show the eye socket through a smile.
                culled = moderngl.CULL_FACE if draw.kind in (SKIN, EYE) else 0
                self.ctx.enable_only(moderngl.DEPTH_TEST | culled)
                draw.picture.use(0)
                draw.mesh.render()

    def _draw_lashes(self, head: GpuHead) -> None:
        self._bind(head)
        self.ctx.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        self.ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        for draw in head.draws:
            if draw.kind == LASH:
                draw.picture.use(0)
                draw.mesh.render()

    def release(self) -> None:
        """Free everything this renderer made in its context."""
        for head in self._made.values():
            head.release()
        for _, fields in self._fields.values():
            fields.release()
        self._backdrop.release()
        self._scene.release()
        for program in (self._backdrop_program, *self._programs.values()):
            program.release()
