"""What every speech recogniser offers, inside its own process: sound in as it comes, words out when asked."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


class Recognizer(Protocol):
    """Speech to text for one speaker, a stretch of speech at a time."""

    def start(self) -> None:
        """Begin a new stretch; what was heard before is forgotten."""

    def hear(self, audio: Audio) -> None:
        """Take more sound [N] at 16 kHz."""

    def text(self) -> str:
        """Return what the stretch says so far, empty where it says nothing."""

    def finish(self) -> str:
        """Return what the whole stretch says; `hear` may go on with it."""
