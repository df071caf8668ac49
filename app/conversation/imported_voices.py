"""Piper voices that a person keeps: checked, spoken with once, and copied into the store whole or not at all."""

import json
import re
import shutil
from pathlib import Path
from typing import Final

from app.conversation.voices import PiperVoice, folder, names
from app.errors import MissingError
from app.groups import missing
from audio_io.voices.child import Child
from audio_io.voices.piper_file import config_of, read_config, read_model
from audio_io.voices.voice import READY_SECONDS

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}")
_SAID: Final = "One, two, three."
_PATIENCE: Final = 10.0
_ROOT: Final = Path(__file__).resolve().parents[2]


def name_of(file: Path) -> str:
    """Return the name that a file's voice gets where none is given: `en_US-anna-medium.onnx` is anna."""
    parts = file.stem.split("-")
    return parts[1] if len(parts) == 3 else file.stem


def keep(file: Path, name: str = "") -> PiperVoice:
    """Copy a Piper voice's two files into the store and return it.

    Raises FileNotFoundError, MissingError where Piper is not here, ValueError naming the file and what is wrong, OSError.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not there, or no file")
    if missing("voice"):
        raise MissingError(missing("voice"))
    name = name or name_of(file)
    here = folder() / f"{name}.onnx"
    if not _NAME.fullmatch(name):
        raise ValueError(f"a voice cannot be called {name!r}: letters, digits, - and _ can be, as --name NAME")
    if name in names() and not here.exists():
        raise ValueError(f"{name} is a voice of the program's own: --name NAME gives this one another")
    read_model(file)  # within limits
    config = read_config(file)
    _speaks(PiperVoice(name, file))
    folder().mkdir(parents=True, exist_ok=True)
    partial = here.with_suffix(".partial")
    described = partial.with_name(f"{name}.json.partial")
    try:
        shutil.copyfile(file, partial)
        described.write_text(json.dumps(config), "utf-8")
        described.replace(config_of(here))
        partial.replace(here)
    finally:
        partial.unlink(missing_ok=True)
        described.unlink(missing_ok=True)
    return PiperVoice(name, here)


def _speaks(voice: PiperVoice) -> None:
    """Raise ValueError where a voice, alone in its process, does not speak."""
    asked = {"text": _SAID, "voices": [], "rate": 165, "pitch": 50, "volume": 1.0}
    child = Child(list(voice.command), _ROOT)
    try:
        spoken = child.ready(READY_SECONDS).ask(asked, _PATIENCE).get("sound")
    except (OSError, ValueError) as error:
        raise ValueError(f"{voice.file} cannot be used: {error}") from error
    finally:
        child.kill()
    if not spoken:
        raise ValueError(f"{voice.file} cannot be used: it makes no sound")
