"""avatar.rig.head: the bundled model's form, its lids, lips and teeth as seen from the front, and what damaged files say."""

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import moderngl
import numpy as np
import pytest

from app.session.faces import HEADS, bundled_looks, load_heads
from avatar.rig.head import Head, HeadModel, Pose, posed_vertices
from avatar.rig.head_file import load_look, load_model, read_hair
from avatar.rig.layout import JAW, SLOT

MILLIMETRE = 0.001
TEETH = (3, 4)


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return load_model(HEADS / "model.npz")


def face(jaw: float = 0.0, eyes: tuple[float, ...] = (0.0,) * 6, **units: float) -> Pose:
    pose = Pose.rest()
    for name, weight in units.items():
        for slot in [name] if name in SLOT else [f"{name}Left", f"{name}Right"]:
            pose.motion[SLOT[slot]] = weight
    pose.motion[JAW.start], pose.eyes[:] = jaw, eyes
    return pose


def visible(gl: moderngl.Context, model: HeadModel, vertices: np.ndarray, parts: tuple[int, ...]) -> float:
    """Return how many mm² of some parts are seen from straight ahead: one ray each quarter of a millimetre."""
    program = gl.program(
        vertex_shader="#version 330\nin vec3 p; in float part; flat out float k;"
        "void main(){ gl_Position = vec4(p.x * 12.5, (p.y + 0.03) * 12.5, -p.z * 2.0, 1); k = part; }",
        fragment_shader="#version 330\nflat in float k; out float o; void main(){ o = k; }",
    )
    size = 640  # 160 mm
    target = gl.framebuffer([gl.texture((size, size), 1, dtype="f4")], gl.depth_renderbuffer((size, size)))
    target.use()
    target.clear(-1.0, depth=1.0)
    gl.enable_only(moderngl.DEPTH_TEST)
    solid = model.part[model.f[:, 0]] != 6
    data = np.concatenate([vertices, model.part[:, None]], 1).astype("f4")
    gl.vertex_array(
        program, [(gl.buffer(data.tobytes()), "3f 1f", "p", "part")], gl.buffer(model.f[solid].astype("i4").tobytes())
    ).render()
    seen = np.frombuffer(target.read(components=1, dtype="f4"), np.float32)
    return float(np.isin(np.round(seen), parts).sum()) / 16


def test_has_flame_form(model: HeadModel) -> None:
    assert np.allclose(model.weights.sum(1), 1, atol=2e-3)
    assert np.allclose(model.J_regressor.sum(1), 1, atol=1e-4)
    assert (model.J_regressor >= 0).all()
    assert model.posedirs.shape == (len(model.v_template), 3, 36)
    assert {"mira", "theo"} < set(bundled_looks())
    assert len(bundled_looks()) == 8
    assert {head.look.identity for head in load_heads()} == {0, 1}


def test_two_people_differ(model: HeadModel) -> None:
    assert np.abs(model.shaped(0) - model.shaped(1)).max() > 3 * MILLIMETRE


