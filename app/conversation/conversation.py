"""The spoken conversation, put together once: listening, recognition, dialogue, recording."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.agents.agent import Agent
from app.agents.persona.persona import Persona
from app.agents.persona.state import PersonaState
from app.conversation.dialogue import Dialogue
from app.conversation.ears import Ears
from app.conversation.endings import Endings
from app.conversation.listener import Listener
from app.conversation.rehearsal import Likely
from app.conversation.speech import Speech
from app.conversation.turns import Event
from app.conversation.waterfall import Waterfall
from app.log import note_event
from app.store import store
from app.timeline.recording import Recording
from app.timeline.timeline import AGENT, Timeline
from audio_io.notice import Tell
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.rig.layout import JAW
from inference.recognition.process import Hearing
from inference.recognition.recognizer import Heard

_OPENED: Final = 0.03  # rad that the jaw has moved when the mouth counts as speaking
_MOUTH_SECONDS: Final = 0.5
SHOWN_SECONDS: Final = 6.0  # that the person's last words stay on screen


@dataclass(frozen=True)
class _Words:
    """The person's last words: of which turn, whether it is all of them, and the sample at which they came."""

    turn: int = 0
    text: str = ""
    final: bool = True
    at: int = 0


class Conversation:
    """A person and an agent talking. `step` on the listening loop, `record_step` on the recording's, all else from any thread.

    say: told in words what is wrong.
    """

    def __init__(
        self, agent: Agent[Any], speech: Speech, clock: Clock, heard: Tape, timeline: Timeline,
        own: Callable[[int], bool], say: Tell, hearing: Hearing | None = None,
    ) -> None:  # fmt: skip
        self._speech, self._clock, self.timeline, self._say = speech, clock, timeline, say
        self.ears = Ears(heard, clock, self._understood, say)
        self.endings = Endings(heard)
        self.dialogue = Dialogue(agent, speech, self.ears, clock, self, lambda text, at: self.listener.wait(text, at))
        self.listener = Listener(
            heard, clock, speech, self.ears.text, lambda: self.ears.busy or self.endings.busy, self.dialogue.knows,
            self.endings.complete, own, self._happened,
        )  # fmt: skip
        self.recording: Recording | None = None
        self.opened = False
        self._words = _Words()
        self._lock = (
            threading.Lock()
        )  # of the words, what is partial never coming over what is final; of ending a recording
        self._delay = -1.0
        self.state("agent", name=agent.name)
        self.use_hearing(hearing or Hearing())

    def use_agent(self, agent: Agent[Any]) -> None:
        """Talk with another agent, who begins."""
        self.dialogue.use(agent)
        self.state("agent", name=agent.name)
        self.use_hearing(self.ears.hearing)
        if self.opened:
            self.dialogue.open()

    def use_hearing(self, hearing: Hearing) -> None:
        """Understand the person with a recogniser, which is told what the agent expects."""
        self.ears.use(replace(hearing, phrases=self.dialogue.agent.phrases))
        self.state("hearing", name=hearing.title)

    def open(self) -> None:
        """Let the agent begin, once."""
        if not self.opened:
            self.opened = True
            self.dialogue.open()

    def ask(self, text: str) -> None:
        """Take a typed line as the person's turn."""
        self._take(_Words(self.listener.turns.turn, text, True, self._now()))
        self.opened = True
        self.dialogue.ask(text)

    def _now(self) -> int:
        return int(self._clock.now())

    def likely(self) -> Likely | None:
        """Return who answers next and from which state, where that can be known beforehand; None while somebody speaks."""
        agent, state = self.dialogue.agent, self.dialogue.state
        if self.listener.turns.speaking or not isinstance(agent, Persona) or not isinstance(state, PersonaState):
            return None
        return agent, state

    def step(self) -> bool:
        """Listen, and follow what the agent says."""
        busy = self.listener.step()
        self.dialogue.step()
        self._see_mouth(self.dialogue.latest)
        if self.listener.turns.speaking:
            self._follow(self.listener.turns.turn)
        return busy

    def _happened(self, event: Event) -> None:
        self.endings.happened(event)
        self.dialogue.happened(event)

    def _follow(self, turn: int) -> None:
        """Show what the recogniser has understood of a turn by now."""
        with self._lock:
            text = self.ears.text(turn)
            if not text or text == self._words.text:
                return
            self._words = words = _Words(turn, text, False, self._now())
        self.note("partial", words.at, turn=turn, text=text)

    def _understood(self, turn: int, pause: int, heard: Heard, begin: int) -> None:
        if heard.text:
            self._take(_Words(turn, heard.text, True, self._now()))
        if heard.words:

            def at(seconds: float) -> int:
                return begin + round(seconds * SAMPLE_RATE)

            words = [[at(word.start), at(word.end), word.text, word.probability] for word in heard.words]
            self.timeline.note("heard", begin, turn=turn, words=words, sure=heard.sure)
        self.endings.settle()
        self.dialogue.understood(turn, pause, heard.text)

    def _take(self, words: _Words) -> None:
        with self._lock:
            if words.turn >= self._words.turn:  # else they went on meanwhile
                self._words = words

    def _see_mouth(self, answer: Waterfall | None) -> None:
        """Note when the agent's mouth began to move for an answer."""
        if answer is None or answer.mouth or not answer.first_sound:
            return
        at = answer.first_sound - SAMPLE_RATE // 5
        end = min(self._now(), answer.first_sound + round(_MOUTH_SECONDS * SAMPLE_RATE))
        rest = float(self.timeline.tracks[AGENT].sample(at)[JAW.start])
        while at < end:
            if abs(float(self.timeline.tracks[AGENT].sample(at)[JAW.start]) - rest) > _OPENED:
                answer.mouth = at
                self.note("mouth", at, **answer.facts())
                return
            at += self.timeline.tracks[AGENT].step
        if self._now() > answer.first_sound + _MOUTH_SECONDS * SAMPLE_RATE:
            answer.mouth = answer.first_sound

    def captions(self) -> tuple[tuple[str, bool], tuple[str, int]]:
        """Return (the person's words, whether they are final) and (the agent's text, how many letters were heard)."""
        now = self._clock.now()
        words = self._words
        shown = words.text if now - words.at < SHOWN_SECONDS * SAMPLE_RATE else ""
        return (shown, words.final), self._speech.shown(now)

    def note(self, kind: str, at: int, **facts: Any) -> None:
        """Note an event: on the timeline, and in the log without words."""
        note_event(kind, at, facts)
        self.timeline.note(kind, at, **facts)

    def state(self, kind: str, **facts: Any) -> None:
        """Note what holds from now on, one of `timeline.STATES`, where it is another than before."""
        self.timeline.state(kind, self._now(), **facts)

    def record(self, facts: dict[str, Any]) -> Path:
        """Begin to record, the person having agreed; return the folder. Raises OSError."""
        self.stop_recording()  # one that could not go on
        name = datetime.now().astimezone().strftime("%Y-%m-%d_%H-%M-%S")
        folder = store() / "sessions" / name
        number = 1
        while folder.exists():
            number += 1
            folder = folder.with_name(f"{name}_{number}")
        about = {"agent": self.dialogue.agent.name, "hearing": self.ears.hearing.title, **facts}
        self.recording = Recording(folder, self.timeline, self._clock, about, self._say)
        return folder

    def record_step(self, delay: float) -> None:
        """Write what is due. delay: samples by which the person's face is shown late, noted where it is another than before."""
        if abs(delay - self._delay) > SAMPLE_RATE * 0.005:
            self._delay = delay
            self.state("delay", samples=round(delay))
        recording = self.recording
        if recording:
            recording.step()

    def stop_recording(self, delete: bool = False) -> tuple[Path, ...]:
        """End the recording, and delete the whole session if asked; return its folders, more than one where it had to move."""
        with self._lock:
            recording, self.recording = self.recording, None
        if recording is None:
            return ()
        if delete:
            recording.delete()
        else:
            recording.close()
        return tuple(recording.folders)

    def close(self) -> None:
        """End recognition and recording, where no loops do."""
        self.stop_recording()
        self.ears.close()
