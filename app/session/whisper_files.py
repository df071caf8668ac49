"""Whisper's model files: which are on this machine, downloaded with a check, kept in the store."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.errors import MissingError
from app.groups import missing
from app.store import store

# Whisper's models (openai/whisper, MIT licence) by size, in MB; from small to large.
SIZES: Final = {
    "tiny.en": 75, "tiny": 75, "base.en": 145, "base": 145, "small.en": 484, "small": 484, "turbo": 1620,
}  # fmt: skip
LICENCE: Final = "MIT"


def folder() -> Path:
    """Return where downloaded and imported Whisper models are kept."""
    return store() / "whisper"


def _cache() -> Path:
    """Return where openai-whisper itself keeps its models."""
    try:
        home = Path.home()
    except RuntimeError:  # there is none
        return folder()
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "whisper"


def present() -> dict[str, Path]:
    """Return the Whisper models on this machine by name."""
    return {path.stem: path for place in (_cache(), folder()) for path in sorted(place.glob("*.pt"))}


def download(name: str, progress: Callable[[float], None]) -> Path:
    """Download a Whisper model, resuming a download that broke off, and check its hash; return its file.

    progress: told the share that is there, 0 to 1. Raises OSError with the remedy, LookupError where Whisper's packages
    are not there.
    """
    if missing("whisper"):
        raise MissingError(missing("whisper"))
    import whisper

    url = whisper._MODELS[name]
    folder().mkdir(parents=True, exist_ok=True)
    partial, whole = folder() / f"{name}.partial", folder() / f"{name}.pt"
    try:
        _fetch(url, partial, progress)
    except OSError as error:
        raise OSError(
            f"Whisper {name} could not be downloaded ({error}): start it again, it goes on where it was"
        ) from error
    if _sha256(partial) != url.split("/")[-2]:
        partial.unlink()
        raise OSError(f"Whisper {name} came damaged and was deleted: download it again")
    return partial.replace(whole)


def _fetch(url: str, path: Path, progress: Callable[[float], None]) -> None:
    import requests

    have = path.stat().st_size if path.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=20) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # it was whole
        answer.raise_for_status()
        have = have if answer.status_code == requests.codes.partial_content else 0
        total = have + int(answer.headers.get("Content-Length", 0))
        with path.open("ab" if have else "wb") as file:
            for block in answer.iter_content(1 << 20):
                file.write(block)
                have += len(block)
                progress(have / max(total, 1))


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(path: Path) -> Path:
    """Copy a Whisper model file into the store, checked; return the copy. Raises ValueError, OSError."""
    from inference.recognition.whisper_engine import checked

    checked(path)
    folder().mkdir(parents=True, exist_ok=True)
    target = folder() / path.name
    if target.resolve() != path.resolve():
        partial = target.with_suffix(".partial")
        shutil.copyfile(path, partial)
        partial.replace(target)
    return target


def warn_of_download(name: str) -> str:
    """Return what a person agrees to with a download."""
    return (
        f"Whisper {name} is {SIZES[name]} MB, licence {LICENCE}, from openaipublic.azureedge.net, kept in {folder()}. "
        "Nothing else is sent; afterwards it works without a network."
    )
