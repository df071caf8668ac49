"""How a session begins with its settings, and what stands in for what they name and is no longer there."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from app.agents.agent import Agent
from app.agents.agents import load_agent, remembering
from app.conversation.conversation import Conversation
from app.conversation.listener import Listener
from app.conversation.voices import speaking
from app.errors import MissingError
from app.session.hearing import chosen
from app.session.mood import conditions_of
from app.session.own_sound import OwnSound
from app.settings import DEFAULTS, Mode, Settings
from audio_io.devices.streams import Duplex
from audio_io.notice import Tell, Trouble
from audio_io.voices.voice import Command, VoiceSettings
from inference.recognition.process import Hearing

_Part = TypeVar("_Part")


def talkers(
    settings: Settings, saved: Collection[str], say: Tell
) -> tuple[Agent[Any], Hearing, Callable[[VoiceSettings], Command]]:
    """Return who answers, what hears and what speaks; what was only saved gives way to the default where it cannot be
    had any more.

    Raises as `load_agent`, `hearing.chosen` and `speaking` do where it was not.
    """

    def had(kind: str, make: Callable[[str], _Part]) -> _Part:
        try:
            return make(getattr(settings, kind))
        except (MissingError, ValueError, OSError) as error:
            if kind not in saved:
                raise
            say(Trouble(f"{error}; it begins with {getattr(DEFAULTS, kind)}"))
            return make(getattr(DEFAULTS, kind))

    agent = had("agent", lambda name: remembering(load_agent(name, say), say))
    return agent, had("hearing", lambda name: chosen(name, settings.language)), had("voice", speaking)


def understood(settings: Settings, say: Tell) -> tuple[str, str]:
    """Return the moods of both faces and of the agent's; where one is not understood, that is told, and nothing is asked."""
    try:
        conditions_of(f"{settings.mood},{settings.agent_mood}")
    except ValueError as error:
        say(Trouble(f"the mood that was set is left out: {error}"))
        return "", ""
    return settings.mood, settings.agent_mood


def begin_with(settings: Settings, devices: Duplex, talk: Conversation) -> None:
    """Let devices that are not open, and a conversation, begin as settings say."""
    devices.names = {"microphone": settings.microphone, "loudspeaker": settings.loudspeaker}
    talk.listener.use_mode(settings.mode)
    talk.dialogue.murmurs.readiness = settings.murmurs


def give_way(devices: Duplex, say: Tell) -> None:
    """Let the system's own devices stand for those that were asked for at the start and are not among the ones found."""
    for kind, name in list(devices.names.items()):
        there = [found.lower() for found in devices.present[kind]]
        if name is not None and there and not any(name.lower() in found for found in there):
            devices.choose(kind, None)
            say(Trouble(f"the {kind} {name!r} is not there: the system's own is used"))


def clean(own_sound: OwnSound, listener: Listener, say: Tell) -> None:
    """Put the echo canceller between microphone and tape; without it the person and the agent take turns."""
    try:
        own_sound.take_out()
    except (ImportError, OSError) as error:
        if listener.mode is Mode.BARGE_IN:
            listener.use_mode(Mode.HALF_DUPLEX)
        say(Trouble(f"echo cancelling cannot be used ({error}): while the agent speaks, it does not listen"))
