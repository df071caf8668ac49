"""All registries of what there is to choose, and what other packages added to them."""

from typing import Any, Final

from app.agents.agents import AGENTS
from app.conversation.voices import VOICES
from app.registry import Registry
from app.session.faces import LOOKS
from app.session.hearing import RECOGNISERS
from app.session.models import MOTION_MODELS

REGISTRIES: Final[tuple[Registry[Any], ...]] = MOTION_MODELS, VOICES, RECOGNISERS, AGENTS, LOOKS


def added() -> list[str]:
    """Return in words what other packages added and can be used."""
    return [f"{registry.kind} {entry.name}" for registry in REGISTRIES for entry in registry.added()]


def wrong() -> list[str]:
    """Return in words what other packages added and cannot be used."""
    return [words for registry in REGISTRIES for words in registry.wrong()]
