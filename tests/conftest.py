"""What tests share: a real GL context that fails a test which leaves an error, real recordings, a clock moved by hand."""

from collections.abc import Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from audio_io.clock import Clock
from audio_io.files import stream
from avatar.export.picture import headless_context

DATA = Path(__file__).parent / "data"
SPEECH = DATA / "speech"


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
