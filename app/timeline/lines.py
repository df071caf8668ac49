"""The lines of a recorded session, its own and those of older recordings: what they may say, and reading them."""

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.timeline.folder import TIMELINE
from app.timeline.timeline import AFFECT, FORGET, WORDS, Entry, forgotten
from audio_io.time.tape import SAMPLE_RATE
from avatar.rig.layout import TRACK_RATE

OLD_FACTS, OLD_EVENTS = "session.json", "events.jsonl"
_LARGEST: Final = 500_000_000  # bytes
_LONGEST: Final = 200_000  # letters of a line
_DAMAGED: Final = "the session's folder {} is damaged: {}; what is left of its sound plays by itself"
Sample = Annotated[int, Field(ge=-(2**44), le=2**44)]
_Model = TypeVar("_Model", bound=BaseModel)
_Name = Annotated[str, Field(max_length=200)]
_Who = Literal[0, 1]  # the user, the agent; older recordings have what the agent says alone
_Letter = Annotated[int, Field(ge=0, le=_LONGEST)]
_Identity = Annotated[tuple[float, ...], Field(max_length=400)]


class _Open(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Facts(_Open):
    """What the first line says; version 1 had a file of its own for it. begun: ISO 8601; continues: the folder before."""

    version: Literal[1, 2]
    start: Annotated[int, Field(ge=0, le=2**44)] = 0
    rate: Literal[16000] = SAMPLE_RATE
    fps: Literal[25, 50] = TRACK_RATE
    seed: Annotated[int, Field(ge=0, lt=2**60)] = 0
    begun: _Name = ""
    agent: _Name = ""
    continues: str = ""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="allow", allow_inf_nan=False)
    event: Annotated[str, Field(min_length=1, max_length=100)]
    at: Sample
    generation: Annotated[int, Field(ge=0)] = 0
    time: float = 0.0


class _Lists(BaseModel):  # which JSON has in place of tuples
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Delay(_Open):
    samples: Annotated[float, Field(ge=0, le=10 * SAMPLE_RATE)]


class _Affect(_Open):
    name: _Name
    who: _Who = 1
    strength: Annotated[float, Field(ge=0, le=10)] = 1.0


class _Named(_Open):
    name: _Name


class _Heads(_Lists):
    names: tuple[_Name, _Name]
    identities: tuple[_Identity, _Identity] = ((), ())


class _Dials(_Open):
    blinks: Annotated[float, Field(ge=0, le=100)]
    contact: Annotated[float, Field(ge=0, le=100)]


class _Words(_Lists):
    """reply: of which the sentence is part; letters: how many were heard before; words: first and last sample, and letter."""

    end: Sample
    reply: int
    text: str
    who: _Who = 1
    letters: _Letter = 0
    murmur: bool = False
    words: tuple[tuple[Sample, Sample, _Letter, _Letter], ...] = ()


class _Said(_Open):
    text: str


# What is shown again; all else may say what it likes.
_KINDS: Final[dict[str, type[BaseModel]]] = {
    "delay": _Delay, AFFECT: _Affect, "agent": _Named, "basis": _Named, "heads": _Heads, "dials": _Dials, WORDS: _Words,
    "turn": _Said, "typed": _Said, "said": _Said, "partial": _Said,
}  # fmt: skip


def _checked(schema: type[_Model], found: object, where: str, folder: Path) -> _Model:
    try:
        return schema.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(_DAMAGED.format(folder, f"{where}: {place or 'it'}: {first['msg']}")) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(_DAMAGED.format(path.parent, f"{path.name} is larger than any session's"))
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise OSError(f"{path} cannot be read ({error.strerror}): check the disk, or copy the folder again") from error


def read(folder: Path) -> tuple[Facts, list[Entry], list[str]]:
    """Return what a session's folder says of itself, what happened, by the session's own samples, and what is not there.

    What was forgotten is left out. Raises FileNotFoundError, or ValueError that names file and line.
    """
    if (folder / TIMELINE).is_file():
        name, lines = TIMELINE, _text(folder / TIMELINE).split("\n")
        if len(lines) < 2:
            raise ValueError(_DAMAGED.format(folder, f"{TIMELINE} was cut before its first line was written"))
        facts = _checked(Facts, _json(lines[0], folder, f"line 1 of {name}"), f"line 1 of {name}", folder)
        lines[0] = ""
        return facts, _entries(lines, 0, name, folder), []
    if not (folder / OLD_FACTS).is_file():
        raise FileNotFoundError(f"{folder} holds no recorded session: {TIMELINE} is not there")
    found = _json(_text(folder / OLD_FACTS), folder, OLD_FACTS)
    facts = _checked(Facts, found, OLD_FACTS, folder)
    if not (folder / OLD_EVENTS).is_file():
        return facts, [], [f"{OLD_EVENTS} is not there: no words, no turns"]
    return facts, _entries(_text(folder / OLD_EVENTS).split("\n"), facts.start, OLD_EVENTS, folder), []


def _json(text: str, folder: Path, where: str) -> Any:
    try:
        if len(text) > _LONGEST:
            raise ValueError("it is too long")
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(_DAMAGED.format(folder, f"{where}: {error}")) from error


def _entries(lines: list[str], start: int, name: str, folder: Path) -> list[Entry]:
    """Return the entries of lines whose samples count from `start`; a last line that was cut off is left out."""
    entries: list[Entry] = []
    for number, text in enumerate(lines[:-1]):
        if not text.strip():
            continue
        where = f"line {number + 1} of {name}"
        line = _checked(_Line, _json(text, folder, where), where, folder)
        if line.event == FORGET:
            entries = forgotten(entries, line.at)
            continue
        said = dict(line.model_extra or {})
        schema = _KINDS.get(line.event)
        said |= _checked(schema, said, where, folder).model_dump() if schema else {}
        entries.append(Entry(line.event, line.at + start, line.generation, line.time, said))
    return entries
