"""What a session begins with: one type for the command line, a profile, what was saved and the defaults, in that order."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

import yaml
from pydantic import ConfigDict, Field

from app.documents import checked, read_yaml
from app.store import store

LINE, SAVED, DEFAULT = "command line", "saved settings", "default"
PRECISIONS: Final = ("float32", "bfloat16", "float16")
_FILE: Final = "settings.yaml"
_Milliseconds = Annotated[int, Field(ge=0, le=60_000)]


@dataclass(frozen=True)
class ModelOptions:
    """How motion models run; None stands for what is best on this machine.

    weights, duet_weights: files of DualTalk's and of Duet's weights. device: where DualTalk runs; precision: of its
    encoders; context, future, hop: of its window, live, in ms.
    """

    weights: Path | None = None
    duet_weights: Path | None = None
    device: str | None = None
    precision: Literal["float32", "bfloat16", "float16"] | None = None
    context: _Milliseconds | None = None
    future: _Milliseconds | None = None
    hop: _Milliseconds | None = None

    @property
    def read(self) -> tuple[Path | None, ...]:
        """The files that they name."""
        return self.weights, self.duet_weights


@dataclass(frozen=True)
class Settings(ModelOptions):
    """What a session begins with.

    model: the motion model to change to; agent: who answers, a name or a file; hearing: what hears, `auto`, `sphinx`, a
    Whisper model's name or file; language: of the person, for Whisper, None to find out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")  # what is not known is told, not passed over

    model: str = "duet"
    agent: str = "mira"
    hearing: str = "auto"
    language: str | None = None


DEFAULTS: Final = Settings()


@dataclass(frozen=True)
class Resolved:
    """Settings, and of each by name where it comes from."""

    settings: Settings
    sources: Mapping[str, str]


def saved_file() -> Path:
    """Return where settings are saved, or would be."""
    return store() / _FILE


def _read(path: Path) -> dict[str, Any]:
    """Return what a file sets; raise FileNotFoundError, or ValueError naming file, place and reason."""
    data = read_yaml(path) or {}
    found = checked(path, data, Settings)
    return {name: getattr(found, name) for name in data}


def _saved() -> dict[str, Any]:
    try:
        path = saved_file()
    except OSError:
        return {}  # nothing can be kept here
    return _read(path) if path.exists() else {}


def resolved(line: Mapping[str, Any], profile: Path | None = None) -> Resolved:
    """Return each setting from the first that says it: the command line, a profile's file, what was saved, the default.

    line: what the command line sets, by name. Raises FileNotFoundError, or ValueError naming file, place and reason.
    """
    told = {LINE: line, f"profile {profile}": _read(profile) if profile else {}, SAVED: _saved()}
    sources = {
        name: next((source for source, values in told.items() if name in values), DEFAULT)
        for name in (setting.name for setting in fields(Settings))
    }
    values = {name: told[source][name] for name, source in sources.items() if source != DEFAULT}
    return Resolved(Settings(**values), sources)


def save(settings: Settings) -> Path:
    """Save what differs from the defaults for the next start, whole or not at all; return the file. Raises OSError."""
    plain = asdict(DEFAULTS)
    kept = {name: value for name, value in asdict(settings).items() if value != plain[name]}
    text = {name: str(value.resolve()) if isinstance(value, Path) else value for name, value in kept.items()}
    path = saved_file()
    partial = path.with_suffix(".part")
    partial.write_text(yaml.safe_dump(text), "utf-8")
    return partial.replace(path)
