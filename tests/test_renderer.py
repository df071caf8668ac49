"""avatar.draw.renderer and gpu_head: the shader poses vertices as the CPU does, and pictures show what was posed."""

import moderngl
import numpy as np
import pytest

from app.session.faces import load_heads
from avatar.draw.background import background_of
from avatar.draw.camera import SHOTS, Camera, View, head_places
from avatar.draw.gpu_head import BLOCK_BYTES, FieldTextures, GpuHead
from avatar.draw.programs import SKIN, shader
from avatar.draw.renderer import Renderer
from avatar.export.picture import Painter
from avatar.rig.head import Pose, posed_vertices
from avatar.rig.layout import JAW, NECK, SLOT

SIZE = (480, 270)


def pose(jaw: float = 0.0, lids: float = 0.0, yaw: float = 0.0, **units: float) -> Pose:
    result = Pose.rest()
    for name, weight in units.items():
        result.motion[SLOT[name]] = weight
    result.motion[JAW.start], result.motion[NECK.start + 1] = jaw, yaw
    result.eyes[4:] = lids
    return result


@pytest.mark.parametrize(
    "posed",
    [
        pose(), pose(jaw=0.25, mouthFunnel=0.6, mouthSmileLeft=0.5, browInnerUp=0.4), pose(lids=1.0),
        pose(yaw=0.3, mouthRollLower=0.7, tongueTh=0.8),
    ],
)  # fmt: skip
def test_the_shader_equals_the_cpu(gl: moderngl.Context, posed: Pose) -> None:
    heads = load_heads()
    model, looks = heads[0].model, [head.look for head in heads]
    source = shader("head.vert", KIND=SKIN, MOVED=1, FINE=0)
    program = gl.program(vertex_shader=source, varyings=["world"])
    program["Head"].binding = 1
    program["place_fields"] = 1
    programs = Renderer(gl, heads)._programs
    fields = FieldTextures(gl, model)
    head = GpuHead(gl, programs, heads[0], fields)
    shaped = model.shaped(looks[0].identity)
    order = np.arange(len(shaped), dtype=np.int32)
    details = np.concatenate([model.occlusion, model.lid_guard[:, None], model.cut_distance[:, None]], 1)
    columns = {"place": shaped, "weights": model.weights[:, 1:], "details": details}
    content = [(gl.buffer(np.ascontiguousarray(v, "f4").tobytes()), f"{v.shape[1]}f", k) for k, v in columns.items()]
    content.append((gl.buffer(order.tobytes()), "1i", "vertex_index"))
    content = [entry for entry in content if entry[2] in program]
    head.uniforms.write(head.block(posed, np.eye(4)))
    head.uniforms.bind_to_uniform_block(1)
    fields.places.use(1)
    fields.turns.use(2)
    gl.framebuffer([gl.renderbuffer((4, 4), 4)]).use()  # GL wants one, even to draw nothing
    captured = gl.buffer(reserve=len(shaped) * 12)
    gl.vertex_array(program, content).transform(captured, moderngl.POINTS)
    result = np.frombuffer(captured.read(), "f4").reshape(-1, 3)
    truth = posed_vertices(model, looks[0].identity, posed)
    body = np.isin(model.part, (0, 5))  # skin and tongue; eyes have a shader of their own
    assert np.abs(result - truth)[body].max() < 2e-4  # m: half floats, and weights below notice left out
    assert head.uniforms.size == BLOCK_BYTES


def test_pictures_show_the_pose() -> None:
    with Painter(load_heads(), *SIZE, "viewer") as painter:
        rest = painter.picture([pose(), pose()]).astype(int)
        again = painter.picture([pose(), pose()]).astype(int)
        opened = painter.picture([pose(jaw=0.3), pose()]).astype(int)
        blinked = painter.picture([pose(), pose(lids=1.0)]).astype(int)
    assert np.array_equal(rest, again)
    left, right = slice(0, SIZE[0] // 2), slice(SIZE[0] // 2, SIZE[0])
    assert np.abs(opened - rest)[:, left].max() > 40
    assert np.abs(opened - rest)[:, right].max() == 0
    assert np.abs(blinked - rest)[:, left].max() == 0
    assert np.abs(blinked - rest)[:, right].max() > 40
    skin = (rest[..., 0] > 110) & (rest[..., 0] > rest[..., 2] + 20)
    assert 0.05 < skin.mean() < 0.5  # two faces, neither missing nor filling all
    assert skin[:, left].sum() > 1000
    assert skin[:, right].sum() > 1000


def test_the_camera_moves_the_picture(gl: moderngl.Context) -> None:
    renderer = Renderer(gl, load_heads())
    target = gl.framebuffer([gl.renderbuffer(SIZE, 4)], gl.depth_renderbuffer(SIZE))
    pictures = []
    for camera in (Camera(), Camera().orbited(0.5, 0.1), Camera().zoomed(0.6)):
        renderer.draw(target, [View(camera)], [pose(), pose()], head_places("partner"))
        pictures.append(np.frombuffer(target.read(components=3), np.uint8).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 3
    assert np.abs(pictures[0] - pictures[2]).mean() > 3
    renderer.release()


def test_each_shot_shows_its_heads(gl: moderngl.Context) -> None:
    renderer = Renderer(gl, load_heads())
    target = gl.framebuffer([gl.renderbuffer(SIZE, 4)], gl.depth_renderbuffer(SIZE))
    drawn = {}
    for name, views in SHOTS.items():
        renderer.draw(target, views, [pose(), pose()], head_places("viewer"))
        drawn[name] = np.frombuffer(target.read(components=3), np.uint8).astype(int).reshape(SIZE[1], SIZE[0], 3)
    names = list(drawn)
    assert all(np.abs(drawn[a] - drawn[b]).mean() > 3 for i, a in enumerate(names) for b in names[:i])
    half = SIZE[0] // 2
    left, right = drawn["split"][:, :half], drawn["split"][:, half:]
    skin = [(part[..., 0] > 110) & (part[..., 0] > part[..., 2] + 20) for part in (left, right)]
    assert all(part.mean() > 0.05 for part in skin)
    renderer.release()


def test_backgrounds_are_behind_the_heads(gl: moderngl.Context) -> None:
    renderer = Renderer(gl, load_heads())
    target = gl.framebuffer([gl.renderbuffer(SIZE, 4)], gl.depth_renderbuffer(SIZE))
    for name, corner in (("green", (0, 255, 0)), ("black", (0, 0, 0)), ("#3366cc", (0x33, 0x66, 0xCC))):
        renderer.background = background_of(name)
        renderer.draw(target, SHOTS["both"], [pose(), pose()], head_places("viewer"))
        drawn = np.frombuffer(target.read(components=3), np.uint8).reshape(SIZE[1], SIZE[0], 3)
        assert np.abs(drawn[-1, 0].astype(int) - corner).max() <= 1
        assert np.abs(drawn[-1, -1].astype(int) - corner).max() <= 1
    with pytest.raises(ValueError, match="studio"):
        background_of("plaid")
    renderer.release()
