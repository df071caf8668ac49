"""Speech recognition in a process of its own, so that it never holds up sound, heads or window; replaced where it dies."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audio_io.voices.child import Child
from inference.recognition.recognizer import Audio, Heard

SPHINX: Final = "inference.recognition.sphinx:made"
CTRANSLATE: Final = "inference.recognition.ctranslate:made"
WHISPER: Final = "inference.recognition.whisper_engine:made"
_ROOT: Final = Path(__file__).resolve().parents[2]
_READY_SECONDS: Final = 60.0  # a large model from a slow disk
_PATIENCE: Final = 12.0  # for a decoding on a busy machine
_RETRY_SECONDS: Final = 2.0


class CannotStartError(RuntimeError):
    """The recogniser cannot be had on this machine as it is: to try again would not help."""


@dataclass(frozen=True)
class Hearing:
    """Which recogniser, and what it is told: a model file, the phrases that are expected, the language such as "en", "auto" to
    find out, the threads that it may use, and a folder for what it converts; each engine takes what it can.

    engine: where the child process finds the function that makes a `Recognizer` of what is told, as MODULE:NAME; else
    Whisper where there is a model file, PocketSphinx where there is none. name: in words, where it is neither.
    """

    model: Path | None = None
    phrases: tuple[str, ...] = ()
    language: str | None = None
    threads: int = 1
    engine: str = ""
    name: str = ""
    kept: Path | None = None

    @property
    def title(self) -> str:
        """The recogniser in words."""
        return self.name or (f"Whisper ({self.model.stem})" if self.model else "PocketSphinx (approximate)")

    def _message(self) -> dict[str, Any]:
        return {
            "engine": self.engine or (WHISPER if self.model else SPHINX),
            "model": str(self.model.resolve()) if self.model else None, "phrases": list(self.phrases),
            "language": self.language, "threads": self.threads, "kept": str(self.kept) if self.kept else None,
        }  # fmt: skip


class RecognizerProcess:
    """A recogniser that can be asked from one thread. Every method raises RuntimeError in words where it died; the next
    call starts it anew, at most every two seconds; CannotStartError, which is one, where it does not come to life."""

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing
        self._child: Child | None = None
        self._retry_at = 0.0

    def start(self) -> None:
        """Begin a new stretch of speech."""
        self._ask("start")

    def hear(self, audio: Audio) -> None:
        """Take more sound [N] at 16 kHz."""
        self._ask("hear", audio)

    def text(self) -> str:
        """Return what the stretch says so far."""
        return self._ask("text").text

    def finish(self) -> Heard:
        """Return what the whole stretch says."""
        return self._ask("finish")

    @property
    def pid(self) -> int | None:
        """The process's number, None where none runs."""
        child = self._child
        return child.pid if child else None

    def warm(self) -> None:
        """Start the process, if it does not run."""
        if self._child is None:
            if time.monotonic() < self._retry_at:
                raise RuntimeError(f"{self.hearing.title} is starting again")
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            command = [sys.executable, "-m", "inference.recognition.child", json.dumps(self.hearing._message())]
            try:
                child = self._child = Child(command, _ROOT)  # which `close` ends also while it loads
                child.ready(_READY_SECONDS)
            except (OSError, ValueError) as error:
                self.close()
                raise CannotStartError(f"speech recognition cannot start: {error}") from error

    def _ask(self, what: str, audio: Audio | None = None) -> Heard:
        self.warm()
        assert self._child is not None
        try:
            return Heard.told(self._child.ask({"do": what}, _PATIENCE, b"" if audio is None else audio.tobytes()))
        except (OSError, ValueError) as error:
            self.close()
            raise RuntimeError(f"speech recognition stopped ({error}): it is started again") from error

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child:
            child.kill()
