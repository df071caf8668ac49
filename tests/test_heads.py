"""`heads`: the sheet of all heads looks as it did; a different face would be seen."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.commands.heads import sheet
from app.session.faces import HEADS, bundled_looks
from tests.conftest import DATA

ROOT = Path(__file__).resolve().parents[1]
CELL = 96


def blocks(picture: Image.Image) -> np.ndarray:
    """Return the mean colour of each 8 x 8 pixels: what an eye sees of two pictures' difference, not each edge's."""
    small = np.asarray(picture.convert("RGB"), float)
    height, width = (n // 8 * 8 for n in small.shape[:2])
    return small[:height, :width].reshape(height // 8, 8, width // 8, 8, 3).mean((1, 3))


@pytest.fixture(scope="module")
def drawn() -> Image.Image:
    return sheet(bundled_looks(), CELL)


def test_the_heads_look_as_they_did(drawn: Image.Image) -> None:
    with Image.open(DATA / "heads.webp") as stored:
        assert stored.size == drawn.size
        difference = np.abs(blocks(drawn) - blocks(stored))
    assert difference.mean() < 3
    assert np.percentile(difference, 99) < 25


def test_expressions_and_heads_differ(drawn: Image.Image) -> None:
    faces = np.asarray(drawn, float)[24:, 70:]
    rows, columns = faces.shape[0] // CELL, faces.shape[1] // CELL
    cells = [[faces[r * CELL : (r + 1) * CELL, c * CELL : (c + 1) * CELL] for c in range(columns)] for r in range(rows)]
    assert (rows, columns) == (len(bundled_looks()), 8)
    assert rows == 8
    for row in cells:
        for face in row[1:]:
            assert np.abs(face - row[0]).mean() > 0.2
    assert all(np.abs(cells[r][0] - cells[r + 1][0]).mean() > 5 for r in range(rows - 1))


def test_every_head_has_a_name_and_a_thumbnail() -> None:
    for name in bundled_looks():
        assert json.loads((HEADS / name / "look.json").read_text())["name"] == name.title()
        with Image.open(HEADS / name / "thumbnail.webp") as thumbnail:
            assert thumbnail.size == (96, 96)


def test_the_command_writes_the_sheet(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "heads", "-o", str(tmp_path / "h.png"), "--cell", "64", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)["heads"]) == 8
    with Image.open(tmp_path / "h.png") as written:
        assert written.size == (70 + 8 * 64, 24 + 8 * 64)