@pytest.mark.parametrize("person", range(8))
def test_a_blink_covers_the_eye_step_by_step(gl: moderngl.Context, model: HeadModel, person: int) -> None:
    areas = [
        visible(gl, model, posed_vertices(model, person, face(eyes=(0, 0, 0, 0, lid, lid))), (1, 2))
        for lid in (0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert areas[0] > 100
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] == 0
    down = visible(gl, model, posed_vertices(model, person, face(eyes=(0, 0.35, 0, 0.35, 1, 1))), (1, 2))
    assert down == 0


@pytest.mark.parametrize("person", range(8))
def test_lips_close_and_teeth_show_where_they_should(gl: moderngl.Context, model: HeadModel, person: int) -> None:
    def teeth(pose: Pose) -> float:
        return visible(gl, model, posed_vertices(model, person, pose), TEETH)

    assert teeth(face()) <= 12
    assert teeth(face(jaw=0.03, mouthClose=0.14, mouthPress=0.25, mouthRollLower=0.30, mouthRollUpper=0.20)) <= 12
    assert teeth(face(jaw=0.04, mouthSmile=0.85, mouthUpperUp=0.35)) > 20
    assert teeth(face(jaw=0.30)) > 20


def test_the_jaw_opens_downwards_and_the_head_turns(model: HeadModel) -> None:
    rest, opened = (posed_vertices(model, 0, pose) for pose in (face(), face(jaw=0.3)))
    lower = model.part == 4
    assert (opened - rest)[lower, 1].mean() < -5 * MILLIMETRE
    assert np.abs((opened - rest)[model.part == 3]).max() < 1e-6
    turned = face()
    turned.motion[54] = 0.3  # yaw to the left: the nose goes towards +x
    nose = int(np.argmax(model.v_template[:, 2]))
    assert posed_vertices(model, 0, turned)[nose, 0] > rest[nose, 0] + 20 * MILLIMETRE


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    kind = rng.integers(0, 3)
    if kind == 0:
        return bytes(changed[: int(rng.integers(0, len(changed)))])
    for place in rng.integers(0, len(changed), int(rng.integers(1, 200))):
        changed[place] = int(rng.integers(0, 256))
    if kind == 2:
        most = max(2, min(5000, len(changed) // 2))
        start = int(rng.integers(0, len(changed) - most))
        del changed[start : start + int(rng.integers(1, most))]
    return bytes(changed)


def remade(data: bytes, rng: np.random.Generator) -> bytes:
    """Return an npz whose archive is whole and whose arrays are not: another shape, kind or value in one of them."""
    with np.load(io.BytesIO(data)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    name = str(rng.choice(list(arrays)))
    array = arrays[name]
    wrong: list[np.ndarray] = [
        array.ravel(),
        array[: len(array) // 2],
        array.astype("f8") * np.nan,
        array.astype("i8") - 10**7,
    ]
    arrays[name] = wrong[int(rng.integers(0, len(wrong)))]
    if rng.random() < 0.2:
        del arrays[name]
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize(("name", "count"), [("model.npz", 200), ("mira/hair.npz", 200), ("mira/look.json", 100)])
def test_five_hundred_damaged_files_are_refused_or_still_sound(tmp_path: Path, name: str, count: int) -> None:
    data, rng = (HEADS / name).read_bytes(), np.random.default_rng(0)
    path, refused = tmp_path / Path(name).name, 0
    for number in range(count):
        small = name.endswith("hair.npz")
        path.write_bytes(remade(data, rng) if small and number % 2 else mutated(data, rng))
        try:
            if name == "model.npz":
                assert np.isfinite(load_model(path).v_template).all()
            elif small:
                assert np.isfinite(read_hair(tmp_path)["vertices"]).all()
            else:
                load_look(tmp_path)
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused > count / 2


def test_a_person_that_the_model_does_not_know_is_refused(model: HeadModel) -> None:
    with pytest.raises(ValueError, match="person 99"):
        Head(model, replace(load_look(HEADS / "mira"), identity=99))


def test_a_file_that_would_run_code_runs_none(tmp_path: Path) -> None:
    path, touched = tmp_path / "evil.npz", tmp_path / "touched"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (touched,))  # type: ignore[return-value]

    stream = io.BytesIO()
    np.save(stream, np.array([Evil()], object), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v_template.npy", stream.getvalue())
    with pytest.raises(ValueError, match=r"evil\.npz"):
        load_model(path)
    assert not touched.exists()


def test_a_missing_model_or_look_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="whole copy"):
        load_model(tmp_path / "model.npz")
    with pytest.raises(ValueError, match=r"look\.json"):
        load_look(tmp_path)
    os.mkfifo(tmp_path / "look.json")  # to open it would wait for ever
    with pytest.raises(ValueError, match=r"look\.json"):
        load_look(tmp_path)
