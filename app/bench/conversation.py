"""Spoken turns through virtual sound with a simulated room: how soon the agent answers, yields, and what it gets wrong."""

import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import soundfile

from app.bench.disturbed import simulated
from app.bench.options import BenchOptions, progress
from app.bench.turns import RATE, ScriptedTurn, scripted_turns
from app.timeline.timeline import AGENT
from audio_io.time.tape import SAMPLE_RATE
from audio_io.voices.child import Child
from avatar.rig.layout import JAW

ROOT: Final = Path(__file__).resolve().parents[2]
_ECHO_GAIN, _ECHO_DELAY = 0.35, 60  # of the person's loudness; ms besides what the devices take
_AUDIBLE: Final = 0.004  # rms
_SILENT_BLOCKS: Final = 6  # 10 ms each: the voice's own gaps within a word are shorter
_CLOSED: Final = 0.03  # rad of the jaw
_LONGEST_WAIT: Final = 6.0
_TURNS, _QUICK_TURNS = 100, 6
_MINUTES, _QUICK_MINUTES = 10.0, 0.5
_WATCHED: Final = 0.35  # s after a barge-in, before an answer could open the mouth again


@dataclass
class Outcome:
    """What happened to the turns, in ms where it is a time."""

    first_sound: list[float] = field(default_factory=list)
    endpoint: list[float] = field(default_factory=list)
    bargein_total: list[float] = field(default_factory=list)
    bargein_stop: list[float] = field(default_factory=list)
    mouth_close: list[float] = field(default_factory=list)
    bad: int = 0
    stories: list[str] = field(default_factory=list)  # of the bad turns
    understood: int = 0
    turns: int = 0


class Bench:
    """A session on virtual devices, with a room between them."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder = session, folder
        self.room = Child([sys.executable, "-m", "app.bench.room"], ROOT).ready(20)
        self.events: list[tuple[float, str, dict[str, Any]]] = []  # (monotonic s when noted, kind, facts)
        session.conversation.note = self._note
        self.jaws: deque[tuple[float, float]] = deque(maxlen=2000)  # (monotonic s, the agent's jaw as shown then, rad)
        threading.Thread(target=self._watch_mouth, daemon=True).start()
        self.room.ask({"echo": _ECHO_GAIN, "delay": _ECHO_DELAY, "noise": 0.0005}, 5)

    def _note(self, kind: str, at: int, **facts: Any) -> None:
        self.events.append((time.monotonic(), kind, {"at": at, **facts}))

    def _watch_mouth(self) -> None:
        while True:
            self.jaws.append(
                (time.monotonic(), float(self.session.tracks[AGENT].sample(self.session.clock.now())[JAW.start]))
            )
            time.sleep(0.01)

    def moment(self, sample: float) -> float:
        """Return the monotonic time at which a sample of the timeline is heard."""
        now, sample_now = time.monotonic(), self.session.clock.now()
        return float(now + (sample - sample_now) / SAMPLE_RATE)

    def levels(self, since: float) -> np.ndarray:
        """Return rows (time, rms) of the loudspeaker since a time."""
        return np.array(self.room.ask({"level": since}, 5)["levels"] or np.zeros((0, 2)))

    def agent_sounds(self) -> bool:
        """Tell whether the agent is being heard."""
        return bool(self.session.speech.sounding(self.session.clock.now()))

    def wait(self, condition: Any, seconds: float) -> bool:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.005)
        return False

    def say(self, turn: ScriptedTurn) -> tuple[float, float]:
        """Speak a turn into the microphone; return when it began and ended."""
        path = self.folder / "turn.wav"
        soundfile.write(path, turn.audio, RATE)
        began = self.room.ask({"play": str(path)}, 10)["began"]
        return began, began + turn.seconds

    def turn(self, turn: ScriptedTurn, outcome: Outcome) -> None:
        """Have one turn: over the agent's speech, right after it, or in silence; note what comes of it."""
        outcome.turns += 1
        if turn.kind == "overlap":
            if not self.agent_sounds():
                self.session.conversation.dialogue.say(
                    "Let me tell you a longer story about microphones, loudspeakers, echoes, and rooms of every size."
                )
            self.wait(self.agent_sounds, 3)
            time.sleep(1.2)
        elif turn.kind == "fast":
            self.wait(lambda: not self.session.speech.speaking, 15)
            time.sleep(0.15)
        else:
            self.session.conversation.dialogue.stop()
            time.sleep(0.7)
        over = self.agent_sounds()
        first_event = len(self.events)
        began, ended = self.say(turn)
        self.wait(lambda: time.monotonic() > ended, turn.seconds + 2)
        answered = self.wait(lambda: self._kinds(first_event, "answer"), _LONGEST_WAIT)
        time.sleep(0.4)
        self._judge(turn, outcome, first_event, began, ended, over, answered)

    def _kinds(self, first: int, kind: str) -> list[tuple[float, dict[str, Any]]]:
        return [(at, facts) for at, name, facts in self.events[first:] if name == kind]

    def _judge(
        self, turn: ScriptedTurn, outcome: Outcome, first: int, began: float, ended: float, over: bool, answered: bool
    ) -> None:
        answers = self._kinds(first, "answer")
        early = [facts for at, facts in answers if self.moment(facts["at"]) < ended - 0.02]
        if not answered or early:
            kind = "cut" if early else "missed"
            heard = [facts.get("text") for _, facts in self._kinds(first, "text")]
            outcome.bad += 1
            outcome.stories.append(f"{kind} {turn.kind}: {turn.text!r} heard as {heard}")
            story = [
                f"{(self.moment(facts['at']) - ended) * 1000:.0f} {name} {facts.get('text') or facts.get('to') or ''}"
                for _, name, facts in self.events[max(first - 8, 0) :]
            ]
            outcome.stories.append("    ms after the end of speech: " + "; ".join(story))
        levels = self.levels(began - 0.1)
        if answered and not early:
            sounding = self.moment(answers[-1][1]["at"])
            after = levels[(levels[:, 0] > max(ended, sounding - 0.1)) & (levels[:, 1] > _AUDIBLE)]
            if len(after):
                outcome.first_sound.append((after[0, 0] - ended) * 1000)
            turns = self._kinds(first, "ended")
            if turns:
                outcome.endpoint.append((self.moment(turns[-1][1]["at"]) - ended) * 1000)
            said = " ".join(str(facts.get("to", "")) for _, facts in answers[-1:])
            outcome.understood += turn.means(said)
        if over:
            self._judge_barge_in(outcome, first, began, levels)

    def _judge_barge_in(self, outcome: Outcome, first: int, began: float, levels: np.ndarray) -> None:
        yielded = self._kinds(first, "yielded")
        if not yielded:
            return
        decided = yielded[0][0]
        after = levels[levels[:, 0] > began]
        quiet = np.convolve((after[:, 1] < _AUDIBLE).astype(int), np.ones(_SILENT_BLOCKS, int), "valid")
        late = np.flatnonzero((quiet == _SILENT_BLOCKS) & (after[: len(quiet), 0] > decided - 0.01))
        if len(late):
            silent = after[late[0], 0]
            outcome.bargein_total.append((silent - began) * 1000)
            outcome.bargein_stop.append(max(silent - decided, 0.0) * 1000)
        shown = np.array([row for row in self.jaws.copy() if decided <= row[0] < decided + _WATCHED])
        opened = np.flatnonzero(shown[:, 1] > shown[:, 1].min() + _CLOSED)
        outcome.mouth_close.append((shown[opened[-1], 0] - decided) * 1000 if len(opened) else 0.0)


