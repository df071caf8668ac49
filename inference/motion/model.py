"""What every motion model offers: two speakers' sound in, both faces' motion out, hop by hop."""

from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Motion = NDArray[np.float32]
State = TypeVar("State")
EMOTIONS: Final = ("happy", "sad", "angry", "surprised")
MOST_EXPRESSIVE: Final = 2.0


@dataclass(frozen=True)
class Conditions:
    """What is asked of a speaker's face.

    attitude: towards the partner, -1 negative to 1 positive. emotion: neutral, happy, sad, angry or surprised, with its
    strength from 0 to 1. mouth, head, face: how expressive each is, 1 as it comes, 0 still, at most 2.
    """

    attitude: float = 0.0
    emotion: str = "neutral"
    strength: float = 1.0
    mouth: float = 1.0
    head: float = 1.0
    face: float = 1.0

    def __post_init__(self) -> None:
        if self.emotion not in ("neutral", *EMOTIONS):
            raise ValueError(f"emotion is one of neutral, {', '.join(EMOTIONS)}, not {self.emotion!r}")
        if not (-1 <= self.attitude <= 1 and 0 <= self.strength <= 1):
            raise ValueError("attitude lies between -1 and 1, strength between 0 and 1")
        if not all(0 <= value <= MOST_EXPRESSIVE for value in (self.mouth, self.head, self.face)):
            raise ValueError(f"expressiveness of mouth, head and face lies between 0 and {MOST_EXPRESSIVE:g}")


NEUTRAL: Final = Conditions()


class MotionModel(Protocol[State]):
    """A model of two faces in conversation. The state is apart from the weights, so that it can be kept and taken back.

    look_aheads: seconds past a frame that the model can be let hear before it draws it, in rising order.
    hop_seconds: the sound that it likes to be given at once. context_seconds: how far back what it heard matters.
    lead_seconds: by how much its faces have to be shown earlier than their sound, as real ones are.
    live_look_aheads: the index in `look_aheads` that is good, live, for a user who is heard late and for an agent whose
    sound is known ahead. basis: what the expression means, see `avatar.rig.basis`.
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

    def step(
        self, audio: Audio, state: State, look_aheads: tuple[int, int],
        conditions: tuple[Conditions, Conditions] = (NEUTRAL, NEUTRAL), partner_motion: Motion | None = None,
    ) -> tuple[Motion, State]:  # fmt: skip
        """Return motion [2, T, 56] and the next state; `state` itself is left as it was.

        audio: [2, T * samples a frame] at 16 kHz, -1 to 1, first and second speaker. look_aheads: for each speaker the
        index in `look_aheads`; the motion returned is that long older than the audio's end. conditions: what is asked of
        each; a model that was not trained to follow them leaves them. partner_motion: [T, 56], what the second speaker
        really shows, where it is known; a model that makes both faces by itself leaves it.
        """
