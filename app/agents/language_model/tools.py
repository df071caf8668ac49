"""Tools that a language model may use: functions of packages that the person installed, and addresses that they allowed.

A persona's file names them, and by itself executes and reaches nothing.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.agents.language_model.server import ServerError, plain
from app.agents.language_model.stream import Call, fetched
from app.agents.reach import RemoteTool
from app.documents import read_schema
from app.errors import MissingError
from app.registry import Entry, Registry
from app.store import store
from audio_io.notice import Tell, Trouble

_LONGEST: Final = 2000  # letters of a result
_SECONDS: Final = 20.0


@dataclass(frozen=True)
class ToolEntry(Entry):
    """A tool of a package; `about` tells the language model what it is for. parameters: what each is, in words.

    make: takes nothing, gives a function that takes the parameters by name, as text, and gives text.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A tool that may be used."""

    name: str
    about: str
    parameters: Mapping[str, str]
    use: Callable[..., str]

    def described(self) -> dict[str, Any]:
        """Return it as an OpenAI-compatible server is told of it."""
        properties = {name: {"type": "string", "description": about} for name, about in self.parameters.items()}
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"type": "function", "function": {"name": self.name, "description": self.about, "parameters": schema}}


TOOLS: Final[Registry[ToolEntry]] = Registry("tool", "dualtalk_live.tools", ToolEntry, ())


def allowed_file() -> Path:
    """Return the file, a list in YAML, of the addresses that the person allows tools to reach."""
    return store() / "tools.yaml"


def _allowed() -> frozenset[str]:
    """Return the allowed addresses in one spelling; raise ValueError naming the file where it is wrong."""
    path = allowed_file()
    try:
        return frozenset(map(plain, read_schema(path, tuple[str, ...]))) if path.exists() else frozenset()
    except ServerError as error:
        raise ValueError(f"{path}: {error}") from error


def tools_of(named: Sequence[str | RemoteTool], warn: Tell) -> tuple[Tool, ...]:
    """Return the tools that a file names, as far as they may be used; of others the person is told why not."""
    found = []
    for each in named:
        try:
            found.append(_remote(each) if isinstance(each, RemoteTool) else _installed(each))
        except (MissingError, ValueError, ServerError) as error:
            warn(Trouble(f"a tool is left out: {error}"))
    return tuple(found)


def _installed(name: str) -> Tool:
    if name not in TOOLS.names():
        raise MissingError(f"no installed package has the tool {name!r}")
    entry = TOOLS.entry(name)
    return Tool(name, entry.about, entry.parameters, TOOLS.make(name))


def _remote(tool: RemoteTool) -> Tool:
    address = plain(tool.address)
    if address not in _allowed():
        raise MissingError(
            f"{tool.name!r} would reach {address}: where you allow that, list the address in {allowed_file()}"
        )
    return Tool(tool.name, tool.about, tool.parameters, lambda **words: fetched(address, words))


class Using:
    """A tool at work, on a thread of its own. `done` and `result` wait for it."""

    def __init__(self, tools: Sequence[Tool], call: Call) -> None:
        self._over = threading.Event()
        self._result = "it took too long"
        self.failed: Exception | None = None
        tool = next((tool for tool in tools if tool.name == call.name), None)
        threading.Thread(target=self._use, args=(tool, call.arguments), name="tool", daemon=True).start()

    def _use(self, tool: Tool | None, arguments: str) -> None:
        try:
            if tool is None:
                raise ValueError("there is no such tool")
            given = json.loads(arguments or "{}")
            if not isinstance(given, dict) or set(given) != set(tool.parameters):
                raise ValueError(f"it takes {', '.join(tool.parameters) or 'nothing'}")
            self._result = str(tool.use(**{name: str(value) for name, value in given.items()}))[:_LONGEST]
        except Exception as error:  # tools are other people's
            self.failed, self._result = error, f"it failed: {error}"[:_LONGEST]
        self._over.set()

    def done(self, seconds: float) -> bool:
        """Wait so long for it; tell whether it is done."""
        return self._over.wait(seconds)

    def result(self) -> str:
        """Return what it gave, or in words why nothing."""
        self._over.wait(_SECONDS)
        return self._result
