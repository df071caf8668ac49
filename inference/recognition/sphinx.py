"""Approximate recognition with what a wheel carries: PocketSphinx, English, no network, no download.

Two decoders hear the same sound: one expects what the agent can answer, one expects any English. Where the first explains
the sound as well as the second, it is right far more often; where it does not, the person said something else.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from inference.recognition.language_model import bigrams
from inference.recognition.recognizer import Audio

# What people say to each other besides what a persona knows.
_ALWAYS: Final = (
    "yes",
    "no",
    "okay",
    "uh-huh",
    "right",
    "stop",
    "hello",
    "please",
    "thank you",
    "yeah",
    "i see",
    "wow",
)


def _spoken(phrase: str) -> list[str]:
    return re.findall(r"[a-z]+(?:['-][a-z]+)*", phrase.lower())


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Give a path from which a library reads a text, of which nothing stays on the disk, even if this process is killed."""
    if os.name != "posix":
        with tempfile.TemporaryDirectory(prefix="dualtalk-words-") as folder:
            path = Path(folder) / "phrases.arpa"
            path.write_text(text)
            yield str(path)
    else:
        with tempfile.TemporaryFile("w+") as file:  # without a name
            file.write(text)
            file.seek(0)  # macOS reads on from where it stands
            yield f"/dev/fd/{file.fileno()}"


class SphinxRecognizer:
    """PocketSphinx with the phrases that are expected. A `Recognizer`."""

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        from pocketsphinx import Config, Decoder, get_model_path

        models = Path(get_model_path()) / "en-us"
        acoustic = {"hmm": str(models / "en-us"), "dict": str(models / "cmudict-en-us.dict"), "loglevel": "FATAL"}
        any_english: Any = Decoder(Config(lm=str(models / "en-us.lm.bin"), **acoustic))
        self._decoders: list[Any] = [any_english]
        known = [
            words for phrase in (*phrases, *_ALWAYS) if (words := _spoken(phrase))
            and all(any_english.lookup_word(word) for word in words)
        ]  # fmt: skip
        with _as_file(bigrams(known)) as path:
            self._decoders.insert(0, Decoder(Config(lm=path, **acoustic)))
        self._said: list[str] = []  # in the parts of the stretch that were finished
        self._hearing = False

    def start(self) -> None:
        """Begin a new stretch."""
        if self._hearing:
            self._end()
        self._said.clear()

    def hear(self, audio: Audio) -> None:
        """Take more sound [N] at 16 kHz."""
        if not self._hearing:
            for decoder in self._decoders:
                decoder.start_utt()
            self._hearing = True
        samples = (np.clip(audio, -1, 1) * 32767).astype(np.int16).tobytes()
        for decoder in self._decoders:
            decoder.process_raw(samples, False, False)

    def _end(self) -> str:
        for decoder in self._decoders:
            decoder.end_utt()
        self._hearing = False
        return self._best()

    def _best(self) -> str:
        found = [decoder.hyp() for decoder in self._decoders]
        expected, free = found
        if expected is None or free is None:
            return str((expected or free).hypstr) if expected or free else ""
        return str(expected.hypstr if expected.score >= free.score else free.hypstr)

    def text(self) -> str:
        """Return what was said so far."""
        return " ".join([*self._said, self._best()] if self._hearing else self._said).strip()

    def finish(self) -> str:
        """Return what the whole stretch says; what comes next is heard as a part of its own."""
        if self._hearing and (said := self._end()):
            self._said.append(said)
        return self.text()


def made(asked: dict[str, Any]) -> SphinxRecognizer:
    """Return the recogniser that `Hearing` asks for."""
    return SphinxRecognizer(asked["phrases"])
