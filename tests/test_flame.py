"""avatar.flame.model: official files in every form are read without running anything; vertices are the published formula's."""

import json
import os
import pickle
import resource
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from app.session.faces import Look, load_heads
from avatar.export.picture import Painter
from avatar.flame import model as flame
from avatar.flame.file import read_flame_file
from avatar.flame.model import flame_head, flame_vertices, import_flame, load_flame
from avatar.flame.regions import face_region, lip_vertices, upper_face_vertices
from avatar.rig.head import Head, Pose, posed_vertices
from avatar.rig.layout import JAW
from tests.synthetic_flame import Arrays, flame_arrays, write_pickle
from tests.test_checkpoint import Hostile, run


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    return flame_arrays()


@pytest.fixture(scope="module")
def file(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pickle(tmp_path_factory.mktemp("flame") / "generic_model.pkl", arrays)


def random_arrays(seed: int) -> Arrays:
    """Return a FLAME-sized model of noise: nothing about it is smooth, symmetric or small."""
    rng = np.random.default_rng(seed)
    weights = rng.random((5023, 5)) ** 4
    regressor = scipy.sparse.random(5, 5023, 0.01, random_state=seed).toarray()
    return {
        "v_template": rng.normal(0, 0.1, (5023, 3)), "f": rng.integers(0, 5023, (9976, 3)).astype(np.uint32),
        "shapedirs": rng.normal(0, 0.003, (5023, 3, 400)), "posedirs": rng.normal(0, 0.003, (5023, 3, 36)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True), "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    }  # fmt: skip


def published(a: Arrays, shape: np.ndarray, expression: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Return FLAME's vertices in float64, each step written out again from the paper."""

    def rotation(v: np.ndarray) -> np.ndarray:
        angle = np.sqrt(v @ v)
        if angle == 0:
            return np.eye(3)
        k = v / angle
        skew = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
        return np.cos(angle) * np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * np.outer(k, k)

    betas = np.zeros(400)
    betas[: len(shape)], betas[300 : 300 + len(expression)] = shape, expression
    shaped = a["v_template"] + np.einsum("vck,k->vc", a["shapedirs"], betas)
    joints = np.einsum("jv,vc->jc", a["J_regressor"], shaped)
    turns = [rotation(v) for v in pose]
    feature = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    corrected = shaped + np.einsum("vck,k->vc", a["posedirs"], feature)
    moved = np.zeros_like(corrected)
    for joint in range(5):
        chain = {0: [0], 1: [0, 1], 2: [0, 1, 2], 3: [0, 1, 3], 4: [0, 1, 4]}[joint]
        point = corrected
        for ancestor in reversed(chain):  # turn about the joint itself, then about each joint it hangs on
            point = (point - joints[ancestor]) @ turns[ancestor].T + joints[ancestor]
        moved += a["weights"][:, joint : joint + 1] * point
    return moved


@pytest.mark.parametrize("seed", range(3))
def test_vertices_are_the_published_formulas(seed: int, tmp_path: Path) -> None:
    a = random_arrays(seed)
    model = import_flame(write_pickle(tmp_path / "f.pkl", a), tmp_path / "f.npz")
    rng = np.random.default_rng(seed + 10)
    for shape, expression, pose in (
        (np.zeros(0), np.zeros(0), np.zeros((5, 3))),
        (rng.normal(size=300), rng.normal(size=100), rng.normal(0, 0.6, (5, 3))),
        (rng.normal(size=10), rng.normal(size=50), np.eye(5, 3) * [[0], [0.4], [0.5], [0.3], [0]]),
    ):  # fmt: skip
        difference = flame_vertices(model, shape, expression, pose) - published(a, shape, expression, pose)
        assert np.abs(difference).max() < 1e-6


@pytest.mark.parametrize(("chumpy", "protocol"), [(True, 2), (False, 2), (False, 4), (True, 5)])
def test_every_official_form_reads_the_same(arrays: Arrays, tmp_path: Path, chumpy: bool, protocol: int) -> None:
    read = read_flame_file(write_pickle(tmp_path / "f.pkl", arrays, chumpy, protocol))
    for name, array in arrays.items():
        assert np.allclose(np.asarray(read[name], float)[..., 1:], np.asarray(array, float)[..., 1:]), name
    np.savez(tmp_path / "f.npz", **arrays)
    assert np.array_equal(read_flame_file(tmp_path / "f.npz")["posedirs"], read["posedirs"])


def test_a_head_of_it_is_posed_by_the_same_code(arrays: Arrays, file: Path, tmp_path: Path) -> None:
    model = import_flame(file, tmp_path / "f.npz")
    head = flame_head(model, np.array([0.7, -0.4]))
    motion = np.random.default_rng(0).normal(0, 0.3, 56).astype(np.float32)
    pose = np.zeros((5, 3))
    pose[1], pose[2] = motion[53:56], motion[50:53]
    truth = published(arrays, np.array([0.7, -0.4]), motion[:50], pose)
    shown = posed_vertices(head, 0, Pose(motion, np.zeros(6, np.float32)))
    moved = head.v_template[0] - (arrays["v_template"] + arrays["shapedirs"][..., :2] @ [0.7, -0.4])[0]
    assert np.abs(shown - moved - truth).max() < 2e-6
    assert head.basis == f"flame:{model.sha256[:16]}"


def _wrong(folder: Path, arrays: Arrays) -> dict[str, tuple[Path, str]]:
    small = {name: array for name, array in arrays.items() if name != "posedirs"}
    cases: dict[str, tuple[object, str]] = {
        "hostile": ({"v_template": Hostile()}, "system, which no FLAME file does"),
        "lacking": (small, "lacks posedirs"),
        "a body": (arrays | {"v_template": np.zeros((6890, 3))}, "body of SMPL"),
        "wrong shape": (arrays | {"weights": np.zeros((5023, 4))}, "weights is 5023x4 where FLAME's is 5023x5"),
        "not finite": (arrays | {"v_template": np.full((5023, 3), np.nan)}, "no numbers"),
        "other joints": (arrays | {"kintree_table": np.zeros((2, 5), np.uint32)}, "root, neck, jaw"),
        "words": (arrays | {"weights": "many"}, "weights is no array"),
        "far triangles": (arrays | {"f": np.full((9976, 3), 6000)}, "vertex that is not there"),
        "a list": ([1, 2, 3], "no table of arrays"),
    }
    found = {}
    for name, (content, said) in cases.items():
        path = folder / f"{name}.pkl"
        path.write_bytes(pickle.dumps(content, protocol=2))
        found[name] = path, said
    (folder / "noise.pkl").write_bytes(b"\x80\x02noise")
    (folder / "empty.pkl").write_bytes(b"")
    (folder / "cut.npz").write_bytes(b"PK\x03\x04cut")
    return found | {name: (folder / name, name) for name in ("noise.pkl", "empty.pkl", "cut.npz")}


def test_wrong_files_are_told_in_words(arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, (path, said) in _wrong(tmp_path, arrays).items():
        with pytest.raises(ValueError, match=said) as caught:
            import_flame(path, tmp_path / "out.npz")
        assert path.name in str(caught.value), name
    with pytest.raises(FileNotFoundError, match="nowhere"):
        import_flame(tmp_path / "nowhere.pkl", tmp_path / "out.npz")
    assert not (tmp_path / "owned").exists()
    assert not list(tmp_path.glob("out*"))


def test_damaged_pickles_never_run_or_crash(tmp_path: Path) -> None:
    a = random_arrays(0)
    a["shapedirs"] = a["shapedirs"].astype(np.float16)
    good = write_pickle(tmp_path / "f.pkl", a).read_bytes()
    rng = np.random.default_rng(0)
    interesting = [n for n in range(len(good)) if 32 < good[n] < 127][:4000]  # opcodes and names, mostly
    for _ in range(60):
        changed = bytearray(good)
        for place in rng.choice(interesting, 3):
            changed[place] = rng.integers(256)
        (tmp_path / "m.pkl").write_bytes(changed[: rng.integers(len(good) // 2, len(good) + 1)])
        try:
            read_flame_file(tmp_path / "m.pkl")
        except ValueError as error:
            assert "m.pkl" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"cnumpy\nndarray\n((I50000\nI50000\nI1\ntS'f8'\ntR.",  # an array of 20 GB
        b"\x80\x05\x96" + (2**33).to_bytes(8, "little") + b".",  # 8 GB of bytes
        b"\x80\x02N" + b"r\xff\xff\xff\x0f" + b".",  # a place for each of 268 million objects
    ],
)
def test_a_pickle_that_asks_for_gigabytes_gets_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bomb.pkl").write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"bomb\.pkl") as told:
        read_flame_file(tmp_path / "bomb.pkl")
    assert not isinstance(told.value.__cause__, MemoryError)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_lips_move_with_the_jaw_and_brows_do_not(file: Path, tmp_path: Path) -> None:
    model = import_flame(file, tmp_path / "f.npz")
    lips, upper = lip_vertices(model), upper_face_vertices(model)
    assert 30 < len(lips) < 1500
    assert 30 < len(upper) < 3000
    assert not set(lips) & set(upper)
    motion = np.zeros((2, 56))
    motion[1, JAW.start], motion[1, :50] = 0.3, 0.0
    moved = [
        np.linalg.norm(np.diff(face_region(model, region).vertices(motion), axis=0)[0], axis=1)
        for region in (lips, upper)
    ]
    assert moved[0].max() > 0.010
    assert moved[1].max() < 0.002
    assert np.allclose(
        face_region(model, lips).vertices(motion)[1], published_region(model, motion[1])[lips], atol=1e-6
    )


def published_region(model: flame.FlameModel, motion: np.ndarray) -> np.ndarray:
    pose = np.zeros((5, 3))
    pose[2] = motion[JAW]
    return flame_vertices(model, np.zeros(0), motion[:50], pose)


def test_it_is_drawn_and_moves(file: Path, tmp_path: Path) -> None:
    model = load_flame(tmp_path / "f.npz") if (tmp_path / "f.npz").exists() else import_flame(file, tmp_path / "f.npz")
    bundled = load_heads()[0]
    shown = Head(flame_head(model), Look("FLAME", 0, 0.0, bundled.look.folder.parent / "flame"))
    opened = Pose.rest().motion.copy()
    opened[JAW.start] = 0.3
    with Painter([shown, bundled], 480, 270, "viewer") as painter:
        rest = painter.picture([Pose.rest(), Pose.rest()]).astype(int)
        spoke = painter.picture([Pose(opened, np.zeros(6, np.float32)), Pose.rest()]).astype(int)
    half = rest.shape[1] // 2
    assert np.abs(spoke - rest)[:, :half].max() > 40
    other = half + half // 6  # a wide bust reaches a little over the middle
    assert np.abs(spoke - rest)[:, other:].max() == 0
    assert ((rest[..., 0] > 110) & (rest[..., 0] > rest[..., 2] + 20))[:, :half].sum() > 1500


def test_import_keeps_it_and_without_it_the_remedy_is_told(file: Path, tmp_path: Path) -> None:
    wanted = run(tmp_path, "render", "a.wav", "b.wav", "-o", "c.mp4", "--head", "flame")
    assert wanted.returncode == 2
    done = run(tmp_path, "import-flame", file)
    assert done.returncode == 0, done.stderr
    assert "CC-BY-4.0" in done.stdout
    parts = {p["name"]: p for p in json.loads(run(tmp_path, "doctor", "--json").stdout.splitlines()[-1])["parts"]}
    assert parts["FLAME"]["ok"]
    bad = run(tmp_path, "import-flame", os.devnull)
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
