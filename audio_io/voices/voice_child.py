"""The voice's child process: reads lines of JSON, {text, path, voices, rate, pitch, volume}, and speaks each with pyttsx3."""

import contextlib
import ctypes
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_LOOK_SECONDS = 0.005
_FIRST_LOOKS, _WHOLE_LOOKS = 50, 1000  # for the file to begin; to be whole. Not seconds: a busy machine's are short
_TRIES = 4
_WAV_HEADER = 44
_UNHEARD, _ALIKE, _UNHEARD_AT_MOST = 5, 3, 15


def _use_bundled_espeak() -> None:
    """Let pyttsx3 find espeak-ng from its wheel where the system has none."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import espeakng_loader
    except ImportError:
        return
    os.environ.setdefault("ESPEAK_DATA_PATH", espeakng_loader.get_data_path())
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)


class _Engine:
    """pyttsx3 with its settings, and the words that espeak times on the way."""

    def __init__(self) -> None:
        _use_bundled_espeak()
        import pyttsx3

        self._engine: Any = pyttsx3.init()
        self._driver: Any = self._engine.proxy._driver
        self._words: list[tuple[float, int, int]] = []
        self._finish_last: Any = lambda: None
        self._used: tuple[list[str], int, int] | None = None
        self._timed = False  # whether it is espeak, whose events are listened in on
        self._default = self._engine.getProperty("voice")
        self._collect_words()
        self._unheard()

    def _collect_words(self) -> None:
        """Listen in on espeak's events, which tell when a word sounds; pyttsx3 passes them on without the time."""
        driver = self._driver
        if type(driver).__name__ != "EspeakDriver":
            return
        from pyttsx3.drivers import _espeak

        def synthesised(wav: Any, count: int, events: Any) -> int:
            i = 0
            while events[i].type != _espeak.EVENT_LIST_TERMINATED:
                event = events[i]
                if event.type == _espeak.EVENT_WORD:
                    self._words.append((event.audio_position / 1000, event.text_position - 1, event.length))
                i += 1
            return int(driver._onSynth(wav, count, events) or 0)

        _espeak.SetSynthCallback(synthesised)
        # The end of a sentence still sets the rate back; pyttsx3 does not wait for it.
        self._finish_last = _espeak.Synchronize
        self._timed = True

    def use(self, voices: list[str], rate: int, pitch: int, volume: float) -> None:
        """Take the first of the voices that the engine has, else its own; what it cannot set it leaves."""
        wanted = (voices, rate, pitch)
        if self._timed and wanted != self._used:
            # espeak misses a change about every third time: let the sentences that do be ones that nobody hears.
            # The same length three times says that it has taken it.
            lengths: list[int] = []
            while len(lengths) < _UNHEARD or (len(set(lengths[-_ALIKE:])) > 1 and len(lengths) < _UNHEARD_AT_MOST):
                self._apply(voices, rate, pitch, volume)
                lengths.append(self._unheard())
        self._apply(voices, rate, pitch, volume)
        self._used = wanted

    def _apply(self, voices: list[str], rate: int, pitch: int, volume: float) -> None:
        self._finish_last()
        for name, value in (("rate", rate), ("pitch", pitch), ("volume", volume)):
            with contextlib.suppress(Exception):  # every engine refuses in its own way
                self._driver.setProperty(name, value)
        for name in [*voices, self._default]:
            with contextlib.suppress(Exception):
                self._driver.setProperty("voice", name)
                break

    def _unheard(self) -> int:
        """Speak a word to nobody; return how long it came out (bytes)."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ready.wav"
            self.save("Ready.", path)
            return path.stat().st_size

    def save(self, text: str, path: Path) -> list[tuple[float, int, int]]:
        """Write the speech and return its words (s, first letter, letters).

        Now and then espeak says that it is done and writes nothing: it is asked again.
        """
        for _ in range(_TRIES):
            self._words.clear()
            path.unlink(missing_ok=True)
            self._engine.save_to_file(text, str(path))
            self._engine.runAndWait()
            if _whole(path):
                return self._words
        raise OSError("the engine wrote no sound")


def _whole(path: Path) -> bool:
    """Wait until a sound file no longer grows; tell whether it ever began to."""
    size = -1
    for look in range(_WHOLE_LOOKS):
        current = path.stat().st_size if path.exists() else 0
        if current > _WAV_HEADER and current == size:
            return True
        if current <= _WAV_HEADER and look > _FIRST_LOOKS:
            return False
        size = current
        time.sleep(_LOOK_SECONDS)
    return False


def main() -> None:
    """Answer every request with one line of JSON: {"ok": true, "words": […]} or {"ok": false, "error": …}."""
    answers, sys.stdout = sys.stdout, io.StringIO()  # pyttsx3 prints; answers must stay alone on their pipe

    def answer(**message: object) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    try:
        engine = _Engine()
    except Exception as error:  # every engine fails in its own way
        answer(ok=False, error=f"pyttsx3 found no speech engine: {error}")
        return
    answer(ok=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            engine.use(request["voices"], request["rate"], request["pitch"], request["volume"])
            words = engine.save(request["text"], Path(request["path"]))
        except Exception as error:
            answer(ok=False, error=str(error) or type(error).__name__)
        else:
            answer(ok=True, words=words)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main()
