"""The agent's voice: a speech engine in a child process that can be killed, its samples played by us, sentence by sentence.

pyttsx3 would play by itself, and has been seen to hang; a child that does is replaced and the sentence said again.
"""

import base64
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from audio_io.files import stream
from audio_io.notice import Tell, Trouble
from audio_io.time.tape import SAMPLE_RATE, Audio
from audio_io.voices.child import Child

READY_SECONDS: Final = 10.0  # a cold start of the child
_ANSWER_SECONDS: Final = 1.0  # a sentence takes some 20 ms; besides, a little for each letter
_LETTER_SECONDS: Final = 0.003
_CHANGE_SECONDS: Final = 3.0  # more where the engine has to take another voice, rate or pitch first
_TRIES: Final = 2
_LOOK_SECONDS: Final = 1.0
_BLOCK: Final = 16_000
_AUDIBLE: Final = 1e-4
_TAIL: Final = 1600
_CHILD: Final = Path(__file__).with_name("voice_child.py")
_ROOT: Final = Path(__file__).resolve().parents[2]
_PIPER_CHILD: Final = "audio_io.voices.piper_child"


@dataclass(frozen=True)
class VoiceSettings:
    """How a voice sounds. pool: voices by name, the first that the engine has is taken; rate: words a minute;
    pitch: 0 to 100, 50 being the voice's own; volume: 0 to 1. piper: a Piper voice file (.onnx), used where it can be.
    engine: another engine's name, for who knows more than `own_command` does."""

    pool: tuple[str, ...] = ()
    rate: int = 165
    pitch: int = 50
    volume: float = 1.0
    piper: Path | None = None
    engine: str = ""


Command = tuple[str, ...]
PYTTSX3: Final[Command] = (sys.executable, str(_CHILD))


def piper_command(file: Path, name: str, sha256: str = "") -> Command:
    """Return the command of the child process that speaks with a Piper voice, where its file has that hash, if one is given."""
    return (sys.executable, "-m", _PIPER_CHILD, str(file.resolve()), name, sha256)


def own_command(settings: VoiceSettings) -> Command:
    """Return the command of the child process that speaks so: Piper where a file of its is named, else pyttsx3."""
    return piper_command(settings.piper, settings.piper.stem) if settings.piper else PYTTSX3


@dataclass(frozen=True)
class Word:
    """A word of a sentence: its first sample, and its letters sentence[first:last]."""

    start: int
    first: int
    last: int


@dataclass(frozen=True)
class Spoken:
    """A sentence as sound [N] at 16 kHz, and when each word begins. timed: whether the engine said so, else estimated."""

    text: str
    audio: Audio
    words: tuple[Word, ...]
    timed: bool


