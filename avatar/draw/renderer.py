"""Draws posed heads, skin, teeth, eyes and hair, with moderngl. Knows no window: its caller owns the context."""

import time
from collections.abc import Sequence
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.draw.background import BACKGROUNDS, Background
from avatar.draw.camera import Camera, View
from avatar.draw.detail import skin_detail
from avatar.draw.gpu_head import GpuHead
from avatar.draw.gpu_heads import GpuHeads
from avatar.draw.owner import Owner
from avatar.draw.passes import TO_MAP, Samples, ShadowMap
from avatar.draw.programs import EYE, HAIR, HEAD, SCENE, SKIN, SOLID, UNITS, Programs
from avatar.draw.tiers import Tier, is_software, tier_of
from avatar.rig.head import Head, Pose

# The block `Scene` of common.glsl, std140.
_SCENE_BLOCK: Final = np.dtype(
    [("view_projection", "f4", (4, 4)), ("shadow_matrix", "f4", (4, 4)), ("camera", "f4", 4), ("screen", "f4", 4),
     ("background", "f4", (2, 4)), ("backdrop_size", "f4", 4)]
)  # fmt: skip
Part = tuple[int, int, int, int]  # of a picture: left, bottom, width, height in pixels
_VIGNETTE: Final = 0.28
_COVERAGE, _COVERED_WHOLLY = 0x809E, 0x809F  # GL_SAMPLE_ALPHA_TO_COVERAGE, GL_SAMPLE_ALPHA_TO_ONE
_MEASURED_EVERY: Final = 8  # frames: to ask for the card's time waits for it


def _card_timer(ctx: moderngl.Context) -> moderngl.Query:
    """Return the context's only timer: moderngl cannot free one, so that renderers of a context share it."""
    if ctx.extra is None:
        ctx.extra = ctx.query(time=True)
    timer: moderngl.Query = ctx.extra
    return timer


