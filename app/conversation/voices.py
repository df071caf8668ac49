"""Which engines speak: the program's own and other packages', each the command of a child process that can be killed."""

import logging
from typing import Final

from app.errors import MissingError
from app.registry import Entry, Registry
from audio_io.voices.voice import PYTTSX3, Command, VoiceSettings, own_command

_LOG: Final = logging.getLogger(__name__)
# What makes each takes `VoiceSettings`, gives a `Command`.
VOICES: Final = Registry(
    "voice", "dualtalk_live.voices", Entry, (
        Entry("pyttsx3", "MPL-2.0", lambda _: PYTTSX3, about="What the system speaks with; needs no network."),
        Entry("piper", "GPL-3.0, each voice its own", own_command, about="A Piper voice's file, which settings name."),
    ),
)  # fmt: skip


def command_of(settings: VoiceSettings) -> Command:
    """Return the command of the child process that speaks so; where its package cannot be used, of the program's own."""
    try:
        command: Command = VOICES.make(settings.engine, settings) if settings.engine else own_command(settings)
    except MissingError as error:
        _LOG.warning("%s", error)
        return own_command(settings)
    return command
