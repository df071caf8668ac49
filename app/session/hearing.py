"""Which speech recognisers there are: PocketSphinx always, Whisper models on this machine, and ones to be downloaded."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.errors import MissingError
from app.groups import missing
from app.registry import Entry, Registry
from app.store import store
from inference.recognition.process import Hearing

_LOG: Final = logging.getLogger(__name__)
# Whisper's models (openai/whisper, MIT licence) by size, in MB; from small to large.
SIZES: Final = {
    "tiny.en": 75, "tiny": 75, "base.en": 145, "base": 145, "small.en": 484, "small": 484, "turbo": 1620,
}  # fmt: skip
LICENCE: Final = "MIT"
_SMALL_MACHINE, _LARGE_MACHINE = 2, 8  # cores


@dataclass(frozen=True)
class Recognizer:
    """A recogniser to choose: its title, how to hear with it, its name as `chosen` knows it, and the name of a model that has
    to be downloaded first."""

    title: str
    hearing: Hearing = field(default_factory=Hearing)
    name: str = ""
    download: str = ""

    def is_of(self, used: Hearing) -> bool:
        """Tell whether it is this one that is used."""
        return not self.download and (self.hearing.model, self.hearing.engine) == (used.model, used.engine)


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


def recognizers() -> list[Recognizer]:
    """Return all there are to choose, those that need a download last."""
    here = present()
    found = [Recognizer(f"Whisper {name}", Hearing(path, threads=threads()), name) for name, path in here.items()]
    absent = [name for name in suited() if name not in here]
    offered = [Recognizer(f"Whisper {name} (download {SIZES[name]} MB)…", download=name) for name in absent]
    return [Recognizer(RECOGNISERS.entry("sphinx").shown, name="sphinx"), *found, *_others(), *offered]


def _others() -> Iterator[Recognizer]:
    """Yield the recognisers of other packages that can be used."""
    for entry in RECOGNISERS.added():
        try:
            yield Recognizer(entry.shown, _made(entry.name, "", None), entry.name)
        except Exception as error:  # what another package does, nobody knows; the list goes on without it
            _LOG.warning("the recogniser %s cannot be used", entry.name, exc_info=error)


def suited(cores: int | None = None) -> list[str]:
    """Return the models that a machine can run while people talk, the best first."""
    cores = cores or os.cpu_count() or _SMALL_MACHINE
    if cores >= _LARGE_MACHINE:
        return ["small.en", "small", "base.en", "base", "tiny.en", "tiny"]
    if cores > _SMALL_MACHINE:
        return ["base.en", "base", "tiny.en", "tiny"]
    return ["tiny.en", "tiny", "base.en", "base"]


def best_present() -> Path | None:
    """Return the model on this machine that suits it best, None where none can be used: then it is PocketSphinx."""
    here = {} if missing("whisper") else present()
    return next((here[name] for name in suited() if name in here), None)


def threads() -> int:
    """Return the threads that Whisper may use beside sound, heads and window."""
    return max(1, (os.cpu_count() or 2) - 1)


def chosen(name: str, language: str | None = None) -> Hearing:
    """Return the recogniser that an option names: `auto`, a recogniser, a Whisper model's name or file.

    Raises MissingError in words.
    """
    if name == "auto":
        name = str(best_present() or "sphinx")
    if name in RECOGNISERS.names():
        return _made(name, "", language)
    return _made("whisper", name, language)


def _made(name: str, variant: str, language: str | None) -> Hearing:
    hearing: Hearing = RECOGNISERS.make(name, variant, language, threads())
    return hearing


def _whisper(variant: str, language: str | None = None, cores: int = 1) -> Hearing:
    """Return Whisper with a model by name or file, the best that is here where none is named."""
    if missing("whisper"):
        raise MissingError(missing("whisper"))
    variant = variant or str(best_present() or suited()[0])
    if not Path(variant).is_file() and variant not in present():
        if variant in SIZES:
            raise MissingError(
                f"Whisper {variant} is not on this machine: ./run import-whisper {variant} ({SIZES[variant]} MB)"
            )
        raise MissingError(f"there is no Whisper model {variant!r}: give a .pt file, or one of {', '.join(SIZES)}")
    return Hearing(present().get(variant, Path(variant)), language=language, threads=cores)


# What makes each takes the variant's name (or a file, or nothing), the language, and the threads that it may use; gives a
# `Hearing`, which names what its process runs.
RECOGNISERS: Final = Registry(
    "recogniser", "dualtalk_live.recognisers", Entry, (
        Entry(
            "sphinx", "BSD-2-Clause", lambda *_: Hearing(), sizes={"en-us": 36},
            title="PocketSphinx (approximate, English)",
        ),
        Entry("whisper", LICENCE, _whisper, ("whisper",), SIZES, "Whisper"),
    ),
)  # fmt: skip


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
    from inference.recognition.whisper_engine import WhisperRecognizer

    WhisperRecognizer(path, None, 1)  # raises where it is none
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
