"""What tests share: a real GL context that fails a test which leaves an error, real recordings, a clock moved by hand."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from audio_io.files import stream
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE
from avatar.export.picture import headless_context
from avatar.rig.layout import JAW
from avatar.rig.motion import MotionTrack

# What a shell starts in the background ignores Ctrl+C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

DATA = Path(__file__).parent / "data"
SPEECH = DATA / "speech"
SETTLED_SECONDS = 2.0  # after which a frame of motion is there, or never comes
PATIENCE = 300.0  # s that any test waits for a state to come: a slow, busy machine's


def until(condition: Callable[[], bool]) -> bool:
    """Wait until something is so; return whether it came to be."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


class Mouth:
    """How far a jaw opened (rad) since this was made. `widest` as often as wanted: it misses nothing that came late."""

    def __init__(self, track: MotionTrack, clock: Clock) -> None:
        self._track, self._clock = track, clock
        self._at, self._widest = int(clock.now()), 0.0

    def widest(self) -> float:
        while self._at < self._clock.now() - SETTLED_SECONDS * SAMPLE_RATE:
            self._widest = max(self._widest, float(self._track.sample(self._at)[JAW.start]))
            self._at += self._track.step
        return self._widest


@pytest.fixture
def gl() -> Iterator[moderngl.Context]:
    """A headless GL context."""
    context = headless_context()
    yield context
    error = context.error
    context.release()
    assert error == "GL_NO_ERROR"


class HandTime:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand_time() -> HandTime:
    """A monotonic time that stands still until the test moves it."""
    return HandTime()


@pytest.fixture
def clock(hand_time: HandTime) -> Clock:
    """A clock on the hand-moved time; sample 0 is its start."""
    return Clock(hand_time)


@pytest.fixture(scope="session")
def speech() -> np.ndarray:
    """Twelve seconds of a real person reading, 16 kHz."""
    return np.concatenate(list(stream(SPEECH / "lv0870.flac", 16_000)))
