"""The log of a run: a file in the user's log folder, with the exceptions of every thread; a few runs' are kept.

What people say or write goes to the logger SPEECH alone, which is silent unless asked for.
"""

import logging
import os
import platform
import sys
import threading
from contextlib import suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

from platformdirs import user_log_path

from app.errors import in_words
from audio_io.notice import Notice, Quote, Trouble

SPEECH: Final = logging.getLogger("app.speech")
ENDING: Final = ".log"
FILES: Final = 5
FILE_BYTES: Final = 2_000_000
_FORM: Final = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
_LOG: Final = logging.getLogger(__name__)
_PACKAGES: Final = ("app", "audio_io", "avatar", "inference")


def folder() -> Path:
    """Return where logs are kept; raise RuntimeError where the system knows no home."""
    place = user_log_path("dualtalk-live", appauthor=False)
    if not place.is_absolute():
        raise RuntimeError("this system knows no home folder")
    return place


def files() -> list[Path]:
    """Return the logs that are kept, the newest first; none where they cannot be."""
    try:
        found = [(path.stat().st_mtime, path) for path in folder().iterdir() if ENDING in path.suffixes]
    except (OSError, RuntimeError):
        return []
    return [path for _, path in sorted(found, reverse=True)]


class _RunFile(RotatingFileHandler):
    """The file of this run, made with its first line: a run without anything to tell leaves none, nor pushes one out.

    Where it cannot be written, the program goes on without.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        name = f"{datetime.now().astimezone():%Y-%m-%d_%H-%M-%S}_{command}_{os.getpid()}{ENDING}"
        super().__init__(folder() / name, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter(_FORM))

    def _open(self) -> TextIO:  # type: ignore[override]
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        for old in files()[FILES - 1 :]:
            old.unlink(missing_ok=True)
        stream = super()._open()
        stream.write(f"{self._command}; Python {platform.python_version()}, {platform.platform()}\n")
        return stream

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: a full disk or a folder that cannot be written is no reason to disturb."""


def begin(command: str, speech: bool = False) -> None:
    """Log from now on, whatever no thread catches included; speech: what people say and write, too."""
    sys.excepthook, threading.excepthook, sys.unraisablehook = _uncaught, _uncaught_in_thread, _unraisable
    root = logging.getLogger()
    root.addHandler(logging.NullHandler())  # else warnings would be printed where no file can be written
    SPEECH.setLevel(logging.INFO if speech else logging.CRITICAL + 1)
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)
    with suppress(OSError, RuntimeError):  # without a home there is no log
        root.addHandler(_RunFile(command))


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, (KeyboardInterrupt, SystemExit)):
        return
    _LOG.critical("nobody caught this", exc_info=(kind, error, trace))
    print(in_words(error), file=sys.stderr)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(args: Any) -> None:
    _LOG.error("%s: %r", args.err_msg or "ignored", args.object, exc_info=args.exc_value)


def note(notice: Notice) -> None:
    """Log what the person is told."""
    if isinstance(notice, Quote):
        SPEECH.info("told: %r", str(notice))
    elif isinstance(notice, Trouble):
        _LOG.warning("told: %s", notice)
    else:
        _LOG.info("told: %s", notice)


def note_event(kind: str, at: int, facts: dict[str, Any]) -> None:
    """Log an event of the conversation; its words only where speech is logged."""
    kept = {name: value for name, value in facts.items() if not isinstance(value, str) or name == "name"}
    _LOG.info("%s at %d %s", kind, at, kept)
    if len(kept) < len(facts):
        SPEECH.info("%s: %r", kind, {name: value for name, value in facts.items() if name not in kept})
