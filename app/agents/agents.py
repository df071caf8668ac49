"""Which agents there are: personas, scripts and wizards from files, the language models found on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.agents.agent import Agent
from app.agents.language_model.language_model import LanguageModel
from app.agents.language_model.server import Server, ServerError, ask, key_for, local_servers
from app.agents.persona.facts import FACTS, PERSONAS, with_facts
from app.agents.persona.memory import Memory
from app.agents.persona.persona import Persona
from app.agents.schema import (
    LanguageModelFile,
    PersonaFile,
    ScriptFile,
    WizardFile,
)
from app.agents.script import Script
from app.agents.wizard import Wizard
from app.documents import checked, read_schema, read_yaml
from app.errors import MissingError
from app.registry import Entry, Registry
from app.settings import DEFAULTS
from app.store import store
from audio_io.notice import Tell

DEFAULT: Final = DEFAULTS.agent


@dataclass(frozen=True)
class AgentKind(Entry):
    """A kind of agent that files describe. key: the entry in a file that tells it is of this kind; schema: of such files.

    make: takes the file's data, checked, and a `Tell` for what goes wrong later; gives an `Agent`.
    """

    key: str = ""
    schema: type[Any] = object


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
    return {path.stem: path for path in found if path.name != FACTS}


def choices() -> list[Choice]:
    """Return the agents in files; what is wrong with a file is told when it is chosen."""
    return [Choice(_title(path), path) for path in agent_files().values()]


def found_language_models() -> list[Choice]:
    """Return the language models of servers on this machine; takes half a second where there are none."""
    return [
        Choice(f"{model} ({server.name})", (server, model)) for server in local_servers() for model in server.models
    ]


def _kind(path: Path, data: Any) -> AgentKind:
    """Return the kind of a file's data; raise ValueError where it is no agent."""
    keys = data if isinstance(data, dict) else {}
    kinds = AGENTS.entries()
    for kind in kinds:
        if kind.key in keys:
            return kind
    raise ValueError(f"{path} is no agent: it has none of {', '.join(kind.key for kind in kinds)}")


def _title(path: Path) -> str:
    try:
        kind = _kind(path, read_yaml(path)).name
    except (ValueError, OSError):
        kind = "damaged"
    return f"{path.stem.replace('_', ' ').capitalize()} ({kind})"


def read_agent(name: str | Path) -> tuple[AgentKind, Any]:
    """Return an agent's kind and file by its name or path, checked; no server is asked for anything.

    Raises MissingError, FileNotFoundError or ValueError in words.
    """
    path = Path(name) if Path(name).suffix else agent_files().get(str(name))
    if path is None:
        raise MissingError(f"there is no agent {name!r}: choose one of {', '.join(agent_files())}, or give a YAML file")
    data = read_yaml(path)
    kind = _kind(path, data)
    file = checked(path, data, kind.schema)
    return kind, with_facts(path, file, own_folder()) if isinstance(file, PersonaFile) else file


def load_agent(name: str | Path, warn: Tell) -> Agent[Any]:
    """Return an agent by a name or from a file; raise as `read_agent` does, MissingError where its server is not there."""
    kind, file = read_agent(name)
    agent: Agent[Any] = AGENTS.make(kind.name, file, warn)
    return agent


def remembering(agent: Agent[Any], warn: Tell) -> Agent[Any]:
    """Return an agent that may remember a person beyond the conversation, where it is one that asks whether it may."""
    return Persona(agent.file, Memory(warn)) if isinstance(agent, Persona) else agent


def _persona(name: str) -> Persona:
    path = agent_files().get(name)
    if path is None:
        raise MissingError(f"there is no persona {name!r}: choose one of {', '.join(agent_files())}")
    return Persona(with_facts(path, read_schema(path, PersonaFile), own_folder()))


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


AGENTS: Final = Registry(
    "kind of agent", "dualtalk_live.agents", AgentKind, (
        AgentKind("persona", "Apache-2.0", lambda file, _: Persona(file), key="topics", schema=PersonaFile),
        AgentKind("script", "Apache-2.0", lambda file, _: Script(file), key="steps", schema=ScriptFile),
        AgentKind("wizard", "Apache-2.0", lambda file, _: Wizard(file), key="lines", schema=WizardFile),
        AgentKind(
            "language model", "its server's model's own", _from_language_model, key="server", schema=LanguageModelFile
        ),
    ),
)  # fmt: skip


def make_agent(choice: Choice, warn: Tell) -> Agent[Any]:
    """Return the agent that was chosen, to talk with a person, whom it may remember; raise as `load_agent` does."""
    if isinstance(choice.source, Path):
        return remembering(load_agent(choice.source, warn), warn)
    server, model = choice.source
    return LanguageModel(server, model, _persona(DEFAULT), None, warn)
