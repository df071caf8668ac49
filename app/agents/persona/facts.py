"""Files of facts beside a persona's: what it can tell of a place, as topics. Read as data, like the persona itself."""

from pathlib import Path
from typing import Final

from app.agents.schema import FactsFile, PersonaFile
from app.documents import read_schema

PERSONAS: Final = Path(__file__).resolve().parents[3] / "resources" / "personas"
FACTS: Final = "facts.yaml"  # of a stand: whoever answers there knows it


def with_facts(path: Path, file: PersonaFile, own: Path) -> PersonaFile:
    """Return a persona, read from `path`, with the topics of the facts that it names, and of the `facts.yaml` beside it, or in
    the folder of people's `own` agents; a later one's topics win.

    Raises FileNotFoundError, or ValueError naming file, line and what was expected.
    """
    named = [_inside(path, name) for name in file.facts]
    beside = [
        place for place in dict.fromkeys((path.parent / FACTS, own / FACTS)) if place.is_file() and place not in named
    ]
    topics = [topic for place in (*named, *beside) for topic in _read(place).topics()]
    replaced = {topic.name for topic in topics}
    known = replaced | {topic.name for topic in file.topics}
    for topic in (*file.topics, *topics):
        if topic.then and topic.then not in known:
            raise ValueError(f"{path}: topic {topic.name!r} leads on to {topic.then!r}: expected the name of a topic")
    kept = [topic for topic in file.topics if topic.name not in replaced]
    return file.model_copy(update={"topics": (*kept, *topics)}) if topics else file


def _read(path: Path) -> FactsFile:
    found: FactsFile = read_schema(path, FactsFile)
    return found


def _inside(path: Path, name: str) -> Path:
    """Return where a file of facts is: beside the persona, or else beside the bundled ones, so that a copy of one knows as
    much. Nothing else may be reached."""
    for folder in (path.parent, PERSONAS):
        place = folder / name
        if not place.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{path}: facts: expected a file in the same folder or below it, not {name!r}")
        if place.is_file():
            return place
    return path.parent / name
