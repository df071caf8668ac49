"""Which motion model runs: loads the first, changes over to another without a break, and says when one cannot keep up."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from app.errors import in_words
from app.session.faces import bridge, load_heads
from app.session.models import FALLBACK, basis_warning, fitting_looks, load_model, title_of, without_pauses
from app.session.trial import MOST_LOAD, Offer, context_of, offered, tried
from app.settings import ModelOptions
from app.timeline.timeline import Timeline
from audio_io.notice import Notice, Tell, Trouble
from audio_io.time.clock import Clock
from avatar.rig.basis import NAMED, same_basis
from inference.motion.model import NEUTRAL, Conditions

if TYPE_CHECKING:  # torch is loaded once the window is up
    from inference.motion.model import MotionModel
    from inference.motion.streaming import Animator

_LOG: Final = logging.getLogger(__name__)
_LEAD_SECONDS: Final = 0.36  # of speech before it sounds, while no model says how much it needs
_OVERLOAD: Final = 1.0
_OVERLOADED_SECONDS: Final = 3.0


@dataclass(eq=False)
class _Wish:
    """A model that was asked for, and its animator once there is one; done: whether it came, or will not."""

    name: str
    animator: "Animator | None" = None
    done: bool = False


class Animation:
    """The motion of both heads. `step` on the animation loop, which alone changes models and bases; all else from any thread.

    timeline: whose tapes are heard and whose tracks are written; which model runs, and its basis, is noted as it changes.
    say: told what happens; offer: told of a model that cannot keep up, Duet going on meanwhile. options: how models run.
    """

    def __init__(
        self, clock: Clock, timeline: Timeline, seed: int, say: Tell, offer: Callable[[Offer], None],
        options: ModelOptions,
    ) -> None:  # fmt: skip
        self._clock, self._timeline, self._seed, self._options = clock, timeline, seed, options
        self._say, self._offer = say, offer
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()  # of the loop
        self._wish = _Wish("", done=True)  # of models asked for, only the last comes
        self._animator: Animator | None = None
        self._late_since: float | None = None
        self._meaning = NAMED, 0
        self._lock = threading.Lock()  # a model takes over, or sound is forgotten: one after the other
        self.conditions = NEUTRAL, NEUTRAL  # what is asked of both faces
        self._holds("basis", NAMED)

    @property
    def name(self) -> str:
        """The model that runs, empty while the first is loaded."""
        return self._animator.model.name if self._animator else ""

    @property
    def loading(self) -> str:
        """The model that is being loaded beside the one that runs, empty where there is none."""
        wish = self._wish
        return "" if wish.done else wish.name

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
        return self._meaning[0]

    @property
    def meaning(self) -> tuple[str, int]:
        """The basis, with a number that is another each time the expressions in the tracks come to mean something else."""
        return self._meaning

    def ask(self, conditions: tuple[Conditions, Conditions]) -> None:
        """Ask something of the user's and the agent's face, from the next hop on."""
        self.conditions = conditions

    def forget(self, sample: int) -> None:
        """Hear the sound from `sample` on anew: it has changed. No frame of what it was comes after this."""
        with self._lock:
            for animator in {self._animator, self._wish.animator}:
                if animator is not None:
                    animator.forget(sample)

    def draw_in(self, basis: str) -> None:
        """Write frames in another basis, soon: that of the heads that are shown."""
        self._asked.put(partial(self._draw_in, basis))

    def step(self) -> bool:
        """Do what was asked, and animate what is due; return whether there was anything."""
        if self._animator is None:
            self._animator = self._new_animator(self._loaded(FALLBACK), NAMED, shown=True)
            self._holds("model", FALLBACK)
            self._threads(FALLBACK)
        while not self._asked.empty():
            self._asked.get()()
        animator = self._animator
        animator.conditions = self.conditions
        busy = animator.step()
        if busy and animator.model.name != FALLBACK:
            self._watch_load(animator)
        return busy

    def use(self, name: str, hop: float | None = None) -> None:
        """Load a model beside the one that runs, and change over once it is ready; with another hop (s) where given."""
        self._wish = wish = _Wish(name)
        options = self._options
        if hop is not None:
            context = max(options.context or 0, math.ceil(context_of(hop)) * 1000)
            options = replace(options, hop=round(hop * 1000), context=context)
        threading.Thread(target=self._load, args=(wish, options), name="loading", daemon=True).start()

    def bring(self, model: "MotionModel[Any]") -> None:
        """Change over to a model that is there already, once it has heard what there is; on the caller's thread."""
        self._wish = wish = _Wish(model.name)
        self._bring(wish, model)

    def _load(self, wish: _Wish, options: ModelOptions) -> None:
        try:
            self._say(Notice(f"{title_of(wish.name)} is being loaded"))
            self._threads(wish.name)
            model = self._loaded(wish.name, options)
            cost = tried(model)
            if wish.name == FALLBACK or cost <= MOST_LOAD * model.hop_seconds:
                self._bring(wish, model)
                return
            if wish is self._wish:
                self._say(
                    Trouble(f"{title_of(wish.name)} cannot keep up on this machine: {title_of(FALLBACK)} goes on")
                )
                self._offer(offered(model, cost))
        except Exception as error:  # a thread's failures are caught once, here
            _LOG.error("%s was not loaded", wish.name, exc_info=error)
            self._say(Trouble(in_words(error)))
        wish.done = True

    def _bring(self, wish: _Wish, model: "MotionModel[Any]") -> None:
        """Let a model hear what there is, unseen, and hand it to the loop."""
        heads = load_heads(fitting_looks(model.basis))  # so that they are there when they are shown
        animator = self._new_animator(model, heads[0].model.basis, shown=False)
        wish.animator = animator  # from here on it is told what is forgotten: it has heard nothing yet
        animator.catch_up()
        self._asked.put(partial(self._change_over, wish, animator))

    def _loaded(self, name: str, options: ModelOptions | None = None) -> "MotionModel[Any]":
        with without_pauses():
            return load_model(options or self._options, name)

    def _new_animator(self, model: "MotionModel[Any]", basis: str, shown: bool) -> "Animator":
        from inference.motion.streaming import Animator

        timeline = self._timeline
        return Animator(
            model, self._clock, timeline.tapes, timeline.tracks, self._seed, basis, shown, self.conditions, bridge()
        )

    @staticmethod
    def _threads(name: str) -> None:
        """Give the calling thread's layers one core (Duet: more makes it slower), or all but one, for sound and window."""
        import torch

        torch.set_num_threads(1 if name == FALLBACK else max(1, (os.cpu_count() or 2) - 1))

    def _change_over(self, wish: _Wish, animator: "Animator") -> None:
        """Let a model write frames from here on: they begin ahead of what is on screen, where the last model is."""
        self._threads(wish.name)
        animator.catch_up()
        with self._lock:
            if wish is not self._wish:
                return  # by now another is wanted, and this one was not told what was forgotten since
            self._mean(animator.basis)
            animator.shown = True
            self._animator = animator
            self._holds("model", wish.name)
        self._late_since = None
        wish.done = True
        warning = basis_warning(animator.model.basis, animator.basis)
        self._say(Trouble(warning) if warning else Notice(f"{title_of(wish.name)} moves the faces"))

    def _mean(self, basis: str) -> None:
        """Let expressions in the tracks be of a basis from here on; what they meant before they do not mean any more."""
        if not same_basis(basis, self.basis):
            for track in self._timeline.tracks:
                track.forget(0)
        self._meaning = basis, self._meaning[1] + 1
        self._holds("basis", basis)

    def _holds(self, kind: str, name: str) -> None:
        """Note what is so from now on."""
        self._timeline.state(kind, int(self._clock.now()), name=name)

    def _draw_in(self, basis: str) -> None:
        if self._animator is not None and not same_basis(basis, self.basis):
            self._animator.draw_in(basis)
            self._mean(basis)

    def _watch_load(self, animator: "Animator") -> None:
        """Go back to Duet, and say so, where the model has not kept up for some seconds."""
        now = time.monotonic()
        if animator.load < _OVERLOAD:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since > _OVERLOADED_SECONDS:
            self._late_since = math.inf
            self._offer(offered(animator.model, animator.load * animator.model.hop_seconds))
            if not self.loading:  # else another was asked for already
                self.use(FALLBACK)
