"""avatar.flame.outfit: a FLAME head gets teeth, tongue, lids and skin of the bundled one, whoever it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.session.faces import HEADS
from avatar.export.picture import Painter
from avatar.flame.model import FlameModel, flame_head, import_flame, load_flame
from avatar.flame.outfit import Outfit, fit, load, wear
from avatar.rig.head import PARTS, Head, HeadModel, Pose, posed_vertices
from avatar.rig.head_file import load_look, load_model
from avatar.rig.layout import JAW
from tests.synthetic_flame import flame_arrays, write_pickle

SIZE = (480, 360)
MILLIMETRE = 1e-3


@pytest.fixture(scope="module")
def bundled() -> HeadModel:
    return load_model(HEADS / "model.npz")


@pytest.fixture(scope="module")
def flame(tmp_path_factory: pytest.TempPathFactory) -> FlameModel:
    folder = tmp_path_factory.mktemp("flame")
    import_flame(write_pickle(folder / "flame.pkl", flame_arrays()), folder / "flame.npz")
    return load_flame(folder / "flame.npz")


@pytest.fixture(scope="module")
def outfit(bundled: HeadModel, flame: FlameModel) -> Outfit:
    return fit(bundled, flame_head(flame))


def dressed(flame: FlameModel, outfit: Outfit, identity: np.ndarray | None = None) -> HeadModel:
    return wear(outfit, flame_head(flame, identity), flame_head(flame).v_template)


def of(head: HeadModel, *parts: str) -> np.ndarray:
    return np.isin(head.part, [PARTS.index(part) for part in parts])


def test_teeth_and_tongue_are_where_the_bundled_head_has_them(
    bundled: HeadModel, flame: FlameModel, outfit: Outfit
) -> None:
    head = dressed(flame, outfit)
    for part in ("upper_teeth", "lower_teeth", "tongue", "lashes"):
        ours, theirs = bundled.v_template[of(bundled, part)], head.v_template[of(head, part)]
        assert len(ours) == len(theirs)
        # The synthetic FLAME is the bundled mean, coarser, its eyes put where heads have them.
        assert np.linalg.norm(ours - theirs, axis=1).max() < 3 * MILLIMETRE
    opened = Pose.rest()
    opened.motion[JAW.start] = 0.3
    moved = posed_vertices(head, 0, opened) - posed_vertices(head, 0, Pose.rest())
    fallen = moved[of(head, "lower_teeth"), 1].mean()
    assert fallen < -8 * MILLIMETRE
    assert np.abs(moved[of(head, "upper_teeth")]).max() < MILLIMETRE / 100


def test_lids_shut_over_the_eyes(flame: FlameModel, outfit: Outfit) -> None:
    head = dressed(flame, outfit)
    shut = Pose.rest()
    shut.eyes[4:] = 1.0
    moved = posed_vertices(head, 0, shut) - posed_vertices(head, 0, Pose.rest())
    skin = of(head, "body")
    assert -14 * MILLIMETRE < moved[skin, 1].min() < -5 * MILLIMETRE
    far = skin & (np.abs(head.v_template[:, 1]) > 0.04)
    assert np.abs(moved[far]).max() < MILLIMETRE / 10
    assert (head.lid_guard > 0).sum() > 50


def test_skin_has_its_place_in_the_atlas(bundled: HeadModel, flame: FlameModel, outfit: Outfit) -> None:
    head = dressed(flame, outfit)
    skin = np.flatnonzero(of(head, "body")[head.f[: len(flame.f)]].all(1))
    corners = head.uv[head.uv_f[skin]]
    assert corners.min() >= 0
    assert corners.max() <= 1
    # No triangle stretches over the atlas: all three corners lie in one chart.
    assert np.ptp(corners, axis=1).max(1).mean() < 0.02
    assert np.percentile(np.ptp(corners, axis=1).max(1), 99) < 0.1
    tip = head.v_template[:5023][of(head, "body")[:5023]]
    nose = np.argmax(tip[:, 2])
    at = next(row for row in skin if (head.f[row] == np.flatnonzero(of(head, "body")[:5023])[nose]).any())
    ours = bundled.uv[bundled.uv_f[(bundled.f == np.argmax(bundled.v_template[:, 2])).any(1)]].reshape(-1, 2).mean(0)
    assert np.linalg.norm(head.uv[head.uv_f[at]].mean(0) - ours) < 0.03


def test_another_identity_takes_its_teeth_along(flame: FlameModel, outfit: Outfit) -> None:
    average, other = dressed(flame, outfit), dressed(flame, outfit, np.array([0.0, 0.0, 0.5]))
    assert np.abs(other.v_template[:5023] - average.v_template[:5023]).max() > 3 * MILLIMETRE

    def depth(head: HeadModel) -> float:
        """How far (m) the lips are ahead of the teeth."""
        near = (np.abs(head.v_template[:, 0]) < 0.012) & of(head, "body")
        near[5023:] = False
        teeth = head.v_template[of(head, "upper_teeth")]
        lips = head.v_template[near & (np.abs(head.v_template[:, 1] - teeth[:, 1].min()) < 0.006)]
        return float(lips[:, 2].max() - teeth[:, 2].max())

    assert abs(depth(other) - depth(average)) < 2 * MILLIMETRE


def test_it_looks_like_somebody(flame: FlameModel, outfit: Outfit) -> None:
    look = replace(load_look(HEADS / "theo"), identity=0, hair=False)
    head = Head(dressed(flame, outfit), look)
    opened, shut = Pose.rest(), Pose.rest()
    opened.motion[JAW.start] = 0.33
    shut.eyes[4:] = 1.0
    with Painter([head], *SIZE, "viewer") as painter:
        rest, spoke, blinked = (painter.picture([pose]).astype(int) for pose in (Pose.rest(), opened, shut))
    changed = np.abs(blinked - rest).max(-1) > 40
    rows, columns = np.nonzero(changed)
    assert 80 < np.median(rows) < 200
    assert changed.sum() > 60
    assert columns.max() - columns.min() < 120
    assert (np.abs(spoke - rest).max(-1) > 40).sum() > 200
    white = spoke.min(-1) > 120  # teeth
    grey = np.ptp(spoke, axis=-1) < 30
    mouth = (slice(170, 260), slice(200, 280))
    assert (white & grey)[mouth].sum() > (((rest.min(-1) > 120) & (np.ptp(rest, axis=-1) < 30))[mouth]).sum() + 15


def test_it_is_kept_and_made_again_where_damaged(
    bundled: HeadModel, flame: FlameModel, outfit: Outfit, tmp_path: Path
) -> None:
    path, head = tmp_path / "outfit-flame-0.npz", flame_head(flame)
    first = load(path, bundled, head)
    assert np.array_equal(first.places, outfit.places)
    written = path.stat().st_mtime_ns
    assert np.array_equal(load(path, bundled, head).corners, outfit.corners)
    assert path.stat().st_mtime_ns == written
    arrays = dict(np.load(path))
    for name, wrong in (
        ("near", arrays["near"] + 9000),
        ("places", arrays["places"][:5]),
        ("share", arrays["share"] * np.nan),
    ):
        np.savez(path, **(arrays | {name: wrong}))
        assert np.array_equal(load(path, bundled, head).near, outfit.near)
    path.write_bytes(path.read_bytes()[:5000])
    assert np.array_equal(load(path, bundled, head).share, outfit.share)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
