"""Draws what Duet does for docs/: mouths cut from running speech, and motion against the sound. python -m tests.pictures"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.session.faces import bundled_looks, load_heads
from audio_io import files
from avatar.export.picture import Painter
from avatar.rig.head import Pose
from avatar.rig.layout import EYES_SIZE, JAW, NECK, SLOT
from inference.duet.model import DuetModel, load_duet
from inference.measures.duet.articulation import Clip, read_clips
from inference.motion.offline import animate

ROOT: Final = Path(__file__).resolve().parents[1]
SPEECH, SAMPLE, DOCS = ROOT / "tests" / "data" / "speech", ROOT / "resources" / "sample", ROOT / "docs"
LEAD: Final = DuetModel.lead_seconds  # by which the face is ahead of its sound
_SOUNDS: Final = {
    "m": "m", "b": "b", "p": "p", "f": "f", "th": "th dh", "w": "w", "oo": "uw", "ah": "aa ae", "ee": "iy",
}  # fmt: skip
_SIZE: Final = (1600, 900)
_CELL, _MARGIN, _TITLE = 150, 84, 36
_MOUTH: Final = (660, 500, 940, 780)  # of the picture, in pixels
_HEAD, _PORTRAIT, _FACE = 200, (1280, 960), (370, 180, 910, 720)  # pixels
_INK, _PAPER, _PALE = "#20242a", "#ffffff", "#c9ced6"
_COLOURS: Final = ("#1f6fb4", "#d2601a", "#3a8f4d", "#8a4bb0")


def motion_of(model: DuetModel, own: NDArray[np.float32], partner: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return motion [2, T, 56] at 50 frames/s as it is shown, at the largest look-ahead."""
    count = min(len(own), len(partner)) // 320 * 320
    return np.concatenate(list(animate(model, iter([np.stack([own[:count], partner[:count]])]))), 1)


def _places(clips: Sequence[Clip], names: str) -> list[tuple[int, float]]:
    """Return (clip, second) of the middles of a sound's four longest instances."""
    found = [
        (p.end - p.start, number, (p.start + p.end) / 2)
        for number, clip in enumerate(clips)
        for p in clip.phones
        if p.name in names.split()
    ]
    return [(number, at) for _, number, at in sorted(found, reverse=True)[:4]]


def mouths(model: DuetModel, path: Path) -> None:
    """Draw each head's mouth in the middle of sounds of running speech, another instance from row to row."""
    clips = [clip for clip in read_clips(SPEECH) if not clip.name.startswith("cards")]
    moved = [motion_of(model, clip.audio, np.zeros_like(clip.audio))[0] for clip in clips]
    looks = bundled_looks()
    sheet = Image.new("RGB", (_MARGIN + len(_SOUNDS) * _CELL, _TITLE + len(looks) * _CELL), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for row, look in enumerate(looks):
        pen.text((8, _TITLE + row * _CELL + _CELL // 2), look.title(), _INK, font)
        with Painter(load_heads((look, look)), *_SIZE, "viewer", "user") as painter:
            for column, (title, names) in enumerate(_SOUNDS.items()):
                pen.text((_MARGIN + column * _CELL + 12, 6), title, _INK, font)
                places = _places(clips, names)
                clip, at = places[row % len(places)]
                motion = moved[clip][min(round((at - LEAD) * 50), len(moved[clip]) - 1)].copy()
                motion[NECK] = 0
                pose = Pose(motion, np.zeros(EYES_SIZE, np.float32))
                picture = Image.fromarray(painter.picture([pose, pose]))
                cell = picture.crop(_MOUTH).resize((_CELL - 4, _CELL - 4), Image.Resampling.LANCZOS)
                sheet.paste(cell, (_MARGIN + column * _CELL, _TITLE + row * _CELL))
    sheet.save(path, quality=88)


def _curve(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], values: NDArray[np.floating], colour: str) -> None:
    """Draw values between -1 and 1 into a box."""
    left, top, right, bottom = box
    x = np.linspace(left, right, len(values))
    y = (top + bottom) / 2 - np.clip(values, -1, 1) * (bottom - top) / 2
    pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=colour, width=2)


def curves(model: DuetModel, path: Path, seconds: tuple[float, float] = (0.0, 14.0)) -> None:
    """Draw both speakers of the sample conversation: sound, jaw, lips' closure, head's pitch and yaw."""
    voices = [np.concatenate(list(files.stream(SAMPLE / f"{name}.flac", 16_000))) for name in ("own", "partner")]
    motion = motion_of(model, voices[0], voices[1])
    first, last = (round(s * 50) for s in seconds)
    sheet = Image.new("RGB", (1500, 760), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for row, who in enumerate(("first speaker", "second speaker")):
        top = 20 + row * 370
        pen.text((16, top), who, _INK, font)
        rows = motion[row, first:last]
        sound = voices[row][first * 320 : last * 320]
        shut = rows[:, SLOT["mouthPressLeft"]] / 0.25
        bands = (
            ("sound", sound / np.abs(voices[row]).max(), _PALE), ("jaw", rows[:, JAW.start] / 0.28 * 2 - 1, _COLOURS[0]),
            ("lips shut", shut * 2 - 1, _COLOURS[1]), ("head pitch", np.degrees(rows[:, NECK.start]) / 8, _COLOURS[2]),
            ("head yaw", np.degrees(rows[:, NECK.start + 1]) / 8, _COLOURS[3]),
        )  # fmt: skip
        for number, (title, values, colour) in enumerate(bands):
            box = (140, top + 24 + number * 64, 1480, top + 82 + number * 64)
            pen.text((16, box[1] + 18), title, colour if colour != _PALE else _INK, font)
            pen.line((box[0], box[3], box[2], box[3]), _PALE)
            _curve(pen, box, values, colour)
    for second in range(int(seconds[1] - seconds[0]) + 1):
        x = 140 + second / (seconds[1] - seconds[0]) * 1340
        pen.line((x, 734, x, 742), _INK)
        pen.text((x - 4, 741), str(second), _INK, font)
    sheet.save(path)


def family(path: Path) -> None:
    """Draw every bundled head at rest and with a smile, as a graphics card draws them."""
    smiling = Pose.rest()
    for name in ("mouthSmile", "cheekSquint"):
        smiling.motion[[SLOT[f"{name}Left"], SLOT[f"{name}Right"]]] = 0.7
    smiling.motion[NECK.start + 1] = -0.35
    looks = bundled_looks()
    sheet = Image.new("RGB", (_HEAD * len(looks), 2 * _HEAD), _PAPER)
    for column, look in enumerate(looks):
        with Painter(load_heads((look, look))[:1], *_PORTRAIT, "viewer", quality="high") as painter:
            for row, pose in enumerate((Pose.rest(), smiling)):
                whole = Image.fromarray(painter.picture([pose]))
                cut = whole.crop(_FACE).resize((_HEAD, _HEAD), Image.Resampling.LANCZOS)
                sheet.paste(cut, (column * _HEAD, row * _HEAD))
    sheet.save(path, quality=88)


if __name__ == "__main__":
    family(DOCS / "heads.jpg")
    duet = load_duet()
    mouths(duet, DOCS / "duet_mouths.jpg")
    curves(duet, DOCS / "duet_motion.png")
