"""Draws two posed heads with moderngl. Knows no window: the caller owns the context and the framebuffer."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.camera import Camera
from avatar.gpu_head import EYE, LASH, SKIN, FieldTextures, GpuHead
from avatar.head import HeadModel, Look, Pose

RESOURCES: Final = Path(__file__).resolve().parent.parent / "resources"
SHADERS: Final = RESOURCES / "shaders"
SOFTWARE_RENDERERS: Final = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "basic render")
BACKGROUND: Final = ((0.030, 0.037, 0.052), (0.008, 0.010, 0.016))  # linear light, top and bottom


def tier_of(renderer: str) -> str:
    """Return "light" for a GL renderer that draws in software, else "standard"."""
    return "light" if any(name in renderer.lower() for name in SOFTWARE_RENDERERS) else "standard"


class Renderer:
    """Two heads in one GL 3.3 context. Light tier: no multi-sampling; standard: anisotropic textures, 4 samples."""

    def __init__(self, ctx: moderngl.Context, model: HeadModel, looks: Sequence[Look]) -> None:
        self.ctx = ctx
        self.name: str = ctx.info["GL_RENDERER"]
        self.tier = tier_of(self.name)
        source = {name: (SHADERS / name).read_text("utf-8") for name in
                  ("head.vert", "head_light.frag", "background.vert", "background.frag")}  # fmt: skip
        self._program = ctx.program(source["head.vert"], fragment_shader=source["head_light.frag"])
        self._backdrop_program = ctx.program(source["background.vert"], fragment_shader=source["background.frag"])
        self._backdrop = ctx.vertex_array(self._backdrop_program, [])
        self._fields = FieldTextures(ctx, model)
        self._heads = [GpuHead(ctx, self._program, model, look) for look in looks]
        if self.tier != "light":
            for head in self._heads:
                for draw in head.draws:
                    draw.picture.anisotropy = 8.0
        # Dropping this process's time in `draw` from the frame time leaves what GL itself takes.
        self.cpu_seconds = 0.0

    def _write(self, program: moderngl.Program, name: str, value: bytes) -> None:
        uniform = program.get(name, None)
        if isinstance(uniform, moderngl.Uniform):
            uniform.write(value)

    def _set_scene(self, camera: Camera, width: int, height: int) -> None:
        matrix = camera.projection(width, height) @ camera.view()
        self._write(self._program, "view_projection", matrix.T.astype("f4").tobytes())
        self._write(self._program, "camera", camera.place.astype("f4").tobytes())
        for program in (self._program, self._backdrop_program):
            self._write(program, "screen", np.array([width, height], "f4").tobytes())
            self._write(program, "background", np.array(BACKGROUND, "f4").tobytes())
        for unit, name in enumerate(("picture", "place_fields", "normal_fields")):
            self._write(self._program, name, np.int32(unit).tobytes())
        self._fields.places.use(1)
        self._fields.turns.use(2)

    def draw(
        self, target: moderngl.Framebuffer, camera: Camera, poses: Sequence[Pose], places: Sequence[NDArray[np.floating]]
    ) -> None:
        """Draw the heads, each in its pose at its place (model matrix [4, 4]), over the backdrop."""
        started = time.perf_counter()
        width, height = target.size
        target.use()
        self.ctx.viewport = (0, 0, width, height)
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        target.depth_mask = True
        target.clear(0.0, 0.0, 0.0, 1.0, depth=1.0)
        self._set_scene(camera, width, height)
        for head, pose, place in zip(self._heads, poses, places, strict=True):
            for name, value in head.uniforms(pose, place):
                self._write(self._program, name, value)
            self._write(self._program, "lash_strength", np.float32(head.look.lash_strength).tobytes())
            self._draw_head(head)
        self._draw_backdrop()
        for head, pose, place in zip(self._heads, poses, places, strict=True):
            for name, value in head.uniforms(pose, place):
                self._write(self._program, name, value)
            self._write(self._program, "lash_strength", np.float32(head.look.lash_strength).tobytes())
            self._draw_lashes(head, target)
        self.cpu_seconds = time.perf_counter() - started

    def _draw_backdrop(self) -> None:
        # Last, at the far plane: it costs only the pixels that no head covers.
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        self.ctx.depth_func = "<="
        self._backdrop.render(moderngl.TRIANGLES, vertices=3)
        self.ctx.depth_func = "<"

    def _draw_head(self, head: GpuHead) -> None:
        for draw in head.draws:
            if draw.kind == LASH:
                continue
            # Back faces of the skin would show the eye socket through a smile.
            culled = draw.kind in (SKIN, EYE)
            self.ctx.enable_only(moderngl.DEPTH_TEST | (moderngl.CULL_FACE if culled else 0))
            self._write(self._program, "kind", np.int32(draw.kind).tobytes())
            draw.picture.use(0)
            draw.mesh.render()

    def _draw_lashes(self, head: GpuHead, target: moderngl.Framebuffer) -> None:
        self.ctx.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        self.ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        target.depth_mask = False
        for draw in head.draws:
            if draw.kind == LASH:
                self._write(self._program, "kind", np.int32(LASH).tobytes())
                draw.picture.use(0)
                draw.mesh.render()
        target.depth_mask = True

    def release(self) -> None:
        """Free everything this renderer made in its context."""
        for head in self._heads:
            head.release()
        self._fields.release()
        self._backdrop.release()
        self._program.release()
        self._backdrop_program.release()
