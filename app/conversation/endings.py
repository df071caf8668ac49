"""Judges by its sound whether a pause ends a turn, where the package that knows is installed; else nobody judges."""

import threading
from typing import Final

from app.conversation.turns import Event, Kind
from audio_io.completion import HEARD_SECONDS, Completion, network_file
from audio_io.time.tape import SAMPLE_RATE, Tape

_BEFORE_SECONDS: Final = 0.3  # of sound before the first voiced sample, where soft consonants are
_AFTER_SECONDS: Final = 0.1  # of the pause
_LATEST_SECONDS: Final = 0.3  # that an answer waits for the judgement


class Endings:
    """Each pause of the person's is judged once. `step` on its own loop, all else from any thread."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._began = 0
        # Values that are replaced whole: the pause that waits, by its last voiced sample; the last judgement.
        self._asked: int | None = None
        self._judged: tuple[int, float] | None = None
        self._settled = threading.Event()
        self._settled.set()
        self._network: Completion | None = None
        self._looked = False

    def happened(self, event: Event) -> None:
        """Hear what happens to the turn."""
        if event.kind is Kind.BEGAN:
            self._began = event.at
        elif event.kind is Kind.PAUSED and (self._network or not self._looked):
            self._settled.clear()
            self._asked = event.speech
        elif event.kind in (Kind.RESUMED, Kind.ENDED, Kind.DROPPED):
            self._forget()

    def _forget(self) -> None:
        self._asked = None
        self._settled.set()

    @property
    def busy(self) -> bool:
        """Whether a pause still has to be judged."""
        return self._asked is not None

    def settle(self) -> None:
        """Wait for the judgement that is under way, which takes a tenth of a second."""
        self._settled.wait(_LATEST_SECONDS)

    def complete(self, speech: int) -> float | None:
        """Return how probable, 0 to 1, the turn is over whose last voiced sample is `speech`; None where nobody judged."""
        judged = self._judged
        return judged[1] if judged and judged[0] == speech else None

    def look_again(self) -> None:
        """Look for the network at the next step, for it may have come."""
        self._looked = self._network is not None

    def step(self) -> bool:
        """Look for the network the first time; judge the pause that waits, if any."""
        if not self._looked:
            self._look()
        asked, network = self._asked, self._network
        if asked is None or network is None or self._tape.end < (end := asked + round(_AFTER_SECONDS * SAMPLE_RATE)):
            return False
        begin = max(self._began - round(_BEFORE_SECONDS * SAMPLE_RATE), end - HEARD_SECONDS * SAMPLE_RATE, 0)
        try:
            self._judged = (asked, network.probability(self._tape.read(begin, end - begin)))
        finally:
            if self._asked == asked:
                self._forget()
        return True

    def _look(self) -> None:
        self._looked = True
        path = network_file()
        if path is not None:
            self._network = Completion(path)
        else:
            self._forget()
