"""The agent's voice: pyttsx3 in a child process that can be killed, its samples played by us. One sentence at a time.

pyttsx3 would play by itself, and has been seen to hang; a child that does is replaced and the line said again.
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from audio_io.files import stream
from audio_io.tape import Audio

READY_SECONDS: Final = 10.0  # a cold start of the child
ANSWER_SECONDS: Final = 8.0
_TRIES: Final = 2
_LONGEST_SENTENCE: Final = 200
_BLOCK: Final = 16_000
_CHILD: Final = Path(__file__).with_name("voice_child.py")


def sentences(text: str) -> list[str]:
    """Split text into sentences to be spoken one after the other; what has nothing to speak is left out.

    A sentence of more than 200 characters is split where it pauses, or else between words.
    """
    parts = re.split(r"(?<=[.!?…])\s+|\n+", text.strip())
    short = [piece for part in parts for piece in _short(part.strip())]
    return [piece for piece in short if re.search(r"\w", piece)]


def _short(sentence: str) -> list[str]:
    pieces = []
    while len(sentence) > _LONGEST_SENTENCE:
        window = sentence[:_LONGEST_SENTENCE]
        pause = max(window.rfind(mark) for mark in ",;:")
        cut = pause + 1 if pause > 0 else window.rfind(" ")
        cut = cut if cut > 0 else _LONGEST_SENTENCE
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]


class Voice:
    """Text to speech, `speak(text)` to 16 kHz audio. Use as a context manager, or `close`."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="dualtalk-voice-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def speak(self, sentence: str) -> Audio:
        """Return a sentence as audio [N] at 16 kHz; raise RuntimeError with the remedy where no voice can."""
        failure = "it does not answer"
        for _ in range(_TRIES):
            try:
                return self._ask(sentence)
            except (OSError, TimeoutError, ValueError) as error:
                failure = str(error)
                self._kill()
        raise RuntimeError(f"the voice engine failed ({failure}): run ./run doctor to see which part is missing")

    def _ask(self, sentence: str) -> Audio:
        child = self._child or self._start()
        path = Path(self._folder.name) / "line.wav"
        path.unlink(missing_ok=True)
        self._send(child, {"text": sentence, "path": str(path)})
        answer = self._receive(child, ANSWER_SECONDS)
        if not answer.get("ok"):
            raise ValueError(str(answer.get("error", "no reason given")))
        audio = np.concatenate(list(stream(path, _BLOCK)))
        sounding = np.flatnonzero(np.abs(audio) > 1e-4)
        return audio[: sounding[-1] + 1600] if len(sounding) else audio[:0]

    def _start(self) -> "subprocess.Popen[bytes]":
        self._child = subprocess.Popen(
            [sys.executable, str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        hello = self._receive(self._child, READY_SECONDS)
        if not hello.get("ok"):
            raise ValueError(str(hello.get("error", "no reason given")))
        return self._child

    @staticmethod
    def _send(child: "subprocess.Popen[bytes]", message: dict[str, str]) -> None:
        if child.stdin is None:
            raise OSError("the voice process has no input")
        child.stdin.write(json.dumps(message).encode() + b"\n")
        child.stdin.flush()

    @staticmethod
    def _receive(child: "subprocess.Popen[bytes]", seconds: float) -> dict[str, object]:
        """Return the child's next answer; raise TimeoutError or OSError where none comes."""
        if child.stdout is None:
            raise OSError("the voice process has no output")
        watchdog = threading.Timer(seconds, child.kill)  # a killed child ends the read, on every system
        watchdog.start()
        try:
            line = child.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            raise TimeoutError(f"it ended, or gave no answer within {seconds:.0f} s")
        message: dict[str, object] = json.loads(line)
        return message

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    with suppress(OSError):  # what was never read by a dead child is flushed here, in vain
                        pipe.close()

    def close(self) -> None:
        """End the child and delete its files."""
        self._kill()
        self._folder.cleanup()
