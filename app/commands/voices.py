"""`voices`: which there are to speak for the agent, with engine, licence and size; one of them to be heard, or measured."""

import argparse
import json
from typing import Any, Final

from app.conversation.voices import VOICES, piper_voices, speaking
from app.errors import MissingError
from app.groups import missing

_SAMPLE: Final = "Hello, this is how I sound. In 1984, Dr. Smith paid 20 euros for a chair, and never sat on it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--play", metavar="NAME", help="let a voice speak a sample on the loudspeaker")
    parser.add_argument("--measure", metavar="NAME", help="say what a voice costs, and how well it is understood")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(options: argparse.Namespace) -> int:
    """Print what there is, or play or measure one; return 0. Raises MissingError where it is not there."""
    if options.play:
        _play(options.play)
        return 0
    if options.measure:
        from app.bench.options import BenchOptions
        from app.bench.voice import measure

        told: Any = measure(BenchOptions(quick=True, voice=options.measure))
        print(json.dumps(told) if options.json else "\n".join(f"{key:>16}  {value}" for key, value in told.items()))
        return 0
    found = listed()
    if options.json:
        print(json.dumps({"voices": found}))
        return 0
    for voice in found:
        size = f"{voice['mb']:.0f} MB" if voice["mb"] else ""
        print(f"{voice['name']:<16} {voice['engine']:<12} {size:>7}  {voice['licence']}")
    if lacking := missing("voice"):
        print(lacking)
    return 0


def listed() -> list[dict[str, Any]]:
    """Return the voices that can be asked for: name, engine, its licence with the voice's own, MB on the disk."""
    engines = [entry for entry in VOICES.entries() if entry.name != "piper"]
    found: list[dict[str, Any]] = [
        {"name": entry.name, "engine": entry.name, "licence": entry.licence, "mb": 0.0} for entry in engines
    ]
    for voice in piper_voices().values():
        size = voice.file.stat().st_size / 1e6 if voice.file.is_file() else 0.0
        found.append({"name": voice.name, "engine": "piper", "licence": voice.licence, "mb": round(size, 1)})
    return found


def _play(name: str) -> None:
    """Speak a sample, and wait until it has sounded."""
    from audio_io.devices.library import portaudio
    from audio_io.devices.listing import default
    from audio_io.time.tape import SAMPLE_RATE
    from audio_io.voices.voice import Voice

    command = speaking(name)
    if default("loudspeaker") is None:
        raise MissingError("no loudspeaker was found: plug one in")
    with Voice(command, print) as voice:
        audio = voice.speak(_SAMPLE).audio
    sound = portaudio()
    sound.play(audio, SAMPLE_RATE)
    sound.wait()
