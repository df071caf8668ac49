"""Vertex attributes drawn into the texture atlas, and ambient occlusion by depth maps."""

from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.build.makehuman import Array, Indices

_ATLAS_VERTEX: Final = """#version 330
in vec2 uv; in vec4 value; out vec4 v;
void main() { gl_Position = vec4(uv * 2.0 - 1.0, 0, 1); v = value; }"""
_ATLAS_FRAGMENT: Final = """#version 330
in vec4 v; out vec4 o; void main() { o = v; }"""
_DEPTH_VERTEX: Final = """#version 330
in vec3 place; uniform mat4 m; out float depth;
void main() { gl_Position = m * vec4(place, 1); depth = gl_Position.z; }"""
_DEPTH_FRAGMENT: Final = """#version 330
in float depth; out float o; void main() { o = depth; }"""
_EMPTY: Final = -999.0


def into_atlas(
    ctx: moderngl.Context, uv: Array, triangles: Indices, values: Array, size: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return a picture [size, size, K] (top row first) of values [U, K <= 4] at texture places, and where it is covered."""
    program = ctx.program(vertex_shader=_ATLAS_VERTEX, fragment_shader=_ATLAS_FRAGMENT)
    target = ctx.framebuffer([ctx.texture((size, size), 4, dtype="f4")])
    target.use()
    target.clear(_EMPTY, _EMPTY, _EMPTY, _EMPTY)
    data = np.zeros((len(uv), 6), np.float32)
    data[:, :2], data[:, 2 : 2 + values.shape[1]] = uv, values
    mesh = ctx.vertex_array(
        program, [(ctx.buffer(data.tobytes()), "2f 4f", "uv", "value")], ctx.buffer(triangles.astype("i4").tobytes())
    )
    mesh.render()
    picture = np.frombuffer(target.read(components=4, dtype="f4"), np.float32).reshape(size, size, 4)[::-1]
    return picture[..., : values.shape[1]].copy(), picture[..., 0] > _EMPTY / 2


def _directions(count: int) -> Array:
    index = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * index / count), np.pi * (1 + 5**0.5) * index
    return np.stack([np.sin(polar) * np.cos(azimuth), np.cos(polar), np.sin(polar) * np.sin(azimuth)], 1)


def ambient_occlusion(
    ctx: moderngl.Context, vertices: Array, normals: Array, triangles: Indices, directions: int = 192, size: int = 1024
) -> Array:
    """Return how open each vertex [V] is to the sky around it, 0 to 1: depth maps from many directions."""
    program = ctx.program(vertex_shader=_DEPTH_VERTEX, fragment_shader=_DEPTH_FRAGMENT)
    target = ctx.framebuffer([ctx.texture((size, size), 1, dtype="f4")], ctx.depth_renderbuffer((size, size)))
    mesh = ctx.vertex_array(
        program,
        [(ctx.buffer(vertices.astype("f4").tobytes()), "3f", "place")],
        ctx.buffer(triangles.astype("i4").tobytes()),
    )
    centre, reach = vertices.mean(0), np.linalg.norm(vertices - vertices.mean(0), axis=1).max()
    open_sky, total = np.zeros(len(vertices)), np.zeros(len(vertices))
    ctx.enable(moderngl.DEPTH_TEST)
    for toward in _directions(directions):
        side = np.cross(toward, [0.13, 0.97, 0.21] if abs(toward[1]) < 0.9 else [1, 0, 0])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(toward, side), -toward]) / reach
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = frame, -frame @ centre
        target.use()
        target.clear(1.0, depth=1.0)
        program["m"].write(matrix.T.astype("f4").tobytes())  # type: ignore[union-attr]
        mesh.render()
        depth = np.frombuffer(target.read(components=1, dtype="f4"), np.float32).reshape(size, size)
        seen = (vertices + normals * 0.0008) @ frame.T + matrix[:3, 3]
        column, row = (np.clip(((seen[:, k] + 1) / 2 * size).astype(int), 0, size - 1) for k in (0, 1))
        facing = np.clip(normals @ toward, 0, 1)
        # What is far away (across the room of the mouth, the shoulder) shadows less than what is near.
        covered = seen[:, 2] - depth[row, column]
        visible = np.where(covered < 0.0012 / reach, 1.0, np.clip(covered * reach / 0.08, 0, 1) * 0.8)
        open_sky += facing * visible
        total += facing
    ctx.disable(moderngl.DEPTH_TEST)
    return open_sky / np.maximum(total, 1e-6)
