"""The voice's child process: reads lines of JSON, {text, path}, and writes each text as a WAV with pyttsx3."""

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

_WHOLE_SECONDS = 5.0
_WAV_HEADER = 44
_WORDS_A_MINUTE = 165


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


def _engine() -> Any:
    _use_bundled_espeak()
    import pyttsx3

    engine = pyttsx3.init()
    engine.setProperty("rate", _WORDS_A_MINUTE)
    with tempfile.TemporaryDirectory() as folder:
        # The first sentence now and then misses the rate: let it be one that nobody hears.
        _save(engine, "Ready.", Path(folder) / "ready.wav")
    return engine


def _save(engine: Any, text: str, path: Path) -> None:
    """Write the speech, and wait until the file no longer grows: the engine returns some milliseconds before."""
    engine.save_to_file(text, str(path))
    engine.runAndWait()
    until, size = time.monotonic() + _WHOLE_SECONDS, -1
    while time.monotonic() < until:
        current = path.stat().st_size if path.exists() else 0
        if current == size and current > _WAV_HEADER:
            return
        size = current
        time.sleep(0.005)
    raise OSError("the engine wrote no sound")


def main() -> None:
    """Answer every request with one line of JSON: {"ok": true} or {"ok": false, "error": …}."""
    answers, sys.stdout = sys.stdout, io.StringIO()  # pyttsx3 prints; answers must stay alone on their pipe

    def answer(**message: object) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    try:
        engine = _engine()
    except Exception as error:  # every engine fails in its own way
        answer(ok=False, error=f"pyttsx3 found no speech engine: {error}")
        return
    answer(ok=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _save(engine, request["text"], Path(request["path"]))
        except Exception as error:
            answer(ok=False, error=str(error) or type(error).__name__)
        else:
            answer(ok=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main()
