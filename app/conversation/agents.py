"""Which agents there are: personas, scripts and wizards from files, the language models found on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.conversation.agent import Agent
from app.conversation.language_model import LanguageModel
from app.conversation.persona import Persona
from app.conversation.schema import (
    LanguageModelFile,
    PersonaFile,
    ScriptFile,
    WizardFile,
)
from app.conversation.script import Script
from app.conversation.server import Server, ServerError, ask, key_for, local_servers
from app.conversation.wizard import Wizard
from app.documents import checked, read_schema, read_yaml
from app.errors import MissingError
from app.settings import DEFAULTS
from app.store import store
from audio_io.notice import Tell

PERSONAS: Final = Path(__file__).resolve().parents[2] / "resources" / "personas"
DEFAULT: Final = DEFAULTS.agent
# What tells the kinds of file apart.
_KINDS: Final = (
    ("topics", "persona", PersonaFile), ("steps", "script", ScriptFile), ("lines", "wizard", WizardFile),
    ("server", "language model", LanguageModelFile),
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """An agent that can be chosen: its title, and the file, or the server and model, that it is made from."""

    title: str
    source: Path | tuple[Server, str]


def own_folder() -> Path:
    """Return the folder where people put their own agents' files."""
    return store() / "personas"


def agent_files() -> dict[str, Path]:
    """Return the agents' files by name: the bundled ones, then people's own, which win."""
    found = [*sorted(PERSONAS.glob("*.yaml")), *sorted(own_folder().glob("*.yaml"))]
    return {path.stem: path for path in found}


def choices() -> list[Choice]:
    """Return the agents in files; what is wrong with a file is told when it is chosen."""
    return [Choice(_title(path), path) for path in agent_files().values()]


def found_language_models() -> list[Choice]:
    """Return the language models of servers on this machine; takes half a second where there are none."""
    return [
        Choice(f"{model} ({server.name})", (server, model)) for server in local_servers() for model in server.models
    ]


def _kind(path: Path, data: Any) -> tuple[str, type[Any]]:
    """Return the kind of a file's data, and its schema; raise ValueError where it is no agent."""
    keys = data if isinstance(data, dict) else {}
    for key, kind, schema in _KINDS:
        if key in keys:
            return kind, schema
    raise ValueError(f"{path} is no agent: it has none of {', '.join(key for key, _, _ in _KINDS)}")


def _title(path: Path) -> str:
    try:
        kind, _ = _kind(path, read_yaml(path))
    except (ValueError, OSError):
        kind = "damaged"
    return f"{path.stem.replace('_', ' ').capitalize()} ({kind})"


def read_agent(name: str | Path) -> Any:
    """Return an agent's file by its name or path, checked; raise MissingError, FileNotFoundError or ValueError in words.

    No server is asked for anything.
    """
    path = Path(name) if Path(name).suffix else agent_files().get(str(name))
    if path is None:
        raise MissingError(f"there is no agent {name!r}: choose one of {', '.join(agent_files())}, or give a YAML file")
    data = read_yaml(path)
    return checked(path, data, _kind(path, data)[1])


def load_agent(name: str | Path, warn: Tell) -> Agent[Any]:
    """Return an agent by a name or from a file; raise as `read_agent` does, MissingError where its server is not there."""
    file = read_agent(name)
    match file:
        case PersonaFile():
            return Persona(file)
        case ScriptFile():
            return Script(file)
        case WizardFile():
            return Wizard(file)
    return _from_language_model(file, warn)


def _persona(name: str) -> Persona:
    path = agent_files().get(name)
    if path is None:
        raise MissingError(f"there is no persona {name!r}: choose one of {', '.join(agent_files())}")
    return Persona(read_schema(path, PersonaFile))


def _from_language_model(file: LanguageModelFile, warn: Tell) -> Agent[Any]:
    server = _named(file) if file.server else next(iter(local_servers()), None)
    if server is None:
        raise MissingError(
            "no language model server answers at this machine's usual ports: start one, such as Ollama, or choose a persona"
        )
    voice = file.voice.settings() if file.voice else None
    return LanguageModel(server, file.model or server.models[0], _persona(file.persona), voice, warn)


def _named(file: LanguageModelFile) -> Server:
    """Return the server that a file names, which is told the key that was given for it, if any."""
    try:
        return ask(file.name, file.server, key_for(file.server))
    except ServerError as error:
        raise MissingError(
            f"no language model server answers for {file.name!r} ({error}): start it, or choose a persona"
        ) from error


def make_agent(choice: Choice, warn: Tell) -> Agent[Any]:
    """Return the agent that was chosen; raise as `load_agent` does."""
    if isinstance(choice.source, Path):
        return load_agent(choice.source, warn)
    server, model = choice.source
    return LanguageModel(server, model, _persona(DEFAULT), None, warn)
