"""Follows the person's speech with a recogniser: partial words while they speak, the whole text when they pause."""

import threading
from collections.abc import Callable
from typing import Final

from audio_io.notice import Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from inference.recognition.process import CannotStartError, Hearing, RecognizerProcess
from inference.recognition.recognizer import Heard

_BEFORE_SECONDS: Final = 0.3  # of sound before the first voiced sample, where soft consonants are
_AFTER_SECONDS: Final = 0.12
_PARTIAL_SECONDS: Final = 0.3  # between texts while the person speaks, at least
_PARTIAL_SHARE: Final = 3  # times what the last text took: it has a core for a third of the time
_PIECE: Final = SAMPLE_RATE  # samples handed over at most at once


class Ears:
    """The recogniser of one conversation. `step` on its own loop, all else from any thread.

    said: called on the loop with (turn, pause, what was heard, the sample at which that begins) once a stretch that ended
    with a pause is understood; pauses of a turn are counted. say: told in words what is wrong. A recogniser that cannot start
    gives way to PocketSphinx.
    """

    def __init__(self, tape: Tape, clock: Clock, said: Callable[[int, int, Heard, int], None], say: Tell) -> None:
        self._tape, self._clock, self._said, self._say = tape, clock, said, say
        self._process: RecognizerProcess | None = None
        self._wanted = self._given = Hearing()  # which is to hear, and for which the process was made
        self._turn = self._pause = 0
        self._begin = self._fed = 0
        self._until: int | None = None  # where the stretch ends, once the person has paused
        self._hearing = self._started = False
        self._text = ""
        self._partial_at = 0.0  # the sample from which the next partial text is due
        self._told = ""
        self._lock = threading.Lock()

    def use(self, hearing: Hearing) -> None:
        """Hear with another recogniser from the next stretch on."""
        self._wanted = hearing

    @property
    def hearing(self) -> Hearing:
        """The recogniser in use."""
        return self._wanted

    @property
    def pid(self) -> int | None:
        """The recogniser's process, None where none runs."""
        process = self._process
        return process.pid if process else None

    def begin(self, turn: int, sample: int) -> None:
        """A turn begins at a sample."""
        with self._lock:
            self._turn, self._pause, self._text, self._until = turn, 0, "", None
            self._begin = max(sample - round(_BEFORE_SECONDS * SAMPLE_RATE), 0)
            self._fed, self._hearing, self._started = self._begin, True, False

    def pause(self, sample: int) -> None:
        """The person pauses, the last voiced sample being `sample`: what does the stretch say?"""
        with self._lock:
            if self._hearing:
                self._until = sample + round(_AFTER_SECONDS * SAMPLE_RATE)

    def resume(self) -> None:
        """The person goes on: the answer for the pause is stale."""
        with self._lock:
            self._pause += 1
            self._until = None

    def stop(self) -> None:
        """The turn is over, or was none; an answer that is still under way is given."""
        with self._lock:
            self._hearing = self._until is not None

    def drop(self) -> None:
        """It was no turn: nobody waits for what it says."""
        with self._lock:
            self._hearing, self._until, self._turn = False, None, -1

    def text(self, turn: int) -> str:
        """Return what a turn says so far."""
        with self._lock:
            return self._text if turn == self._turn else ""

    @property
    def pauses(self) -> int:
        """How often the person went on after a pause of this turn."""
        return self._pause

    @property
    def busy(self) -> bool:
        """Whether a pause still waits for its text."""
        return self._until is not None

    def step(self) -> bool:
        """Hand over new sound, and ask what it says where that is due."""
        process = self._current()
        with self._lock:
            if not self._hearing:
                return False
            turn, pause, until, start = self._turn, self._pause, self._until, not self._started
            self._started = True
            begin = self._fed
            end = min(self._tape.end, until if until is not None else self._tape.end, begin + _PIECE)
        try:
            return self._follow(process, turn, pause, until, start, begin, end)
        except CannotStartError as error:
            self._give_way(process, str(error))
            self._again(turn)
        except RuntimeError as error:
            self._tell(str(error))
            self._again(turn)
        return False

    def _current(self) -> RecognizerProcess:
        wanted = self._wanted
        if self._process is None or self._given != wanted:
            if self._process:
                self._process.close()
            self._given = wanted
            self._process = RecognizerProcess(wanted)
            self._attempt(self._process)
        return self._process

    def _attempt(self, process: RecognizerProcess) -> None:
        try:
            process.warm()
        except CannotStartError as error:
            self._give_way(process, str(error))

    def _give_way(self, process: RecognizerProcess, reason: str) -> None:
        """Go on with what is always there; where that is what cannot start, it is tried again."""
        fallback = Hearing(phrases=process.hearing.phrases)
        if process.hearing == fallback:
            self._tell(reason)
        else:
            self._tell(f"{reason}; until then {fallback.title} hears")
            process.close()
            self._process = RecognizerProcess(fallback)

    def _follow(
        self, process: RecognizerProcess, turn: int, pause: int, until: int | None, start: bool, begin: int, end: int
    ) -> bool:
        if start:
            process.start()
        if end > begin:
            process.hear(self._tape.read(begin, end - begin))
        with self._lock:
            if turn != self._turn:
                return True
            self._fed = max(end, self._fed)
            complete = until is not None and self._until == until and self._fed >= min(until, self._tape.end)
        if complete and until is not None and self._tape.end >= until:
            self._finish(turn, pause, process.finish())
            return True
        now = self._clock.now()
        if until is None and now >= self._partial_at and end > begin:
            self._partial(turn, process.text())
            cost = self._clock.now() - now
            self._partial_at = now + cost + max(_PARTIAL_SHARE * cost, _PARTIAL_SECONDS * SAMPLE_RATE)
        return end - begin >= _PIECE

    def _partial(self, turn: int, text: str) -> None:
        with self._lock:
            if turn == self._turn and text:
                self._text = text

    def _finish(self, turn: int, pause: int, heard: Heard) -> None:
        with self._lock:
            self._told = ""
            if turn != self._turn or pause != self._pause or self._until is None:
                return
            self._text, self._until, begin = heard.text, None, self._begin
        self._said(turn, pause, heard, begin)

    def _again(self, turn: int) -> None:
        """Hear the turn again from its start once a recogniser is back; a turn that already ended is let go."""
        with self._lock:
            if turn == self._turn:
                self._started, self._fed = False, self._begin
                if self._clock.now() - (self._until or self._clock.now()) > 20 * SAMPLE_RATE:
                    self._hearing, self._until = False, None

    def _tell(self, reason: str) -> None:
        if reason != self._told:
            self._told = reason
            self._say(Trouble(reason))

    def close(self) -> None:
        """End the recogniser."""
        if self._process:
            self._process.close()
