"""Which microphones and loudspeakers there are, by name. PortAudio is touched only when asked for."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from audio_io.devices.library import portaudio

Kind = Literal["microphone", "loudspeaker"]

_LOOK_SECONDS: Final = 20.0  # of a look at the devices by another process
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


def visible(kind: Kind, name: str | None) -> bool:
    """Tell whether this process sees the device that `find` would return."""
    try:
        find(kind, name)
    except LookupError:
        return False
    return True


class Look:
    """A process that looks at the devices afresh, without touching this one's open streams."""

    def __init__(self, kind: Kind) -> None:
        root = Path(__file__).resolve().parents[2]
        command = [sys.executable, "-m", "audio_io.devices.listing", kind]
        self.kind: Kind = kind
        self._until = time.monotonic() + _LOOK_SECONDS
        self._process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    @property
    def done(self) -> bool:
        """Whether `names` can be asked for; a look that a driver holds up is given up some time."""
        if time.monotonic() > self._until:
            self._process.kill()
        return self._process.poll() is not None

    def names(self) -> list[str]:
        """Return the names found; none where the process failed."""
        output, _ = self._process.communicate()
        return json.loads(output) if self._process.returncode == 0 else []

    def end(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self._process.communicate()


if __name__ == "__main__":
    asked: Kind = "microphone" if sys.argv[1] == "microphone" else "loudspeaker"
    print(json.dumps([device.name for device in devices(asked)]))
