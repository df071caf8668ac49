"""Which motion model runs: loads the first, changes over to another without a break, and says when one cannot keep up."""

import argparse
import atexit
import gc
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.errors import in_words
from app.session.faces import bridge, load_heads
from app.session.models import TITLES, basis_warning, fitting_looks, load_model
from audio_io.notice import Notice, Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.basis import NAMED, same_basis
from avatar.rig.motion import MotionTrack
from inference.motion.model import NEUTRAL, Conditions

if TYPE_CHECKING:  # torch is loaded once the window is up
    from inference.motion.model import MotionModel
    from inference.motion.streaming import Animator

_LOG: Final = logging.getLogger(__name__)
_LEAD_SECONDS: Final = 0.36  # of speech before it sounds, while no model says how much it needs
_MOST_LOAD: Final = 0.8  # of a hop that a model may take when it is tried: other work comes in its way
_OVERLOAD: Final = 1.0
_OVERLOADED_SECONDS: Final = 3.0
_HOP_STEP, _LONGEST_HOP = 0.16, 4.0  # s
_TRIED_HOPS: Final = 3
_BESIDE_HOPS: Final = 1.0  # s


def _context(hop: float) -> float:
    """Return the least context (s) for a hop: the agent's sound is read two ahead, and what was said before counts too."""
    return 2 * hop + _BESIDE_HOPS


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Load libraries inside: collecting garbage among all their objects would hold the interpreter, and the sound, for 0.2 s.

    What is there afterwards is not looked through again until the end.
    """
    atexit.register(gc.unfreeze)  # else what is still held then would be reported as lost
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


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
        text = f"{TITLES[self.name]} needs {need} on this machine and cannot keep up."
        if self.longer is None:
            return f"{text} Duet goes on."
        late = f"your face is then shown about {2 * self.longer:.1f} s late"
        return f"{text} With a hop of {self.longer:.2f} s it can, but {late}. Meanwhile Duet goes on."


@dataclass(frozen=True)
class _Coming:
    animator: "Animator"
    basis: str


class Animation:
    """The motion of both heads. `step` on the animation loop; `use` from any thread.

    say: told what happens; offer: told of a model that cannot keep up, Duet going on meanwhile. options: how DualTalk
    runs, see `app.session.models`.
    """

    def __init__(
        self, clock: Clock, tapes: tuple[Tape, Tape], tracks: tuple[MotionTrack, MotionTrack], seed: int,
        say: Tell, offer: Callable[[Offer], None], options: argparse.Namespace,
    ) -> None:  # fmt: skip
        self._parts, self._seed, self._say, self._offer = (clock, tapes, tracks), seed, say, offer
        self._options = options
        self._animator: Animator | None = None
        self._coming: _Coming | None = None
        self._wanted = 0  # counts what was asked for: of two models asked for, only the last comes
        self._late_since: float | None = None
        self._basis = NAMED
        self.conditions = NEUTRAL, NEUTRAL  # what is asked of both faces
        self.loading = ""  # the name of a model that is being loaded beside the one that runs

    @property
    def name(self) -> str:
        """The model that runs, empty while the first is loaded."""
        return self._animator.model.name if self._animator else ""

    @property
    def model_basis(self) -> str:
        """What the expressions of the model that runs mean."""
        return self._animator.model.basis if self._animator else NAMED

    @property
    def user_delay(self) -> float:
        """Samples by which the user's face is shown late."""
        return self._animator.user_delay if self._animator else 0.0

    def speech_lead(self) -> float:
        """Return the seconds before it sounds that the agent's speech has to be on its tape."""
        return self._animator.speech_lead if self._animator else _LEAD_SECONDS

    def playback_lead(self) -> float:
        """Return the seconds before it sounds that a recording, known ahead, has to be on the tapes."""
        return self._animator.reading_lead if self._animator else _LEAD_SECONDS

    @property
    def basis(self) -> str:
        """What the expressions in the tracks mean."""
        return self._basis

    def ask(self, conditions: tuple[Conditions, Conditions]) -> None:
        """Ask something of the user's and the agent's face, from the next hop on."""
        self.conditions = conditions
        if self._animator is not None:
            self._animator.conditions = conditions

    def forget(self, sample: int) -> None:
        """Hear the agent's sound from `sample` on anew: it has changed."""
        if self._animator is not None:
            self._animator.forget(sample)

    def step(self) -> bool:
        """Animate what is due; return whether there was anything."""
        if self._animator is None:
            self._animator = self._new_animator(self._loaded("duet"), NAMED)
            self._threads("duet")
        if self._coming is not None:
            self._change_over(self._coming)
        busy = self._animator.step()
        if busy and self._animator.model.name != "duet":
            self._watch_load(self._animator)
        return busy

    def use(self, name: str, hop: float | None = None) -> None:
        """Load a model beside the one that runs, and change over once it is ready; with another hop (s) where given."""
        self._wanted += 1
        self.loading = name
        self._say(Notice(f"{TITLES[name]} is being loaded"))
        options = argparse.Namespace(**vars(self._options))
        if hop is not None:
            options.hop = round(hop * 1000)
            options.context = max(getattr(options, "context", None) or 0, math.ceil(_context(hop)) * 1000)
        threading.Thread(target=self._load, args=(name, options, self._wanted), name="loading", daemon=True).start()

    def _load(self, name: str, options: argparse.Namespace, wanted: int) -> None:
        try:
            self._threads(name)
            model = self._loaded(name, options)
            cost = self._tried(model)
            if name != "duet" and cost > _MOST_LOAD * model.hop_seconds:
                if wanted == self._wanted:
                    self._say(Trouble(f"{TITLES[name]} cannot keep up on this machine: Duet goes on"))
                    self._offer(self._offered(model, cost))
                return
            heads = load_heads(fitting_looks(model.basis))  # so that they are there when they are shown
            basis = heads[0].model.basis
            coming = _Coming(self._new_animator(model, basis, shown=False), basis)
            if wanted == self._wanted:
                self._coming = coming
                warning = basis_warning(model.basis, basis)
                self._say(Trouble(warning) if warning else Notice(f"{TITLES[name]} moves the faces"))
        except Exception as error:  # a thread's failures are caught once, here
            _LOG.error("%s was not loaded", name, exc_info=error)
            self._say(Trouble(in_words(error)))
        finally:
            if wanted == self._wanted:
                self.loading = ""

    def _loaded(self, name: str, options: argparse.Namespace | None = None) -> "MotionModel[Any]":
        with _without_pauses():
            return load_model(options or self._options, name)

    def _new_animator(self, model: "MotionModel[Any]", basis: str, shown: bool = True) -> "Animator":
        from inference.motion.streaming import Animator

        return Animator(model, *self._parts, self._seed, basis, shown, self.conditions, bridge())

    @staticmethod
    def _threads(name: str) -> None:
        """Give the calling thread's layers one core (Duet: more makes them slower), or all but one, for sound and window."""
        import torch

        torch.set_num_threads(1 if name == "duet" else max(1, (os.cpu_count() or 2) - 1))

    @staticmethod
    def _tried(model: "MotionModel[Any]") -> float:
        """Return what a hop costs (s), the best of some."""
        import numpy as np

        state = model.start()
        audio = np.zeros((2, round(model.hop_seconds * 16_000)), np.float32)
        costs = []
        for _ in range(_TRIED_HOPS):
            begun = time.perf_counter()
            _, state = model.step(audio, state, model.live_look_aheads)
            costs.append(time.perf_counter() - begun)
        return min(costs)

    @staticmethod
    def _offered(model: "MotionModel[Any]", cost: float) -> Offer:
        """Return what to offer, a hop costing `cost` seconds: it goes with the context, and that grows with the hop."""
        hops = (n * _HOP_STEP for n in range(1, round(_LONGEST_HOP / _HOP_STEP) + 1))
        each = cost / model.context_seconds
        able = (
            h for h in hops if h > model.hop_seconds and each * max(model.context_seconds, _context(h)) < _MOST_LOAD * h
        )
        return Offer(model.name, cost, model.hop_seconds, next(able, None))

    def _change_over(self, coming: _Coming) -> None:
        self._coming = None
        self._threads(coming.animator.model.name)
        coming.animator.take_over()
        self._forget_other(coming.basis)
        self._animator, self._basis = coming.animator, coming.basis
        self._late_since = None

    def _forget_other(self, basis: str) -> None:
        if not same_basis(basis, self._basis):
            for track in self._parts[2]:
                track.forget(0)  # what expressions meant there, they do not mean here

    def draw_in(self, basis: str) -> None:
        """Write frames in another basis from now on: that of the heads that are shown."""
        if self._animator is not None and not same_basis(basis, self._basis):
            self._animator.basis = basis
            self._forget_other(basis)
            self._basis = basis

    def _watch_load(self, animator: "Animator") -> None:
        """Go back to Duet, and say so, where the model has not kept up for some seconds."""
        now = time.monotonic()
        if animator.load < _OVERLOAD:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since > _OVERLOADED_SECONDS:
            self._late_since = math.inf
            self._offer(self._offered(animator.model, animator.load * animator.model.hop_seconds))
            self.use("duet")
