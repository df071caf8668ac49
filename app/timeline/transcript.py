"""A session's turns as a text to read, made from its lines."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from app.timeline.folder import TRANSCRIPT
from app.timeline.lines import read
from app.timeline.timeline import Entry
from audio_io.time.tape import SAMPLE_RATE

_WHO: Final = {"turn": "person", "typed": "person (typed)", "said": "agent"}


def transcript(entries: Iterable[Entry], start: int) -> str:
    """Return a line a turn, with its time since sample `start`."""
    lines = []
    for entry in entries:
        if entry.kind in _WHO and entry.facts.get("text"):
            seconds = max(0, entry.at - start) / SAMPLE_RATE
            lines.append(f"{int(seconds // 60):02d}:{seconds % 60:05.2f}  {_WHO[entry.kind]}: {entry.facts['text']}\n")
    return "".join(lines)


def write_transcript(folder: Path) -> None:
    """Write transcript.txt, whole or not at all. Raises OSError, and ValueError where the session is damaged."""
    facts, entries, _ = read(folder)
    partial = folder / f"{TRANSCRIPT}.part"
    try:
        partial.write_text(transcript(entries, facts.start), encoding="utf-8")
        partial.replace(folder / TRANSCRIPT)
    finally:
        partial.unlink(missing_ok=True)
