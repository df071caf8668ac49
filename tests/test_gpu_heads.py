"""avatar.draw.gpu_heads and owner: whatever is made in a GL context is freed, however often heads and tiers change."""

from dataclasses import replace

import moderngl
import numpy as np
import pytest

from app.session.faces import bundled_looks, load_heads
from avatar.draw.camera import SHOTS, head_places
from avatar.draw.owner import Owner
from avatar.draw.renderer import Renderer
from avatar.draw.tiers import TIERS
from avatar.rig.head import Head, Pose
from tests.gl_objects import gl_objects, memory_mb

SIZE = (120, 80)
KEPT, CHANGES = 6, 30  # heads, with the two shown


def pair(number: int) -> list[Head]:
    names = bundled_looks()
    return load_heads((names[number % len(names)], "mira"))


def draw(renderer: Renderer, target: moderngl.Framebuffer) -> None:
    renderer.draw(target, SHOTS["both"], [Pose.rest(), Pose.rest()], head_places("viewer"))


def test_changing_heads_leaves_nothing_behind(gl: moderngl.Context) -> None:
    target = gl.framebuffer([gl.renderbuffer(SIZE, 4)], gl.depth_renderbuffer(SIZE))
    renderer = Renderer(gl, pair(0))
    for number in range(KEPT):
        renderer.show(pair(number))
        draw(renderer, target)
    objects, memory = gl_objects(gl), memory_mb()
    for number in range(KEPT, KEPT + CHANGES):
        renderer.show(pair(number))
        draw(renderer, target)
    assert gl_objects(gl) == objects
    assert memory_mb() < memory + 150  # a head takes 28
    renderer.release()


def test_fields_go_with_the_last_head_that_uses_them(gl: moderngl.Context) -> None:
    renderer = Renderer(gl, pair(0))
    counts = []
    for _ in range(KEPT + 2):  # each time a model of its own, as FLAME's identities are
        user, agent = pair(0)
        renderer.show([replace(user, model=replace(user.model)), agent])
        counts.append(gl_objects(gl)["Texture"])
    assert counts[-1] == counts[-2] == counts[KEPT - 2]
    renderer.release()
    left = gl_objects(gl)
    assert [left[kind] for kind in ("Buffer", "Texture", "VertexArray")] == [0, 0, 0]


def test_a_renderer_frees_all_that_it_made(gl: moderngl.Context) -> None:
    target = gl.framebuffer([gl.renderbuffer(SIZE, 4)], gl.depth_renderbuffer(SIZE))
    counts = []
    for number in range(6):
        renderer = Renderer(gl, pair(0), list(TIERS.values())[number % len(TIERS)])
        draw(renderer, target)
        renderer.release()
        target.use()
        counts.append(gl_objects(gl))
    assert counts[5] == counts[2]
    assert [counts[5][kind] for kind in ("Buffer", "Texture", "VertexArray", "Framebuffer")] == [0, 0, 0, 1]


def test_what_fails_half_way_leaves_nothing(gl: moderngl.Context) -> None:
    def half(owner: Owner) -> None:
        with owner:
            owner.own(gl.buffer(reserve=16))
            owner.own(gl.texture((2, 2), 4, np.zeros(16, np.uint8)))
            raise MemoryError

    with pytest.raises(MemoryError):
        half(Owner())
    assert sum(gl_objects(gl).values()) == 0