class Renderer:
    """Heads in one GL 3.3 context, as finely as a tier has it."""

    def __init__(self, ctx: moderngl.Context, heads: Sequence[Head], tier: Tier | None = None) -> None:
        self.ctx = ctx
        self.name: str = ctx.info["GL_RENDERER"]
        self.tier = tier or tier_of(self.name)
        self.own_seconds = 0.0  # of the last frame, spent on poses rather than in GL
        self.card_seconds = 0.0  # that the graphics took for one of the last frames
        self._frames, self._query, self._asked = 0, _card_timer(ctx), False
        self._samples: Samples | None = None
        self._backdrop: moderngl.Texture | None = None
        self._owner = Owner()
        with self._owner:
            self._build(heads)
        self.background = BACKGROUNDS["studio"]

    def _build(self, heads: Sequence[Head]) -> None:
        own = self._owner.own
        self._programs = own(Programs(self.ctx, self.tier))
        self._scene = own(self.ctx.buffer(reserve=_SCENE_BLOCK.itemsize))
        self._detail = own(self.ctx.texture((256, 256), 4, skin_detail().tobytes()))
        self._detail.build_mipmaps()
        # Drawing in software, a texture seen edge on would be filtered for seconds.
        anisotropy = 1.0 if is_software(self.name) else self.tier.anisotropy
        self._detail.anisotropy = anisotropy
        self._shadow = own(ShadowMap(self.ctx, self.tier.shadow)) if self.tier.shadow else None
        self._heads = own(GpuHeads(self.ctx, self._programs, None if self.tier.name == "light" else anisotropy))
        self.show(heads)

    @property
    def background(self) -> Background:
        """What is behind the heads; the context is current where it is set."""
        return self._background

    @background.setter
    def background(self, background: Background) -> None:
        self._background = background
        if self._backdrop is not None:
            self._backdrop.release()
        self._backdrop = None
        if background.picture is not None:
            high, wide = background.picture.shape[:2]
            self._backdrop = self.ctx.texture((wide, high), 3, background.picture[::-1].tobytes(), alignment=1)

    def show(self, heads: Sequence[Head]) -> None:
        """Draw these heads from now on; the context is current. Ones shown lately are there at once, another in 0.1 s."""
        self._heads.show(heads)

    def draw(
        self, target: moderngl.Framebuffer, views: Sequence[View], poses: Sequence[Pose],
        places: Sequence[NDArray[np.floating]],
    ) -> None:  # fmt: skip
        """Draw the heads, each in its pose at its place (model matrix [4, 4]), over the backdrop, in each view's part."""
        started = time.perf_counter()
        blocks = [head.block(pose, place) for head, pose, place in zip(self._heads.shown, poses, places, strict=True)]
        self.own_seconds = time.perf_counter() - started
        for head, block in zip(self._heads.shown, blocks, strict=True):
            head.uniforms.write(block)
        if self._frames % _MEASURED_EVERY:
            self._draw_all(target, views, places)
        else:
            if self._asked:
                self.card_seconds = self._query.elapsed * 1e-9
            with self._query:
                self._draw_all(target, views, places)
            self._asked = True
        self._frames += 1

    def _draw_all(
        self, target: moderngl.Framebuffer, views: Sequence[View], places: Sequence[NDArray[np.floating]]
    ) -> None:
        shadow = ShadowMap.projection(places)
        if self._shadow is not None:
            self._draw_shadow(self._shadow, shadow)
        surface = self._surface(target)
        surface.use()
        surface.depth_mask = True
        self.ctx.scissor = None
        self.ctx.viewport = (0, 0, *surface.size)
        surface.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        blocks = [self._scene_block(view, surface.size, shadow) for view in views]
        for view, (part, block) in zip(views, blocks, strict=True):
            self._scene.write(block)
            self._draw_view(surface, view, part)
        if self._samples is not None:
            self._finish(self._samples, target, blocks)

    def _surface(self, target: moderngl.Framebuffer) -> moderngl.Framebuffer:
        """Return what to draw into: the target, or a multi-sampled picture of its size."""
        if not self.tier.samples:
            return target
        if self._samples is None or self._samples.size != target.size:
            if self._samples is not None:
                self._samples.release()
            self._samples = Samples(self.ctx, target.size, self.tier.samples)
        return self._samples.drawn

    def _finish(self, samples: Samples, target: moderngl.Framebuffer, blocks: Sequence[tuple[Part, bytes]]) -> None:
        picture = samples.resolve()
        target.use()
        self.ctx.enable_only(moderngl.NOTHING)
        picture.use(UNITS["picture"])
        self._programs.finish["vignette"] = _VIGNETTE if self.tier.fine and not self._background.flat else 0.0
        for part, block in blocks:
            self._scene.write(block)
            self.ctx.viewport = part
            self._programs.finisher.render(moderngl.TRIANGLES, vertices=3)

    def _draw_shadow(self, shadow: ShadowMap, projection: NDArray[np.floating]) -> None:
        record = np.zeros((), _SCENE_BLOCK)
        record["view_projection"] = projection.T
        self._scene.write(record.tobytes())
        self._scene.bind_to_uniform_block(SCENE)
        shadow.target.use()
        self.ctx.viewport = (0, 0, *shadow.target.size)
        shadow.target.clear(depth=1.0)
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        for head in self._heads.shown:
            self._bind(head)
            for draw in head.draws:
                if draw.cast is not None:
                    draw.cast.render()

    def _draw_view(self, surface: moderngl.Framebuffer, view: View, part: Part) -> None:
        self.ctx.viewport = part
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        self._scene.bind_to_uniform_block(SCENE)
        surface.depth_mask = True
        self._detail.use(UNITS["detail"])
        if self._shadow is not None:
            self._shadow.depth.use(UNITS["shadow_map"])
        if self._backdrop is not None:
            self._backdrop.use(UNITS["backdrop"])
        shown = [self._heads.shown[index] for index in view.heads if index < len(self._heads.shown)]
        for head in shown:
            self._draw_solid(head)
        self._draw_backdrop()
        surface.depth_mask = False
        for head in shown:
            self._draw_blended(head)
        surface.depth_mask = True

    def _scene_block(self, view: View, size: tuple[int, int], shadow: NDArray[np.floating]) -> tuple[Part, bytes]:
        """Return a view's part of a picture (left, bottom, width, height in pixels) and the uniforms of its scene."""
        camera: Camera = view.camera
        left, bottom, width, height = (round(share * size[k % 2]) for k, share in enumerate(view.part))
        record = np.zeros((), _SCENE_BLOCK)
        record["view_projection"] = (camera.projection(width, height) @ camera.view()).T
        record["shadow_matrix"] = (TO_MAP @ shadow).T
        record["camera"][:3], record["screen"] = camera.place, (width, height, left, bottom)
        record["background"][:, :3] = self._background.top, self._background.bottom
        record["background"][:, 3] = self._background.flat, self._background.opaque
        if self._backdrop is not None:
            record["backdrop_size"][:2] = self._backdrop.width, self._backdrop.height
        return (left, bottom, width, height), record.tobytes()

    def _draw_backdrop(self) -> None:
        # Last, at the far plane: it costs only the pixels that no head covers.
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        self.ctx.depth_func = "<="
        self._programs.backdrop.render(moderngl.TRIANGLES, vertices=3)
        self.ctx.depth_func = "<"

    @staticmethod
    def _bind(head: GpuHead) -> None:
        head.uniforms.bind_to_uniform_block(HEAD)
        head.fields.places.use(UNITS["place_fields"])
        head.fields.turns.use(UNITS["normal_fields"])
        head.wrinkles.use(UNITS["wrinkles"])

    def _draw_solid(self, head: GpuHead) -> None:
        self._bind(head)
        for draw in head.draws:
            if draw.kind not in SOLID:
                continue
            # Back faces of the skin would show the eye socket through a smile.
            culled = moderngl.CULL_FACE if draw.kind in (SKIN, EYE) else moderngl.NOTHING
            self.ctx.enable_only(moderngl.DEPTH_TEST | culled)
            draw.picture.use(UNITS["picture"])
            layers = self.tier.hair_layers if draw.kind == HAIR else 1
            covering = layers > 1 and self.tier.samples > 0
            for flag in (_COVERAGE, _COVERED_WHOLLY) if covering else ():
                self.ctx.enable_direct(flag)
            draw.mesh.render(instances=layers)
            for flag in (_COVERAGE, _COVERED_WHOLLY) if covering else ():
                self.ctx.disable_direct(flag)

    def _draw_blended(self, head: GpuHead) -> None:
        self._bind(head)
        self.ctx.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        alpha = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        self.ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, *alpha  # type: ignore[assignment]
        for draw in head.draws:
            if draw.kind not in SOLID:
                draw.picture.use(UNITS["picture"])
                draw.mesh.render()

    def release(self) -> None:
        """Free everything this renderer made in its context, which is current."""
        for part in (self._samples, self._backdrop):
            if part is not None:
                part.release()
        self._samples = self._backdrop = None
        self._owner.release()
