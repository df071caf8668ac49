"""The real window on a virtual screen with virtual sound, in a process of its own, as `test_end_to_end` has it live."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from app.bench.live import Live, live
from app.timeline.timeline import AGENT, USER
from tests.conftest import PATIENCE

LINE = "Many men moved my boat over the bay."
OPENED, SHUT = 0.06, 0.03  # rad
LOUD, SPOKEN_SECONDS = 0.02, 0.8
RESTED_SECONDS = 1.5
TRIES = 5  # a machine that is too busy leaves some of the sound out: then once more
MOST_WIDGETS = 60  # that the Tab key comes by


def wait(running: Live, condition: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    running.run(PATIENCE, condition)
    assert condition()


def jaw(running: Live, who: int, since: float) -> float:
    """Return how far a jaw opened (rad) in the frames that came on screen since a moment (monotonic s)."""
    at, _, jaws = running.frames()
    return float(jaws[at > since, who].max(initial=0.0)) if len(at) else 0.0


def shut(running: Live, who: int) -> bool:
    """Tell whether a mouth was shut in all frames of the last moments, of which there were some."""
    since = time.monotonic() - RESTED_SECONDS
    return bool(running.shown.at) and running.shown.at[-1] > since and jaw(running, who, since) < SHUT


def a_person_speaks(running: Live, voice: Path) -> None:
    """What the microphone hears moves the person's mouth, and nobody else's."""
    wait(running, lambda: shut(running, USER) and shut(running, AGENT))
    begun = time.monotonic()
    for _ in range(TRIES):
        with subprocess.Popen(["paplay", "--device=vmic_in", str(voice)]) as speaking:
            running.run(PATIENCE, lambda: jaw(running, USER, begun) > OPENED or speaking.poll() is not None)
            speaking.terminate()
        if jaw(running, USER, begun) > OPENED:
            break
    assert jaw(running, USER, begun) > OPENED
    assert jaw(running, AGENT, begun) < SHUT
    wait(running, lambda: shut(running, USER))


def key(*words: str) -> None:
    """Press keys as a person at the keyboard does."""
    subprocess.run(["xdotool", *words], check=True)


def go_to_the_line(running: Live) -> None:
    """Press Tab until what is written goes to the line."""
    running.window.activateWindow()
    for _ in range(MOST_WIDGETS):
        before = QApplication.focusWidget()
        if before is not None and before.accessibleName() == "What you write":
            return
        key("key", "Tab")
        wait(running, lambda: QApplication.focusWidget() is not before)  # noqa: B023 - it is asked at once
    raise AssertionError("the keyboard does not reach the line")


@contextmanager
def loudspeaker(path: Path) -> Iterator[Callable[[], float]]:
    """Record what the loudspeaker plays; yield what tells how many seconds of that were loud so far."""
    command = ["parec", "--device=vspeaker.monitor", "--rate=16000", "--channels=1", "--format=s16le"]

    def loud_seconds() -> float:
        sound = np.frombuffer(path.read_bytes()[: path.stat().st_size // 640 * 640], np.int16).reshape(-1, 320) / 32768
        return float((np.abs(sound).max(1) > LOUD).sum() * 0.02)

    with path.open("wb") as out, subprocess.Popen(command, stdout=out) as recorder:
        yield loud_seconds
        recorder.terminate()


def what_is_typed_is_said(running: Live, recording: Path) -> None:
    """What a person types comes out of the loudspeaker, and moves the agent's mouth, and nobody else's."""
    session, begun = running.session, time.monotonic()
    with loudspeaker(recording) as loud_seconds:
        wait(running, lambda: recording.stat().st_size > 0)
        assert loud_seconds() == 0
        for _ in range(TRIES):
            said = session.tapes[AGENT].end
            go_to_the_line(running)
            key("type", LINE)
            key("key", "Return")
            wait(running, lambda: session.tapes[AGENT].end > said)  # noqa: B023
            wait(running, lambda: not session.speech.speaking and shut(running, AGENT))
            if loud_seconds() > SPOKEN_SECONDS and jaw(running, AGENT, begun) > OPENED:
                break
        assert SPOKEN_SECONDS < loud_seconds() < 5.0 * TRIES
        assert jaw(running, AGENT, begun) > OPENED
        assert jaw(running, USER, begun) < SHUT


def main(folder: Path) -> None:
    """Go through both, and end."""
    os.environ["XDG_DATA_HOME"] = str(folder)
    with live() as running:
        wait(running, lambda: running.session.ready and running.session.devices.device("microphone") is not None)
        a_person_speaks(running, folder / "voice.wav")
        what_is_typed_is_said(running, folder / "out.raw")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
