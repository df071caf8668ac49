"""Which speech recognisers there are: Whisper tiny.en, models on this machine or to be had, PocketSphinx as the fallback."""

import ctypes
import importlib.metadata
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from app.errors import MissingError
from app.groups import missing
from app.registry import Entry, Registry
from app.session.whisper_files import LICENCE, SIZES, folder, present
from inference.recognition.process import CTRANSLATE, WHISPER, Hearing

_LOG: Final = logging.getLogger(__name__)
_SMALL_MACHINE, _LARGE_MACHINE = 2, 8  # cores
OWN: Final = ("tiny.en", "sphinx")  # the program's own, without a model that somebody brings; the better one first


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


def recognizers() -> list[Recognizer]:
    """Return all there are to choose, those that need a download last."""
    here = present()
    own = [Recognizer(RECOGNISERS.entry(name).shown, _made(name, "", None), name) for name in OWN if not _lacking(name)]
    found = [Recognizer(f"Whisper {name}", _by_engine(path, None), name) for name, path in here.items()]
    absent = [name for name in suited() if name not in here]
    offered = [Recognizer(f"Whisper {name} (download {SIZES[name]} MB)…", download=name) for name in absent]
    return [*own, *found, *_others(), *offered]


def _lacking(name: str) -> str:
    """Return in words what a recogniser needs that is not installed; empty where it can be used."""
    return next(filter(None, map(missing, RECOGNISERS.entry(name).needs)), "")


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


def best_present(language: str | None = None) -> Path | None:
    """Return the model on this machine that suits it best and knows a language, None where none can be used."""
    here = present() if _runs_models() else {}
    return next((here[name] for name in suited() if name in here and _knows(name, language)), None)


def _runs_models() -> bool:
    """Tell whether there is an engine for models that are imported."""
    return not missing("whisper") or not missing("ears")


def _knows(name: str, language: str | None) -> bool:
    """Tell whether a model of that name understands a language; None is English."""
    return language in (None, "en") or not name.endswith(".en")


@cache
def on_gpu() -> bool:
    """Tell whether openai-whisper runs on an NVIDIA card here; torch is not imported for it."""
    if missing("whisper") or "+cpu" in importlib.metadata.version("torch"):
        return False
    try:
        return int(ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1").cuInit(0)) == 0
    except OSError:
        return False


def threads() -> int:
    """Return the threads that Whisper may use beside sound, heads and window."""
    return max(1, (os.cpu_count() or 2) - 1)


def chosen(name: str, language: str | None = None) -> Hearing:
    """Return the recogniser that an option names: `auto`, a recogniser, a Whisper model's name or file.

    language: such as "de", "auto" to find out, None for English. Raises MissingError in words.
    """
    if name == "auto":
        name = str(best_present(language) or ("tiny.en" if not _lacking("tiny.en") else "sphinx"))
    variant = "" if name in RECOGNISERS.names() else name
    if (name in OWN or Path(name).stem.endswith(".en")) and not _knows("tiny.en", language):
        best = next(one for one in suited() if _knows(one, language))
        raise MissingError(
            f"{variant or RECOGNISERS.entry(name).shown} understands only English, not {language!r}: "
            f"./run import-whisper {best} ({SIZES[best]} MB) brings a model that knows it"
        )
    return _made("whisper" if variant else name, variant, language)


def _made(name: str, variant: str, language: str | None) -> Hearing:
    hearing: Hearing = RECOGNISERS.make(name, variant, language, threads())
    return hearing


def _whisper(variant: str, language: str | None = None, _cores: int = 1) -> Hearing:
    """Return Whisper with a model by name or file, the best that is here where none is named."""
    if not _runs_models():
        raise MissingError(missing("whisper"))
    variant = variant or str(best_present(language) or suited()[0])
    if not Path(variant).is_file() and variant not in present():
        if variant in SIZES:
            raise MissingError(
                f"Whisper {variant} is not on this machine: ./run import-whisper {variant} ({SIZES[variant]} MB)"
            )
        raise MissingError(f"there is no Whisper model {variant!r}: give a .pt file, or one of {', '.join(SIZES)}")
    return _by_engine(present().get(variant, Path(variant)), language)


def _by_engine(path: Path, language: str | None) -> Hearing:
    """Return a model with what runs it best: openai-whisper on a graphics card, else CTranslate2 where that is there."""
    name = f"Whisper ({path.stem})"
    if on_gpu() or missing("ears"):
        return Hearing(path, language=language, threads=threads(), engine=WHISPER, name=name)
    return Hearing(path, language=language, engine=CTRANSLATE, name=name, kept=folder() / "converted")


def _tiny(_variant: str, _language: str | None, _cores: int) -> Hearing:
    """Return Whisper tiny.en of the package; raise MissingError where that is not there."""
    if _lacking("tiny.en"):
        raise MissingError(_lacking("tiny.en"))
    return Hearing(language="en", engine=CTRANSLATE, name="Whisper tiny.en")


# What makes each takes the variant's name (or a file, or nothing), the language, and the threads that it may use; gives a
# `Hearing`, which names what its process runs.
RECOGNISERS: Final = Registry(
    "recogniser", "dualtalk_live.recognisers", Entry, (
        Entry("tiny.en", LICENCE, _tiny, ("ears",), {"tiny.en": 78}, "Whisper tiny.en"),
        Entry(
            "sphinx", "BSD-2-Clause", lambda *_: Hearing(), sizes={"en-us": 36},
            title="PocketSphinx (approximate, English)",
        ),
        Entry("whisper", LICENCE, _whisper, ("whisper",), SIZES, "Whisper"),
    ),
)  # fmt: skip
