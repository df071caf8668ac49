"""Which microphones and loudspeakers there are, by name. PortAudio is touched only when asked for."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["microphone", "loudspeaker"]

_CHANNELS = {"microphone": "max_input_channels", "loudspeaker": "max_output_channels"}
_REMEDY = {
    "microphone": "plug one in, or allow this program to use it in the system's privacy settings",
    "loudspeaker": "plug in headphones or a loudspeaker, or check the system's sound settings",
}


@dataclass(frozen=True)
class Device:
    """A sound device: PortAudio's index, its name, its own rate (Hz) and channel count in the direction asked for."""

    index: int
    name: str
    rate: int
    channels: int


def portaudio() -> Any:
    """Return the sounddevice module; raise LookupError with the remedy where PortAudio is not installed."""
    try:
        import sounddevice
    except OSError as error:
        raise LookupError(
            "the sound library PortAudio is not installed: on Debian or Ubuntu type: sudo apt-get install libportaudio2"
        ) from error
    return sounddevice


def devices(kind: Kind) -> list[Device]:
    """Return the devices of a kind; an empty list where there are none. Names that appear twice are listed once."""
    found: dict[str, Device] = {}
    for index, entry in enumerate(portaudio().query_devices()):
        channels = entry[_CHANNELS[kind]]
        if channels > 0:
            device = Device(index, entry["name"], round(entry["default_samplerate"]), channels)
            found.setdefault(device.name, device)
    return list(found.values())


def default(kind: Kind) -> Device | None:
    """Return the system's default device of a kind, else the first there is, else None."""
    present = devices(kind)
    index = portaudio().default.device[0 if kind == "microphone" else 1]
    return next((d for d in present if d.index == index), present[0] if present else None)


def find(kind: Kind, name: str | None) -> Device:
    """Return the device of that name (or whose name contains it), the default for None.

    Raises LookupError that names the device, what there is instead, and the remedy.
    """
    present = devices(kind)
    if not present:
        raise LookupError(f"no {kind} was found: {_REMEDY[kind]}")
    if name is None:
        return default(kind) or present[0]
    exact = [d for d in present if d.name == name] or [d for d in present if name.lower() in d.name.lower()]
    if exact:
        return exact[0]
    others = ", ".join(d.name for d in present)
    raise LookupError(f"the {kind} {name!r} is not there: {_REMEDY[kind]}, or choose one of: {others}")


def refresh() -> None:
    """Make PortAudio look at the devices again; every open stream must have been closed."""
    library = portaudio()
    library._terminate()
    library._initialize()


def start_listing(kind: Kind) -> "subprocess.Popen[str]":
    """Start a process that looks at the devices afresh, without touching this one's open streams."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "audio_io.devices.listing", kind]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def finish_listing(process: "subprocess.Popen[str]") -> tuple[Kind, list[str]]:
    """Return the kind that was asked for and the names found; no names where the process failed."""
    output, _ = process.communicate()
    kind: Kind = "microphone" if "microphone" in process.args else "loudspeaker"  # type: ignore[operator]
    return kind, json.loads(output) if process.returncode == 0 else []


if __name__ == "__main__":
    asked: Kind = "microphone" if sys.argv[1] == "microphone" else "loudspeaker"
    print(json.dumps([device.name for device in devices(asked)]))
