"""avatar.draw.tiers and passes: which tier a card begins with and can afford, and what each tier draws."""

import os
import resource
import zlib
from collections.abc import Iterator

import moderngl
import numpy as np
import pytest
from PIL import Image

from app.session.faces import load_heads
from avatar.draw.background import background_of
from avatar.draw.camera import SHOTS, Camera, View, head_places
from avatar.draw.passes import KEY, ShadowMap
from avatar.draw.picture_file import read_picture
from avatar.draw.renderer import Renderer
from avatar.draw.tiers import TIERS, affordable, tier_of
from avatar.export.picture import Painter
from avatar.rig.head import Pose
from avatar.rig.layout import SLOT

SIZE = (480, 270)


@pytest.fixture
def target(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    made = gl.framebuffer([gl.renderbuffer(SIZE, 4)], gl.depth_renderbuffer(SIZE))
    yield made
    made.release()


CLOSE = (View(Camera(distance=0.55, target=(0.0, -0.01, 0.0)), (0,)),)


def drawn(
    renderer: Renderer, target: moderngl.Framebuffer, poses: list[Pose], views: tuple[View, ...] = SHOTS["both"]
) -> np.ndarray:
    renderer.draw(target, views, poses, head_places("viewer", len(poses)))
    return np.frombuffer(target.read(components=4), np.uint8).reshape(SIZE[1], SIZE[0], 4).astype(int)[::-1]


def rest() -> list[Pose]:
    return [Pose.rest(), Pose.rest()]


def test_a_card_begins_with_what_its_name_promises() -> None:
    assert tier_of("llvmpipe (LLVM 15.0.6, 256 bits)").name == "light"
    assert tier_of("Microsoft Basic Render Driver").name == "light"
    assert tier_of("Mesa Intel(R) UHD Graphics 620 (KBL GT2)").name == "standard"
    assert tier_of("NVIDIA GeForce RTX 4060/PCIe/SSE2").name == "high"
    assert tier_of("llvmpipe", "high").name == "high"


def test_a_tier_is_given_up_when_too_slow_and_not_tried_again() -> None:
    high, standard, light = TIERS["high"], TIERS["standard"], TIERS["light"]
    assert affordable(high, 0.004) is high
    assert affordable(high, 0.020) is standard
    assert affordable(standard, 0.020) is light
    assert affordable(standard, 0.001) is high
    assert affordable(standard, 0.001, frozenset({"high"})) is standard
    assert affordable(light, 0.0001) is light


def test_every_tier_draws_two_faces_and_samples_soften_edges(
    gl: moderngl.Context, target: moderngl.Framebuffer
) -> None:
    pictures = {}
    for name, tier in TIERS.items():
        renderer = Renderer(gl, load_heads(), tier)
        renderer.background = background_of("green")
        pictures[name] = drawn(renderer, target, rest())
        assert np.array_equal(pictures[name], drawn(renderer, target, rest()))
        for half in (slice(0, SIZE[0] // 2), slice(SIZE[0] // 2, SIZE[0])):
            part = pictures[name][:, half]
            assert ((part[..., 0] > 110) & (part[..., 0] > part[..., 2] + 20)).sum() > 1000
        assert gl.error == "GL_NO_ERROR"
        renderer.release()
    mixed = {  # pixels at the heads' edges that are neither the green behind nor skin
        name: ((seen[..., 1] > 150) & (seen[..., 0] > 40) & (seen[..., 1] > seen[..., 0] + 20)).sum()
        for name, seen in ((name, picture[:150]) for name, picture in pictures.items())  # the bust fades anyhow
    }
    assert mixed["standard"] > 2 * mixed["light"] + 20
    assert np.abs(pictures["high"] - pictures["standard"]).mean() > 2


def test_the_high_tier_throws_shadows(gl: moderngl.Context, target: moderngl.Framebuffer) -> None:
    renderer = Renderer(gl, load_heads()[:1], TIERS["high"])
    shadowed = drawn(renderer, target, [Pose.rest()], CLOSE)
    assert renderer._shadow is not None
    depth = np.frombuffer(renderer._shadow.depth.read(), np.float32)
    assert 0.05 < (depth < 1).mean() < 0.9  # the head is in the map, and not all of it
    for head in renderer._heads.shown:  # nothing throws a shadow any more
        head.draws = [type(draw)(draw.kind, draw.picture, draw.mesh, None) for draw in head.draws]
    lit = drawn(renderer, target, [Pose.rest()], CLOSE)
    assert (lit - shadowed)[..., :3].mean() > 0.5
    assert (lit - shadowed)[..., :3].min() > -30
    renderer.release()


def test_the_shadow_map_sees_both_heads_from_the_key_light() -> None:
    places = head_places("viewer")
    matrix = ShadowMap.projection(places)
    for place in places:
        for corner in ([0.1, 0.12, 0.1], [-0.1, -0.2, -0.1]):
            x, y, z, _ = matrix @ [*(place[:3, :3] @ corner + place[:3, 3]), 1.0]
            assert max(abs(x), abs(y), abs(z)) < 1
    near, far = (matrix @ [*(step * KEY), 1.0] for step in (0.1, -0.1))
    assert near[2] < far[2]


@pytest.mark.parametrize("tier", ["light", "high"])
def test_wrinkles_come_with_what_the_face_does(gl: moderngl.Context, target: moderngl.Framebuffer, tier: str) -> None:
    heads = load_heads(("ruth", "ruth"))[:1]
    renderer = Renderer(gl, heads, TIERS[tier])
    raised = Pose.rest()
    raised.motion[[SLOT["browInnerUp"], SLOT["browOuterUpLeft"], SLOT["browOuterUpRight"]]] = 1.0

    def roughness(pose: Pose) -> float:
        forehead = drawn(renderer, target, [pose], CLOSE)[66:84, 225:255, :3].mean(-1)
        return float(np.abs(np.diff(forehead, axis=0)).mean())

    assert roughness(raised) > 1.25 * roughness(Pose.rest())
    renderer.release()


def test_nothing_is_behind_the_heads_where_it_is_transparent() -> None:
    with Painter(load_heads(), *SIZE, "viewer", background=background_of("transparent")) as painter:
        picture = painter.picture(rest())
    assert picture.shape == (SIZE[1], SIZE[0], 4)
    assert picture[0, 0].tolist() == [0, 0, 0, 0]
    assert picture[:, 240, 3].min() == 0
    assert 0.1 < (picture[..., 3] == 255).mean() < 0.7
    assert ((picture[..., 3] > 0) & (picture[..., 3] < 255)).sum() > 50  # the bust fades out


def test_a_picture_can_be_behind_the_heads(gl: moderngl.Context, target: moderngl.Framebuffer, tmp_path) -> None:
    pixels = np.zeros((90, 320, 3), np.uint8)
    pixels[:45], pixels[45:] = (200, 30, 30), (30, 30, 200)
    Image.fromarray(pixels).save(tmp_path / "wall.png")
    renderer = Renderer(gl, load_heads())
    renderer.background = background_of(str(tmp_path / "wall.png"))
    seen = drawn(renderer, target, rest())
    assert np.abs(seen[2, 2, :3] - [200, 30, 30]).max() < 4
    assert np.abs(seen[2, -3, :3] - [200, 30, 30]).max() < 4
    assert np.abs(seen[150, 240, :3] - [30, 30, 200]).max() < 30 or seen[150, 240, 2] > 100
    renderer.background = background_of("black")
    assert drawn(renderer, target, rest())[2, 2, :3].max() == 0
    renderer.release()
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing of the kind")
    with pytest.raises(ValueError, match=r"bad\.png"):
        background_of(str(tmp_path / "bad.png"))


def test_a_picture_of_too_many_pixels_is_told_before_it_is_decoded(tmp_path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for size in ((9000, 9000), (14_000, 13_000), (30_000, 30_000)):  # from Pillow's own limits on it refuses by itself
        head = b"".join(n.to_bytes(4, "big") for n in size) + b"\x08\x02\0\0\0"
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1 << 20))))
        packed = b"".join(len(d).to_bytes(4, "big") + n + d + zlib.crc32(n + d).to_bytes(4, "big") for n, d in chunks)
        (tmp_path / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + packed)
        with pytest.raises(ValueError, match="pixels") as told:
            background_of(str(tmp_path / "large.png"))
        assert "large.png" in str(told.value) and "smaller" in str(told.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_a_picture_of_a_head_that_is_cut_or_no_file_is_told(tmp_path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 30)).save(tmp_path / "skin.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "skin.png").read_bytes()[:60])
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("cut.png", "pipe.png"):
        with pytest.raises((ValueError, FileNotFoundError), match=name):
            read_picture(tmp_path / name, "RGBA")


def test_a_large_photograph_is_shown_upright_in_little_memory(tmp_path) -> None:
    pixels = Image.new("RGB", (6000, 4000), (200, 30, 30))
    pixels.paste((30, 30, 200), (0, 0, 3000, 4000))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    pixels.save(tmp_path / "photo.jpg", exif=exif)
    shown = background_of(str(tmp_path / "photo.jpg")).picture
    assert shown is not None and shown.shape[0] > shown.shape[1] and max(shown.shape) <= 2560
    assert shown[10, 10, 2] > 150 and shown[-10, 10, 0] > 150
