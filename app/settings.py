"""What a session begins with: one type for the command line, a profile, what was saved and the defaults, in that order."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

import yaml
from pydantic import ConfigDict, Field

from app.documents import checked, read_yaml
from app.store import store

LINE, SAVED, DEFAULT = "command line", "saved settings", "default"
Precision = Literal["float32", "bfloat16", "float16"]
PRECISIONS: Final[tuple[str, ...]] = get_args(Precision)
_FILE: Final = "settings.yaml"
_Milliseconds = Annotated[int, Field(ge=0, le=60_000)]
_Times = Annotated[float, Field(ge=0, le=2)]
_Shape = Annotated[tuple[float, ...], Field(max_length=400)]


class Mode(StrEnum):
    """How the person may speak, by how much of the agent's sound the microphone hears."""

    BARGE_IN = "barge-in"
    HALF_DUPLEX = "half-duplex"
    PUSH_TO_TALK = "push-to-talk"


@dataclass(frozen=True)
class ModelOptions:
    """How motion models run; None stands for what is best on this machine.

    weights, duet_weights: files of DualTalk's and of Duet's weights. device: where DualTalk runs; precision: of its
    encoders; context, future, hop: of its window, live, in ms.
    """

    weights: Path | None = None
    duet_weights: Path | None = None
    device: str | None = None
    precision: Precision | None = None
    context: _Milliseconds | None = None
    future: _Milliseconds | None = None
    hop: _Milliseconds | None = None

    @property
    def read(self) -> tuple[Path | None, ...]:
        """The files that they name."""
        return self.weights, self.duet_weights


@dataclass(frozen=True)
class Settings(ModelOptions):
    """What a session begins with. Names are looked up where they are used.

    model: the motion model to change to; agent: who answers, a name or a file; hearing: what hears, `auto`, `sphinx`, a
    Whisper model's name or file; voice: what speaks for the agent, `auto`, `espeak`, an engine or a voice by name;
    language: of the person, for Whisper, None for English, `auto` to find out.
    head, agent_head: names of heads, None for one that goes with the agent; shape, agent_shape: those that are FLAME's, in
    deviations from the average.
    mode: how the person may speak; murmurs: how readily the agent murmurs, 0 (never) to 1; microphone, loudspeaker: parts of
    devices' names, None for the system's own.
    fetch: whether what hears and speaks well is fetched by itself, once, where it is not here.
    mood, agent_mood: what is asked of both faces, and of the agent's besides, in the words of `app.session.mood`; blinks,
    contact: of both pairs of eyes, 1 as people do.
    shot, facing, background (or a picture's file), quality: how heads are shown; seed: of what is left to chance.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")  # what is not known is told, not passed over

    model: str = "duet"
    agent: str = "mira"
    hearing: str = "auto"
    voice: str = "auto"
    language: str | None = None
    head: str | None = None
    agent_head: str | None = None
    shape: _Shape = ()
    agent_shape: _Shape = ()
    mode: Mode = Mode.BARGE_IN
    murmurs: Annotated[float, Field(ge=0, le=1)] = 0.0
    microphone: str | None = None
    loudspeaker: str | None = None
    fetch: bool = True
    mood: str = ""
    agent_mood: str = ""
    blinks: _Times = 1.0
    contact: _Times = 1.0
    shot: str = "both"
    facing: str = "viewer"
    background: str = "studio"
    quality: str = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**60)] = 0


DEFAULTS: Final = Settings()


@dataclass(frozen=True)
class Resolved:
    """Settings, and of each by name where it comes from."""

    settings: Settings
    sources: Mapping[str, str]

    @property
    def saved(self) -> frozenset[str]:
        """The names of those that come from what was saved: what they name may be gone by now."""
        return frozenset(name for name, source in self.sources.items() if source == SAVED)


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
    kept = {name: _written(value) for name, value in asdict(settings).items() if value != plain[name]}
    path = saved_file()
    partial = path.with_suffix(".part")
    try:
        partial.write_text(yaml.safe_dump(kept, allow_unicode=True), "utf-8")
        return partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _written(value: Any) -> Any:
    """Return a value as YAML has it."""
    if isinstance(value, Path):
        return str(value.resolve())
    return str(value) if isinstance(value, Mode) else value


def save_chosen(chosen: Mapping[str, Any]) -> Path:
    """Save what a person chose beside what was saved before; return the file. Raises OSError, and ValueError as `resolved`."""
    return save(replace(DEFAULTS, **{**_saved(), **chosen}))
