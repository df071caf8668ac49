"""The agent's sentences on their way from text to its tape, one after the other and ahead of time."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from app.agents.marks import plain_and_marks
from app.conversation.lines import Line, lines_of
from app.conversation.utterance import Utterance, shown
from app.timeline.timeline import AFFECT, AGENT, Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE
from audio_io.voices.voice import Spoken, VoiceSettings
from avatar.life.affect import AFFECTS

SENTENCE_GAP_SECONDS: Final = 0.22
_CLAUSE_GAP_SECONDS: Final = 0.05  # behind a comma; what ends a clause has a pause of its own
_AHEAD_SECONDS: Final = 4.0  # nothing is synthesised further ahead than this
_REMEMBERED: Final = 64  # utterances
_MURMUR_VOLUME: Final = 0.55
_TRIES: Final = 3  # a sentence that no voice can say is left out after so many


class Synthesiser(Protocol):
    """A voice: a sentence to sound at 16 kHz."""

    def speak(self, sentence: str, settings: VoiceSettings) -> Spoken:
        """Return a sentence as sound; raise RuntimeError with the remedy where that cannot be."""


class Speech:
    """The agent's lines. `step` on the speech loop, all else from any thread.

    timeline: whose voice agent_raw is written, sentences with what they show being noted; its voice agent is what the
    loudspeaker was given. again: called with the sample from which on the agent's sound has changed. lead: seconds before it
    sounds that speech has to be on the tape, so that the face hears it in time. silence: makes the loudspeaker drop what has
    not sounded.
    """

    def __init__(
        self, voice: Synthesiser, timeline: Timeline, clock: Clock, again: Callable[[int], None],
        lead: Callable[[], float], silence: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._voice, self._timeline, self._clock, self._again, self._lead = voice, timeline, clock, again, lead
        self._tape, self._played, self._silence = timeline.voices["agent_raw"], timeline.voices["agent"], silence
        self.settings = VoiceSettings()
        self._lines: deque[Line] = deque()
        self._utterances: deque[Utterance] = deque(maxlen=_REMEMBERED)
        self._held: list[Utterance] | None = None
        self._generation = 0
        self._working: int | None = None  # the generation whose sentence is being synthesised
        self._failures = 0
        self._lock = threading.RLock()

    def begin(self) -> int:
        """Return the number of a new reply; lines of earlier ones that wait are no longer said."""
        with self._lock:
            self._generation += 1
            self._lines.clear()
            return self._generation

    def say(self, text: str, generation: int | None = None, not_before: int = 0) -> int:
        """Add marked text to a reply (None: the one under way); return how many sentences will be spoken.

        not_before: the sample before which it must not sound. A stale reply's text is dropped. What is nothing but marks shows
        on the face from then on.
        """
        with self._lock:
            if generation is not None and generation != self._generation:
                return 0
            lines = lines_of(text, early=not self._begun())
            for sentence, marks, pause in lines:
                self._lines.append(Line(self._generation, sentence, marks, pause, not_before))
            alone = [] if lines else [mark for mark in plain_and_marks(text)[1] if mark.name in AFFECTS]
            for mark in alone:
                at = max(int(self._clock.now()), not_before)
                self._timeline.note(AFFECT, at, name=mark.name, strength=mark.strength, who=AGENT)
            return len(lines)

    def _begun(self) -> bool:
        """Tell whether something of the reply under way is said already, or will be."""
        said = any(utterance.generation == self._generation for utterance in self._utterances)
        return said or bool(self._lines) or self._working == self._generation

    def murmur(self, text: str) -> None:
        """Say a short listener's noise quietly, if nothing else is being said."""
        with self._lock:
            if not self.speaking:
                self._lines.append(Line(self._generation, text, (), 0.0, 0, murmur=True))

    def stop(self) -> None:
        """Be silent from now on: what waits and what is already on the tape is forgotten."""
        with self._lock:
            self._generation += 1
            self._lines.clear()
            self._held = None
            self._cut()

    def hold(self) -> None:
        """Hold the breath: be silent at once, and keep what is left."""
        with self._lock:
            if self._held is None:
                self._held = self._cut()

    def go_on(self) -> None:
        """Say what was held, from the word that was cut."""
        with self._lock:
            held, self._held = self._held, None
            for utterance in held or []:
                self._write(utterance)

    def _cut(self) -> list[Utterance]:
        """Silence the tape from now on; what the loudspeaker was given already is dropped. Return what was not heard."""
        at = int(self._clock.now())
        left = [utterance for utterance in self._utterances if utterance.end > at]
        self._timeline.forget(at)
        if left and left[0].start < self._played.end:
            self._played.forget(at)
            self._silence()
        for utterance in left:
            self._utterances.remove(utterance)
        if left and left[0].start < at:
            self._utterances.append(left[0].cut(at))
        self._again(at)
        return [rest for utterance in left if not utterance.murmur and (rest := utterance.rest(at))]

    def _write(self, utterance: Utterance, not_before: int = 0, pause: float = 0.0) -> None:
        """Put an utterance behind the last, as soon as the face can follow."""
        soonest = int(self._clock.now()) + round(self._lead() * SAMPLE_RATE)
        clause = bool(self._utterances) and self._utterances[-1].text.endswith((",", ";", ":"))
        gap = _CLAUSE_GAP_SECONDS if clause else SENTENCE_GAP_SECONDS
        after = self._tape.end + round((gap + pause) * SAMPLE_RATE)
        handed = self._played.end  # what the loudspeaker holds already cannot be changed
        start = max(soonest, after if self._tape.end > self._clock.now() else 0, handed, not_before)
        self._tape.write(start, utterance.audio)
        self._utterances.append(replace(utterance, start=start))
        self._utterances[-1].noted(self._timeline, AGENT)
        self._again(start)

    @property
    def speaking(self) -> bool:
        """Whether there is something left to be heard."""
        with self._lock:
            waiting = bool(self._lines) or self._working is not None or bool(self._held)
            return waiting or any(utterance.end > self._clock.now() for utterance in self._utterances)

    def sounding(self, at: float, tail_seconds: float = 0.0) -> bool:
        """Tell whether the agent holds the floor at a sample; between its sentences it does."""
        with self._lock:
            own = [utterance for utterance in self._utterances if not utterance.murmur]
            tail = tail_seconds * SAMPLE_RATE
            inside = any(utterance.start <= at < utterance.end + tail for utterance in own)
            begun = any(utterance.start <= at for utterance in own)
            return inside or (begun and any(utterance.start > at for utterance in own) and self._gap(own, at))

    @staticmethod
    def _gap(own: list[Utterance], at: float) -> bool:
        before = max(utterance.end for utterance in own if utterance.start <= at)
        after = min(utterance.start for utterance in own if utterance.start > at)
        return after - before < SAMPLE_RATE

    def first_sample(self, generation: int) -> int | None:
        """Return the sample at which a reply begins to sound, None where none of it is on the tape."""
        with self._lock:
            starts = [utterance.start for utterance in self._utterances if utterance.generation == generation]
            return min(starts, default=None)

    def finished(self, generation: int) -> bool:
        """Tell whether all of a reply's text so far has been heard."""
        with self._lock:
            if generation != self._generation:
                return True
            return not self.speaking

    def heard(self, generation: int) -> str:
        """Return the text of a reply as far as it has been heard."""
        now = self._clock.now()
        with self._lock:
            return " ".join(
                part for utterance in self._utterances
                if utterance.generation == generation and not utterance.murmur and (part := utterance.heard(now))
            )  # fmt: skip

    def shown(self, at: float) -> tuple[str, int]:
        """Return the text of the reply that is heard at a sample, and how many of its letters have been."""
        with self._lock:
            return shown(self._utterances, at)

    def step(self) -> bool:
        """Synthesise the next sentence, if one is due, and write it behind the last."""
        with self._lock:
            if (
                self._held is not None
                or not self._lines
                or self._tape.end > self._clock.now() + _AHEAD_SECONDS * SAMPLE_RATE
            ):
                return False
            line = self._lines.popleft()
            self._working = line.generation
        try:
            spoken = self._voice.speak(line.sentence, self._settings_of(line))
        except Exception:  # whatever it was, the sentence is no longer under way
            self._failed(line)
            raise
        with self._lock:
            self._working = None
            self._failures = 0
            if line.generation == self._generation:  # else stopped while it was being made: it must not be heard
                made = Utterance(
                    line.generation, spoken.text, 0, spoken.audio, spoken.words, line.marks, line.murmur
                )  # fmt: skip
                if self._held is None:
                    self._write(made, line.not_before, line.pause)
                else:
                    self._held.append(made)
        return True

    def _settings_of(self, line: Line) -> VoiceSettings:
        volume = self.settings.volume * (_MURMUR_VOLUME if line.murmur else 1.0)
        return replace(self.settings, volume=volume)

    def _failed(self, line: Line) -> None:
        """Keep a sentence that could not be said, to try it again."""
        with self._lock:
            self._working = None
            self._failures += 1
            if line.generation == self._generation and self._failures < _TRIES:
                self._lines.appendleft(line)
