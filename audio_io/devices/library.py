"""PortAudio, the one library of this process that knows its devices; and another copy of it, where a driver hangs in it."""

import atexit
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any


def portaudio() -> Any:
    """Return the sounddevice module; raise LookupError with the remedy where PortAudio is not installed."""
    try:
        import sounddevice
    except OSError as error:
        raise LookupError(
            "the sound library PortAudio is not installed: on Debian or Ubuntu type: sudo apt-get install libportaudio2"
        ) from error
    return sounddevice


def refresh() -> None:
    """Make PortAudio look at the devices again; every open stream must have been closed."""
    module = portaudio()
    module._terminate()
    module._initialize()


def renew() -> None:
    """Leave PortAudio behind, with whatever hangs in it, and use another copy, which looks at the devices anew.

    Streams of the old one stay open, and are closed through it. Its state is a library's, not a process's, and only waits of
    its own hold it: so a copy is as good as another process, and costs no way for the sound. Raises OSError where the library
    cannot be copied: then it stays in use, with its list of devices.
    """
    module = portaudio()
    # A loaded file cannot be deleted on Windows; everywhere else it lives on without its name.
    with tempfile.TemporaryDirectory(prefix="dualtalk-sound-", ignore_cleanup_errors=True) as folder:
        copied = shutil.copy(_file(module), folder)
        module._lib = module._ffi.dlopen(str(copied))
    module._initialized = 0
    module._initialize()


def _file(module: Any) -> Path:
    """Return the library's file; Linux is asked where it loaded it from, the rest give the whole path."""
    if sys.platform.startswith("linux"):
        for line in Path("/proc/self/maps").read_text().splitlines():
            if "libportaudio" in line and Path(path := line.split(maxsplit=5)[-1]).is_file():
                return Path(path)
    return Path(module._libname)


def leave() -> None:
    """Let the process end without closing PortAudio, which would wait for a driver that hangs."""
    handler = getattr(sys.modules.get("sounddevice"), "_exit_handler", None)
    if handler:  # else it was never loaded, or not wholly
        atexit.unregister(handler)
