"""inference.measures.duet: every row is measured, the protocol tells a good mouth from a bad one, wrong files are named."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inference.duet.model import DuetModel, load_duet
from inference.measures.duet import articulation, listening, report
from inference.measures.duet.rows import Row, correlation
from tests.conftest import SPEECH


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], Row]:
    return {(row["measure"], row["set"]): row for row in report.measured(load_duet())}


def test_every_measure_of_the_table_is_there(rows: dict[tuple[str, str], Row]) -> None:
    for measure in ("jaw", "close", "round", "fv"):
        for name in ("held-out voice festival_kal", "held-out voice espeak_clan", "read speech"):
            assert rows[measure, f"{name}, 200 ms ahead"]["chance"] is not None
    for measure, name in (
        ("jaw", "LibriVox, 200 ms ahead"), ("close", "LibriVox, 40 ms ahead"), ("change of jaw", "-20 dB"),
        ("bilabials closed", "read speech, 200 ms ahead"), ("m/b/p area under curve", "read speech, 200 ms ahead"),
        ("tracked jaw", "a conversation, 200 ms ahead"), ("jaw", "noise at 10 dB"), ("jaw at most", "silence"),
        ("jaw at most", "another voice at -15 dB"), ("jaw at most", "listening"),
        ("nods a second after a cue over elsewhere", "listening"),
    ):  # fmt: skip
        assert np.isfinite(rows[measure, name]["value"])
    assert report.table(rows.values()).count("\n") == len(rows) + 1


def test_the_bundled_model_is_as_good_as_its_card_says(rows: dict[tuple[str, str], Row]) -> None:
    card = (Path(report.__file__).parents[3] / "resources" / "models" / "duet.md").read_text("utf-8")
    told = [[cell.strip() for cell in line.split("|")[1:4]] for line in card.splitlines() if line.startswith("| ")]
    listed = {(measure, name): float(value) for measure, name, value in told[1:]}
    assert listed.keys() == rows.keys()
    for key, value in listed.items():
        assert rows[key]["value"] == pytest.approx(value, abs=0.03 + 0.1 * abs(value))


def test_a_wrong_mouth_is_told_from_a_right_one() -> None:
    model, clips = load_duet(), articulation.read_clips(SPEECH)
    right = articulation.correlations(model.network, clips, "read", 3)[0]["value"]
    backwards = [articulation.Clip(c.name, c.audio[::-1].copy(), c.phones, c.truth) for c in clips]
    wrong = articulation.correlations(model.network, backwards, "read", 3)[0]["value"]
    assert right > wrong + 0.4


def test_nods_and_cues_are_found() -> None:
    time = np.arange(500) / 50
    motion = np.zeros((500, 56), np.float32)
    motion[:, 53] = np.radians(3 * np.sin(2 * np.pi * 3 * time) * np.exp(-(((time - 4) / 0.3) ** 2)))
    (nod,) = listening.nods(motion)
    assert abs(nod / 50 - 4) < 0.5
    voice = np.arange(96_000) / 16_000
    hertz = np.where((voice > 3) & (voice < 3.4), 120.0, 200.0)
    audio = (0.1 * np.sign(np.sin(np.cumsum(hertz) / 16_000 * 2 * np.pi))).astype(np.float32)
    assert [round(cue / 50, 1) for cue in listening.cues(audio)] in ([3.1], [3.2])
    assert listening.after_cues(np.array([60]), np.array([50]), 200) == (1.0, 0.0)


def test_a_flat_curve_correlates_with_nothing() -> None:
    assert correlation(np.zeros(5), np.arange(5.0)) == 0


def test_wrong_recordings_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"phones\.json"):
        articulation.read_clips(tmp_path)
    (tmp_path / "phones.json").write_text('{"a": {"phones": [["AA", 0]]}}')
    with pytest.raises(ValueError, match=r"phones\.json"):
        articulation.read_clips(tmp_path)
    (tmp_path / "phones.json").write_text(json.dumps({"a": {"phones": [["AA", 0, 1]]}}))
    with pytest.raises(FileNotFoundError, match=r"a\.flac"):
        articulation.read_clips(tmp_path)


def test_recordings_of_ones_own_are_measured_too(tmp_path: Path) -> None:
    for name in ("lv0880.flac", "phones.json"):
        shutil.copy(SPEECH / name, tmp_path)
    listed = json.loads((tmp_path / "phones.json").read_text())
    (tmp_path / "phones.json").write_text(json.dumps({"lv0880": listed["lv0880"]}))
    model: DuetModel = load_duet()
    found = articulation.correlations(model.network, articulation.read_clips(tmp_path), "mine", 3)
    assert found[0]["value"] > 0.6
