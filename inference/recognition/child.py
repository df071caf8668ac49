"""The recogniser's child process: lines of JSON in, sound behind them, a line of JSON out for each."""

import contextlib
import importlib
import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np

from inference.recognition.recognizer import Heard, Recognizer


def _recognizer(asked: dict[str, Any]) -> Recognizer:
    module, _, name = asked["engine"].partition(":")
    recognizer: Recognizer = getattr(importlib.import_module(module), name)(asked)
    return recognizer


def main(asked: dict[str, Any]) -> None:
    """Serve: start, hear (with `bytes` of float32 sound behind the line), text, finish."""
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries print; answers stay alone on their pipe

    def answer(**message: object) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    try:
        recognizer = _recognizer(asked)
    except Exception as error:  # every engine fails in its own way
        answer(ok=False, error=str(error) or type(error).__name__)
        return
    answer(ok=True)
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        sound = sys.stdin.buffer.read(request.get("bytes", 0))
        try:
            heard: Heard | str = ""
            if request["do"] == "start":
                recognizer.start()
            if sound:
                recognizer.hear(np.frombuffer(sound, np.float32))
            if request["do"] in ("text", "finish"):
                heard = recognizer.text() if request["do"] == "text" else recognizer.finish()
        except Exception as error:
            answer(ok=False, error=str(error) or type(error).__name__)
        else:
            answer(ok=True, **asdict(heard if isinstance(heard, Heard) else Heard(heard)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main(json.loads(sys.argv[1]))
