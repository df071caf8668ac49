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
    hop_seconds: the sound that it likes to be given at once. context_seconds: how far back what it heard matters.
    lead_seconds: by how much its faces have to be shown earlier than their sound, as real ones are.
    live_look_aheads: the index in `look_aheads` that is good, live, for a user who is heard late and for an agent whose
    sound is known ahead. basis: what the expression means, see `avatar.basis`.
    """

    name: str
    frames_per_second: int
    look_aheads: tuple[float, ...]
    hop_seconds: float
    context_seconds: float
    lead_seconds: float
    live_look_aheads: tuple[int, int]
    basis: str

    def start(self, seed: int = 0, ahead: int = 0) -> State:
        """Return the state of a conversation that begins.

        ahead: samples by which the second speaker's sound is given earlier than the first's, a whole number of frames.
        """

    def step(self, audio: Audio, state: State, look_aheads: tuple[int, int]) -> tuple[Motion, State]:
        """Return motion [2, T, 56] and the next state; `state` itself is left as it was.

        audio: [2, T * samples a frame] at 16 kHz, -1 to 1, first and second speaker. look_aheads: for each speaker the
        index in `look_aheads`; the motion returned is that long older than the audio's end.
        """