def _percentile(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 1) if values else None


def live(turns: int, hearing: str, agent: str | None) -> tuple[Outcome, dict[str, Any]]:
    """Have turns with the real session on virtual devices; return what came of them and the sound's figures."""
    from app.agents.agents import DEFAULT
    from app.bench.virtual import virtual_sound
    from app.session.session import Session
    from app.settings import Settings

    told: list[str] = []
    outcome = Outcome()
    with virtual_sound(), TemporaryDirectory() as folder:
        scripted = scripted_turns()
        session = Session(told.append, settings=Settings(agent=agent or DEFAULT, hearing=hearing))
        session.start()
        bench = Bench(session, Path(folder))
        try:
            bench.wait(lambda: session.ready and session.opened.is_set(), 60)
            bench.wait(lambda: session.conversation.ears.pid is not None, 60)
            session.listen(True)
            session.conversation.listener.use_initiative(False)
            session.conversation.open()
            time.sleep(5)
            before = session.devices.dropouts
            for number in range(turns):
                progress("spoken turns", number + 1, turns)
                bench.turn(scripted[number % len(scripted)], outcome)
            figures = {"dropouts": session.devices.dropouts - before}
        finally:
            bench.room.kill()
            session.close()
    return outcome, figures


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return the figures of spoken turns on virtual devices, and of some minutes of simulated conversation."""
    turns = options.turns or options.count(_TURNS, _QUICK_TURNS)
    minutes = options.minutes or (_QUICK_MINUTES if options.quick else _MINUTES)
    outcome, figures = live(turns, options.hearing, options.agent)
    for line in outcome.stories:
        print(line, file=sys.stderr)
    result = {
        "first_sound_p50": _percentile(outcome.first_sound, 50), "first_sound_p95": _percentile(outcome.first_sound, 95),
        "endpoint_p50": _percentile(outcome.endpoint, 50),
        "bargein_total_p50": _percentile(outcome.bargein_total, 50),
        "bargein_total_p95": _percentile(outcome.bargein_total, 95),
        "bargein_stop_p95": _percentile(outcome.bargein_stop, 95),
        "mouth_close_p95": _percentile(outcome.mouth_close, 95), "bargeins": len(outcome.bargein_total),
        "cut_turns": outcome.bad, "understood": outcome.understood, "turns": outcome.turns, **figures,
    }  # fmt: skip
    return result | simulated(minutes, options.quick)