def estimated_words(text: str, audio: Audio) -> tuple[Word, ...]:
    """Spread the words over the sounding part of their audio [N], each as long as it has letters."""
    found = [match.span() for match in re.finditer(r"\S+", text)]
    sounding = np.flatnonzero(np.abs(audio) > _AUDIBLE)
    if not found or not len(sounding):
        return ()
    begin, length = int(sounding[0]), int(sounding[-1] - sounding[0])
    return tuple(Word(begin + length * first // max(len(text), 1), first, last) for first, last in found)


class Voice:
    """Text to speech. Use as a context manager, or `close`. One caller at a time.

    command: of the child process for some settings. The child answers as `voice_child.py` does, or with the sound itself as
    `piper_child.py` does. say: told in words, once, which voice cannot be used.
    """

    def __init__(
        self, command: Callable[[VoiceSettings], Command] = own_command, say: Tell = lambda _: None
    ) -> None:  # fmt: skip
        self._command_of, self._say = command, say
        self._child: Child | None = None
        self._engine: Command = PYTTSX3  # the child's
        self._unusable: set[Command] = set()
        self._used: VoiceSettings | None = None  # what the child spoke with last
        self._closed = False
        self._look_at = 0.0  # when `warm` looks again

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm(self, settings: VoiceSettings) -> bool:
        """Load the voice that will speak so, if it is not loaded; return whether it was. It is looked for once a second."""
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_SECONDS
        command = self._command(settings)
        if self._child is not None and self._engine == command:
            return False
        try:
            self._load(command)
        except (OSError, ValueError) as error:
            self._kill()
            self._give_up(command, str(error))
            return False
        return True

    def speak(self, sentence: str, settings: VoiceSettings = VoiceSettings()) -> Spoken:
        """Return a sentence as sound; raise RuntimeError with the remedy where no voice can."""
        failure, command = "it does not answer", self._command(settings)
        for _ in range(_TRIES):
            try:
                return self._ask(sentence, settings, command)
            except (OSError, ValueError) as error:
                failure = str(error)
                self._kill()
                if self._closed:
                    raise RuntimeError("the voice was closed") from error
        if command != PYTTSX3:
            self._give_up(command, failure)  # the voice that needs nothing goes on in its place
            return self.speak(sentence, settings)
        raise RuntimeError(f"the voice engine failed ({failure}): run ./run doctor to see which part is missing")

    def _give_up(self, command: Command, failure: str) -> None:
        if command != PYTTSX3 and not self._closed:
            self._unusable.add(command)
            self._say(Trouble(f"{failure}: the system's own voice speaks; ./run doctor says what helps"))

    def _command(self, settings: VoiceSettings) -> Command:
        wanted = self._command_of(settings)
        return PYTTSX3 if wanted in self._unusable else wanted

    def _load(self, command: Command) -> None:
        self._kill()
        if self._closed:
            raise OSError("the voice was closed")
        child = self._child = Child(list(command), _ROOT)  # which `close` ends also while it loads
        self._engine = command
        child.ready(READY_SECONDS)

    def _ask(self, sentence: str, settings: VoiceSettings, command: Command) -> Spoken:
        if self._child is None or self._engine != command:
            self._load(command)
        asked = {
            "text": sentence, "voices": list(settings.pool), "rate": settings.rate, "pitch": settings.pitch,
            "volume": settings.volume,
        }  # fmt: skip
        patience = (_ANSWER_SECONDS + len(sentence) * _LETTER_SECONDS) * (1 if command == PYTTSX3 else 5)
        audio, events = self._sound(asked, patience + (0.0 if settings == self._used else _CHANGE_SECONDS))
        self._used = settings
        sounding = np.flatnonzero(np.abs(audio) > _AUDIBLE)
        audio = audio[: sounding[-1] + _TAIL] if len(sounding) else audio[:0]
        words = _timed(events, sentence, len(audio))
        return Spoken(sentence, audio, words or estimated_words(sentence, audio), bool(words))

    def _sound(self, asked: dict[str, Any], seconds: float) -> tuple[Audio, list[Any]]:
        """Return what the child makes of a sentence, and its words' events. Nothing of it stays on the disk."""
        assert self._child is not None
        with tempfile.TemporaryDirectory(prefix="dualtalk-voice-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "line.wav"
            answer = self._child.ask(asked | {"path": str(path)}, seconds)
            words = answer.get("words", [])
            if "sound" in answer:
                pcm = np.frombuffer(base64.b64decode(answer["sound"]), "<i2")
                return pcm.astype(np.float32) / np.float32(1 << 15), words
            return np.concatenate(list(stream(path, _BLOCK))), words

    def _kill(self) -> None:
        child, self._child, self._used = self._child, None, None
        if child:
            child.kill()

    @property
    def pid(self) -> int | None:
        """The child's process number, None where none runs."""
        return self._child.pid if self._child else None

    def close(self) -> None:
        """End the child, and start none any more: whoever waits for it gets RuntimeError."""
        self._closed = True
        self._kill()


def _timed(events: list[Any], text: str, samples: int) -> tuple[Word, ...]:
    """Return the words that an engine timed: events of [seconds, first letter, letters]."""
    words = []
    for seconds, first, length in events:
        start = min(round(seconds * SAMPLE_RATE), samples)
        inside = 0 < first < len(text) and text[first - 1].isalnum()  # espeak cuts words at accents
        if 0 <= first < len(text) and length > 0 and not inside:
            words.append(Word(start, first, min(first + length, len(text))))
    return tuple(words)
