"""What every motion model offers: two speakers' sound in, both faces' motion out, hop by hop."""

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Motion = NDArray[np.float32]
State = TypeVar("State")


class MotionModel(Protocol[State]):
    """A model of two faces in conversation. The state is apart from the weights, so that it can be kept and taken back.

    look_aheads: seconds past a frame that the model can be let hear before it draws it, in rising order.
    """

    frames_per_second: int
    look_aheads: tuple[float, ...]
    basis: str

    def start(self, seed: int) -> State:
        """Return the state of a conversation that begins."""

    def step(self, audio: Audio, state: State, look_aheads: tuple[int, int]) -> tuple[Motion, State]:
        """Return motion [2, T, 56] and the next state; `state` itself is left as it was.

        audio: [2, T * samples a frame] at 16 kHz, -1 to 1, first and second speaker. look_aheads: for each speaker the
        index in `look_aheads`; the motion returned is that long older than the audio's end.
        """
