"""`report`: the logs, doctor's result and the settings in one zip for a bug report; no keys, no speech, no home folder."""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import sys
import zipfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app import log
from app.commands.outputs import add_overwrite, refusal, whole
from app.errors import MissingError
from app.store import store

# What of the environment changes how the program runs; whether a key is set is told, not what it is.
_ENVIRONMENT: Final = (
    "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "QT_QPA_PLATFORM", "LIBGL_ALWAYS_SOFTWARE", "PULSE_SERVER",
    "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "LANG", "LC_ALL",
)  # fmt: skip
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")
_SHORTEST_SECRET: Final = 6
_LOOKS_SECRET: Final = re.compile(r"\b(?:sk|hf|ghp|xox[bp])[-_][\w-]{8,}|(?<=Bearer )\S+|(?<=://)[^/\s@]+(?=@)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "-o", "--output", type=Path, metavar="F.zip", help="file to write (default: named by the time, in this folder)"
    )
    add_overwrite(parser)


def cleaned(text: str) -> str:
    """Return text without speech, keys and the home folder's name."""
    spoken = f" {log.SPEECH.name}: "
    text = "".join(line for line in text.splitlines(keepends=True) if spoken not in line)
    for name, value in os.environ.items():
        if _SECRET.search(name.upper()) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "(secret)")
    text = _LOOKS_SECRET.sub("(secret)", text)
    for home in _homes():
        text = text.replace(home, "~").replace(json.dumps(home)[1:-1], "~")
    return text


def _homes() -> list[str]:
    """Return the home folder as it may be spelled, the longest first; none where it is the root of all."""
    try:
        home = Path.home()
    except RuntimeError:
        return []
    spelled = {str(home), str(home.resolve())} if home.parent != home else set()
    return sorted(spelled, key=len, reverse=True)


def settings() -> dict[str, Any]:
    """Return the machine, the packages' versions, the environment as far as it matters, and what was imported."""
    installed = {found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}
    return {
        "machine": platform.platform(), "cores": os.cpu_count(), "python": sys.version,
        "packages": dict(sorted(installed.items(), key=lambda item: item[0].lower())),
        "environment": {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        "set": sorted(name for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL") if os.environ.get(name)),
        "imported": _imported(),
    }  # fmt: skip


def _imported() -> dict[str, int]:
    """Return the sizes (bytes) of the files in the store, but for recorded sessions."""
    try:
        place = store()
        found = [path for path in place.rglob("*") if path.is_file() and "sessions" not in path.parts]
        return {str(path.relative_to(place)): path.stat().st_size for path in sorted(found)}
    except OSError:
        return {}


def contents() -> dict[str, str]:
    """Return the report's files: name and text, cleaned."""
    from app.commands import doctor

    # Logs first: what doctor meets is logged, too, and may push the oldest out.
    made = {f"logs/{path.name}": path.read_text("utf-8", errors="replace") for path in log.files()}
    made["doctor.json"] = json.dumps([asdict(part) for part in doctor.parts()], indent=1)
    made["settings.json"] = json.dumps(settings(), indent=1)
    return {name: cleaned(text) for name, text in made.items()}


def write(path: Path, files: dict[str, str]) -> None:
    """Write a zip of files, whole or not at all."""
    with whole(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)


def run(options: argparse.Namespace) -> int:
    """Pack the report and list what is in it; return 0. Raises MissingError where it cannot be written."""
    path = options.output or Path(f"dualtalk-live-report_{datetime.now().astimezone():%Y-%m-%d_%H-%M-%S}.zip")
    wrong = refusal((), (path,), options.overwrite)
    if wrong:
        raise MissingError(wrong)
    files = contents()
    write(path, files)
    print(f"wrote {path}; no speech, no keys, and your home folder is written ~. In it:")
    for name, text in files.items():
        print(f"{len(text.encode()):>10} bytes  {name}")
    return 0
