"""A virtual screen and virtual sound devices for tests and benches on Linux machines without hardware."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("virtual_audio.sh")
_VARIABLES: Final = ("XDG_RUNTIME_DIR", "PULSE_SERVER", "ALSA_CONFIG_PATH", "VIRTUAL_AUDIO_DIR")


def _needs(*programs: str) -> None:
    """Raise FileNotFoundError, in words, where a program that virtual sound or screens are made of is not installed."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        raise FileNotFoundError(
            f"{', '.join(lacking)} not found: ./run bench installs what it needs on Debian and Ubuntu; by hand: "
            "apt-get install xvfb pulseaudio pulseaudio-utils libasound2-plugins"
        )


def _start() -> tuple[list[int], dict[str, str]]:
    """Start the sound server; return the processes that keep it awake, and the variables that reach it."""
    script = (
        f". {SCRIPT}; virtual_audio_start || exit 1; "
        "echo $VIRTUAL_AUDIO_KEEP1 $VIRTUAL_AUDIO_KEEP2; for n in "
        + " ".join(_VARIABLES)
        + '; do echo "$n=${!n}"; done'
    )
    started = subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert started.stdout is not None
    readers = [int(pid) for pid in started.stdout.readline().split()]
    found = dict(started.stdout.readline().rstrip("\n").split("=", 1) for _ in _VARIABLES)
    if len(readers) != 2:
        raise RuntimeError("the virtual sound server did not start: is pulseaudio installed?")
    return readers, found


def kill_sound() -> None:
    """Kill the running virtual sound server at once, as a crash would."""
    number = Path(os.environ["XDG_RUNTIME_DIR"]) / "pulse" / "pid"
    with suppress(ProcessLookupError):
        os.kill(int(number.read_text()), signal.SIGKILL)
    number.unlink()  # a server that nobody has buried yet counts as running


def restart_sound() -> None:
    """Start the virtual sound server again where the killed one was, with the same devices."""
    _start()


@contextmanager
def virtual_sound() -> Iterator[dict[str, str]]:
    """Start a sound server with VirtualSpeaker and VirtualMic; yield the environment that reaches it.

    Speak into the microphone with `paplay --device=vmic_in FILE`; hear the loudspeaker at vspeaker.monitor.
    """
    _needs("pulseaudio", "pactl", "parec")
    before = {name: os.environ.get(name) for name in _VARIABLES}
    readers, found = _start()
    os.environ.update(found)
    try:
        yield dict(os.environ)
    finally:
        for reader in readers:
            with suppress(ProcessLookupError):
                os.kill(reader, signal.SIGTERM)
        subprocess.run(["pulseaudio", "--kill"], check=False, stderr=subprocess.DEVNULL)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def virtual_screen(width: int = 1400, height: int = 900) -> Iterator[str]:
    """Start an X server on a free display; yield its name and set DISPLAY."""
    _needs("Xvfb")
    read, write = os.pipe()
    # Without -noreset the server starts over when its last client leaves, and refuses the next one meanwhile.
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        display = f":{pipe.readline().strip()}"
    before = os.environ.get("DISPLAY")
    try:
        os.environ["DISPLAY"] = display
        yield display
    finally:
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait()
