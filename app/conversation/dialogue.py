"""Who says what: joins turns, the recogniser, the agent and its speech. An answer is prepared while the person pauses, may
be heard once the turn is over, and leaves no trace where they go on."""

import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from app.agents.agent import Agent, Reply
from app.agents.persona.matching import Phrases
from app.conversation.answer import Answer, Diary
from app.conversation.ears import Ears
from app.conversation.murmurs import Murmurs
from app.conversation.speech import Speech
from app.conversation.turns import Event, Kind
from app.conversation.waterfall import Waterfall
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE

_LOOK_SECONDS: Final = 0.02
_KNOWN: Final = 0.9  # how well a phrase fits that is taken for whole


class Dialogue:
    """The conversation with one agent. `happened` on the listening loop, `step` often; the rest from any thread.

    diary: where turns, texts and latencies are noted. wait: how long (s) to wait after a text and its pause.
    """

    def __init__(
        self, agent: Agent[Any], speech: Speech, ears: Ears, clock: Clock, diary: Diary,
        wait: Callable[[str, Event], float],
    ) -> None:  # fmt: skip
        self._speech, self._ears, self._clock, self._diary, self._wait = speech, ears, clock, diary, wait
        self.murmurs = Murmurs(speech)
        self.ended = False
        self.latest: Waterfall | None = None
        self._lock = threading.RLock()
        self._answer: Answer | None = None
        self._carried = ""  # what the person said before they went on, and nobody had answered
        self._over: dict[int, Event] = {}  # the turns that ended and still wait for their text
        self._pause: Event | None = None
        self.use(agent)

    def use(self, agent: Agent[Any]) -> None:
        """Talk with another agent from now on."""
        with self._lock:
            self._speech.stop()
            self._leave()
            self.agent = agent
            self.state = agent.start()
            self._speech.settings = agent.voice
            phrases = Phrases((phrase, phrase) for phrase in agent.phrases)
            self._known = lru_cache(maxsize=64)(lambda text: phrases.best(text)[1] > _KNOWN)
            self._carried = ""

    def knows(self, text: str) -> bool:
        """Tell whether a text is a whole phrase that the agent expects."""
        return self._known(text)

    def open(self) -> None:
        """Let the agent begin the conversation."""
        with self._lock:
            self.ended = False
            self._begin(self._reply_of(self.agent.open), 0, "", int(self._clock.now()), 0)

    def ask(self, text: str) -> None:
        """Take a typed line as the person's turn."""
        with self._lock:
            now = int(self._clock.now())
            self.stop()
            self._diary.note("typed", now, text=text)
            self._begin(self._reply_of(self.agent.reply, text), 0, text, now, now)

    def say(self, text: str) -> int:
        """Let the agent say a line that somebody else wrote; return how many sentences that is."""
        with self._lock:
            if self._answer is None:
                self._speech.begin()
            self._diary.note("line", int(self._clock.now()), text=text)
            return self._speech.say(text)

    def stop(self) -> None:
        """Let the agent fall silent."""
        with self._lock:
            self._speech.stop()
            self._settle()

    def happened(self, event: Event) -> None:
        """Do what a turn's event asks for."""
        with self._lock:
            self._diary.note(event.kind.value, event.at, turn=event.turn, speech=event.speech)
            match event.kind:
                case Kind.BEGAN:
                    self._person_begins(event)
                case Kind.PAUSED:
                    self._pause = event
                    self._ears.pause(event.speech)
                case Kind.RESUMED:
                    self._ears.resume()
                    self._retract()
                case Kind.ENDED:
                    self._ears.stop()
                    self._ended(event)
                case Kind.DROPPED:
                    self._pause = None
                    self._ears.drop()
                    self._retract()
                case Kind.YIELDED:
                    self._speech.hold()
                case Kind.WENT_ON:
                    self._speech.go_on()
                case Kind.INTERRUPTED:
                    self.stop()
                case Kind.SILENCE:
                    self._takes_initiative(event)

    def _person_begins(self, event: Event) -> None:
        self.murmurs.turn_begins(event.at)
        answer = self._answer
        self._carried = ""
        if answer is not None and not answer.sounding:
            self._retract()
            self._carried = answer.text  # they went on after all: it is one turn
        self._ears.begin(event.turn, event.at)

    def understood(self, turn: int, _pause: int, text: str) -> None:
        """Prepare the answer to what a turn says; on the recogniser's loop."""
        with self._lock:
            over = self._over.pop(turn, None)
            pause = over or self._pause
            if pause is None or pause.turn != turn:
                return
            now = int(self._clock.now())
            self._diary.note("text", now, turn=turn, text=text, final=over is not None)
            if not text:
                return
            if over is None and self.murmurs.given(pause, text, self.agent.backchannels):
                return  # they go on, and are listened to
            whole = f"{self._carried} {text}".strip()
            sure = pause.speech + round(self._wait(text, pause) * SAMPLE_RATE)
            answered = self._answer is None or self._answer.sounding
            if over is None and answered and self._speech.speaking:
                return  # it spoke: whether it was interrupted is not decided yet
            answer = self._begin(
                self._reply_of(self.agent.reply, whole), turn, whole, pause.speech, now if over else sure
            )
            answer.waterfall.text, answer.waterfall.endpoint = now, over.at if over else 0

    def _ended(self, event: Event) -> None:
        text = self._ears.text(event.turn)
        self._diary.note("turn", event.at, turn=event.turn, text=f"{self._carried} {text}".strip())
        answer = self._answer
        if answer is not None and answer.turn == event.turn:
            answer.waterfall.endpoint = event.at
        elif self._ears.busy:
            self._over[event.turn] = event
        elif text:
            self._over[event.turn] = event
            self.understood(event.turn, 0, text)

    def _takes_initiative(self, event: Event) -> None:
        if not self.ended and self._answer is None:
            self._begin(self._reply_of(self.agent.silence), 0, "", event.at, event.at)

    def _reply_of(self, method: Callable[..., Reply[Any]], *heard: str) -> Reply[Any]:
        return method(self.state, *heard)

    def _begin(self, reply: Reply[Any], turn: int, text: str, speech_end: int, not_before: int) -> Answer:
        """Say an answer, on a thread of its own since its pieces may come late."""
        self._leave()
        generation = self._speech.begin()
        answer = Answer(turn, text, reply, generation, Waterfall(turn, speech_end))
        self._answer = answer
        threading.Thread(target=self._speak, args=(answer, not_before), name="answer", daemon=True).start()
        return answer

    def _speak(self, answer: Answer, not_before: int) -> None:
        pieces = iter(answer.reply.pieces)
        try:
            for piece in pieces:
                with self._lock:
                    if self._answer is not answer:
                        break  # stale: nobody shall hear it
                    answer.waterfall.first_token = answer.waterfall.first_token or int(self._clock.now())
                    answer.said.append(piece)
                    silent = not self._speech.say(piece, answer.generation, not_before)
                if silent and not self._comes_to(not_before, answer):
                    break
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
            with self._lock:
                if self._answer is answer:
                    answer.waterfall.complete = True

    def _comes_to(self, sample: int, answer: Answer) -> bool:
        """Wait for a sample of the timeline; return whether the answer is wanted then."""
        while self._answer is answer and self._clock.now() < sample:
            time.sleep(_LOOK_SECONDS)
        return self._answer is answer

    def step(self) -> bool:
        """Notice that an answer begins to sound, or was heard to its end."""
        with self._lock:
            answer = self._answer
            if answer is None:
                return False
            now = self._clock.now()
            first = self._speech.first_sample(answer.generation)
            if not answer.sounding and first is not None and first <= now:
                self._sounds(answer, first)
            if answer.waterfall.complete and self._speech.finished(answer.generation):
                self._settle()
            return False

    def _sounds(self, answer: Answer, first: int) -> None:
        answer.sounding = True
        self._carried = ""
        self.state = answer.reply.state
        answer.waterfall.first_sound = first
        self.latest = answer.waterfall
        self._diary.note("answer", first, turn=answer.turn, to=answer.text)
        if answer.turn:
            self._diary.note("latency", first, **answer.waterfall.facts())

    def _retract(self) -> None:
        """Take back an answer that was prepared and not heard."""
        answer = self._answer
        if answer is not None and not answer.sounding:
            self._leave()
            self._speech.stop()

    def _leave(self) -> Answer | None:
        """Wait no more for what is left of the answer under way; return it."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.reply.left()
        return answer

    def _settle(self) -> None:
        """Let the agent remember what was heard of its answer, which is over."""
        answer = self._leave()
        if answer is None or not answer.sounding:
            return
        heard = self._speech.heard(answer.generation)
        self.state = self.agent.settle(self.state, heard)
        self.ended = answer.reply.ends
        self._diary.note("said", int(self._clock.now()), text=heard, whole=" ".join(answer.said))
