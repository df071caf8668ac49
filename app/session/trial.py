"""Whether a motion model keeps up on this machine: what a hop costs it, and what to offer where it does not."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.session.models import FALLBACK, title_of
from audio_io.time.tape import SAMPLE_RATE

if TYPE_CHECKING:  # torch is loaded once the window is up
    from inference.motion.model import MotionModel

MOST_LOAD: Final = 0.8  # of a hop that a model may take when it is tried: other work comes in its way
_HOP_STEP, _LONGEST_HOP = 0.16, 4.0  # s
_TRIED_HOPS: Final = 3
_BESIDE_HOPS: Final = 1.0  # s


def context_of(hop: float) -> float:
    """Return the least context (s) for a hop: the agent's sound is read two ahead, and what was said before counts too."""
    return 2 * hop + _BESIDE_HOPS


@dataclass(frozen=True)
class Offer:
    """A model that cannot keep up here: what a hop costs it, the hop (s), and a longer one that would do, if any."""

    name: str
    cost: float
    hop: float
    longer: float | None

    def told(self) -> str:
        """Return the offer in words."""
        need = f"{self.cost:.2f} s for each {self.hop:.2f} s of sound"
        text = f"{title_of(self.name)} needs {need} on this machine and cannot keep up."
        if self.longer is None:
            return f"{text} {title_of(FALLBACK)} goes on."
        late = f"your face is then shown about {2 * self.longer:.1f} s late"
        return f"{text} With a hop of {self.longer:.2f} s it can, but {late}. Meanwhile {title_of(FALLBACK)} goes on."


def tried(model: "MotionModel[Any]") -> float:
    """Return what a hop costs (s), the best of some."""
    state = model.start()
    audio = np.zeros((2, round(model.hop_seconds * SAMPLE_RATE)), np.float32)
    costs = []
    for _ in range(_TRIED_HOPS):
        begun = time.perf_counter()
        _, state = model.step(audio, state, model.live_look_aheads)
        costs.append(time.perf_counter() - begun)
    return min(costs)


def offered(model: "MotionModel[Any]", cost: float) -> Offer:
    """Return what to offer, a hop costing `cost` seconds: it goes with the context, and that grows with the hop."""
    hops = (n * _HOP_STEP for n in range(1, round(_LONGEST_HOP / _HOP_STEP) + 1))
    each = cost / model.context_seconds
    able = (
        h for h in hops if h > model.hop_seconds and each * max(model.context_seconds, context_of(h)) < MOST_LOAD * h
    )
    return Offer(model.name, cost, model.hop_seconds, next(able, None))
