"""Everything that is measured of Duet, by a fixed protocol, and the table for its model card."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from inference.duet.model import DuetModel
from inference.duet.network import LOOK_AHEADS
from inference.measures.duet.articulation import closures, correlations, read_clips
from inference.measures.duet.heads import head_motion
from inference.measures.duet.listening import listener, role_change
from inference.measures.duet.robustness import non_speech, rooms
from inference.measures.duet.rows import Row
from inference.measures.duet.tracked import tracked_head, tracked_jaw

CLIPS: Final = Path(__file__).resolve().parents[3] / "tests" / "data"
_LIBRIVOX: Final = "lv"
_USER, _AGENT = 1, 3  # look-aheads, as indices: the user's head live, and the agent's


def measured(model: DuetModel, speech: Path | None = None) -> list[Row]:
    """Return every figure; speech: a folder of recordings with timed phones (see `read_clips`), beside the fixed ones."""
    network = model.network
    people, voices = read_clips(CLIPS / "speech"), read_clips(CLIPS / "voices")
    librivox = [clip for clip in people if clip.name.startswith(_LIBRIVOX)]
    rows: list[Row] = []
    for look in (_USER, _AGENT):
        ahead = f"{LOOK_AHEADS[look] * 20} ms ahead"
        for voice in voices:
            rows += correlations(network, [voice], f"held-out voice {voice.name}, {ahead}", look)
        rows += correlations(network, people, f"read speech, {ahead}", look)
        rows += correlations(network, librivox, f"LibriVox, {ahead}", look)[:2]
        rows += closures(network, people, f"read speech, {ahead}", look)
        if speech is not None:
            given = read_clips(speech)
            rows += correlations(network, given, f"{speech.name}, {ahead}", look)
            rows += closures(network, given, f"{speech.name}, {ahead}", look)
    rows += tracked_jaw(network, CLIPS / "tracked")
    rows += rooms(network, people, _AGENT)
    rows += non_speech(model, people)
    rows += listener(model, voices[:1], voices[1:]) + role_change(model, people)
    return rows + tracked_head(model, CLIPS / "tracked") + head_motion(model, voices)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| measure | set | value | loudness, people, or rest | chance |", "|---|---|---|---|---|"]
    for row in rows:
        cells = ("" if row[key] is None else f"{row[key]:.3f}" for key in ("value", "baseline", "chance"))
        lines.append(f"| {row['measure']} | {row['set']} | {' | '.join(cells)} |")
    return "\n".join(lines)
