"""What a persona remembers of a person beyond a conversation, where they agreed: a YAML file that they can see and delete."""

from pathlib import Path
from typing import Final

import yaml
from pydantic import Field
from pydantic.dataclasses import dataclass

from app.agents.persona.told import KEYS
from app.documents import read_schema
from app.store import store
from audio_io.notice import Tell, Trouble

_Told = tuple[tuple[str, str], ...]  # what was told, by key
_FILE: Final = "memory.yaml"
_HEAD: Final = "# What you allowed to be remembered. Delete this file, or: ./run memory --forget\n"


@dataclass(frozen=True)
class Remembered:
    """What is remembered: what was told by key (`told.KEYS`). Read as data, never run."""

    told: dict[str, str] = Field(default_factory=dict, max_length=len(KEYS))


def memory_file() -> Path:
    """Return where it is kept, or would be."""
    return store() / _FILE


class Memory:
    """The file. tell: told in words where it cannot be read or written; the conversation goes on without it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def read(self) -> dict[str, str]:
        """Return what is remembered, nothing where nobody agreed to it."""
        try:
            path = memory_file()
            kept: Remembered = read_schema(path, Remembered) if path.exists() else Remembered()
        except (ValueError, OSError) as error:
            self._tell(Trouble(f"nothing is remembered: {error}; mend or delete that file"))
            return {}
        return {key: str(value)[:60] for key, value in kept.told.items() if key in KEYS}

    def write(self, told: dict[str, str]) -> None:
        """Keep it for the next conversation, whole or not at all."""
        path = memory_file()
        partial = path.with_suffix(".part")
        try:
            partial.write_text(_HEAD + yaml.safe_dump({"told": told}, allow_unicode=True), "utf-8")
            partial.replace(path)
        except OSError as error:
            self._tell(
                Trouble(f"{path} cannot be written ({error.strerror}): nothing is remembered beyond this conversation")
            )
        finally:
            partial.unlink(missing_ok=True)

    def settled(self, keep: bool | None, told: _Told, kept: _Told) -> _Told:
        """Write or delete what the person agreed to, where it is another than what is kept; return what is kept."""
        if keep and told != kept:
            self.write(dict(told))
            return told
        if keep is False and kept:
            self.forget()
            return ()
        return kept

    def forget(self) -> bool:
        """Delete it; return whether there was anything. Raises OSError."""
        path = memory_file()
        there = path.exists()
        path.unlink(missing_ok=True)
        return there
