"""Pauses: whether the end of a turn is told from a pause inside it, on recorded people and in a simulated conversation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from app.agents.wording import wait_seconds
from app.bench.options import BenchOptions, progress
from app.bench.simulated import Room
from app.bench.turns import CLIPS, ScriptedTurn, pausing_turns
from audio_io.activity import CHUNK, VoiceActivity
from audio_io.completion import Completion, network_file
from audio_io.time.tape import SAMPLE_RATE, Audio

_RECORDED: Final = CLIPS.parent
_ON, _OFF = 0.5, 0.35
_SHORTEST: Final = 0.12  # s of a pause
_HEARD: Final = 0.2  # s of it that are judged
_BEFORE: Final = 0.3  # s before the first voiced sample
_ANSWERED: Final = 0.6  # s that the other says meanwhile, where a turn is over
_OVER: Final = 2.0  # s of a pause that ends a turn whoever speaks
_LONG_WAIT: Final = 1.5
_TURNS, _QUICK_TURNS = 100, 6
_LONGEST: Final = 3.0  # s that an answer is waited for


@dataclass(frozen=True)
class Pause:
    """The sound [N] of a turn up to and into a pause, how long it lasts (s), whether the turn goes on after it."""

    audio: Audio
    seconds: float
    goes_on: bool


def _stretches(audio: Audio) -> list[tuple[int, int]]:
    """Return (first sample, sample after the last) of what is spoken without a pause."""
    activity, found, on = VoiceActivity(), list[tuple[int, int]](), False
    for at in range(0, len(audio) - CHUNK + 1, CHUNK):
        on = activity.probability(audio[at : at + CHUNK]) >= (_OFF if on else _ON)
        if not on:
            continue
        if found and at - found[-1][1] < _SHORTEST * SAMPLE_RATE:
            found[-1] = (found[-1][0], at + CHUNK)
        else:
            found.append((at, at + CHUNK))
    return found


def _pauses(audio: Audio, other: list[tuple[int, int]]) -> list[Pause]:
    """Return a speaker's pauses. other: when the partner speaks."""
    own, found = _stretches(audio), []
    began = own[0][0]
    for number, (_, end) in enumerate(own):
        after = own[number + 1][0] if number + 1 < len(own) else None
        until = len(audio) if after is None else after
        answered = sum(max(min(last, until) - max(first, end), 0) for first, last in other)
        over = after is None or answered > _ANSWERED * SAMPLE_RATE or until - end > _OVER * SAMPLE_RATE
        heard = audio[max(began - round(_BEFORE * SAMPLE_RATE), 0) : end]
        heard = np.concatenate([heard, np.zeros(round(_HEARD * SAMPLE_RATE), np.float32)])
        found.append(Pause(heard, (until - end) / SAMPLE_RATE, not over))
        began = until if over else began
    return found


def recorded() -> list[Pause]:
    """Return the pauses of recorded people, reading and in conversation."""

    def read(path: Path) -> Audio:
        audio: Audio = soundfile.read(path, dtype="float32")[0]
        return audio

    found = [pause for path in sorted((_RECORDED / "speech").glob("*.flac")) for pause in _pauses(read(path), [])]
    first, second = (read(_RECORDED / "tracked" / f"speaker{number}.flac") for number in (1, 2))
    return [*found, *_pauses(first, _stretches(second)), *_pauses(second, _stretches(first))]


def _judged(network: Completion) -> dict[str, Any]:
    """Return how well the sound of a pause tells an end, and what that changes where nothing is known of the text."""
    pauses = recorded()
    told = [network.probability(pause.audio) for pause in pauses]
    ends = np.array([value for value, pause in zip(told, pauses, strict=True) if not pause.goes_on])
    inside = np.array([value for value, pause in zip(told, pauses, strict=True) if pause.goes_on])
    better = (ends[:, None] > inside).mean() + 0.5 * (ends[:, None] == inside).mean()
    waits = {"without": [wait_seconds("")] * len(pauses), "with": [wait_seconds("", complete=value) for value in told]}
    cut = {
        key: sum(p.goes_on and p.seconds > wait for p, wait in zip(pauses, values, strict=True))
        for key, values in waits.items()
    }
    return {
        "recorded_pauses": len(pauses), "recorded_auc": round(float(better), 3), "recorded_inside": len(inside),
        "recorded_cut": cut["without"], "recorded_cut_judged": cut["with"],
    }  # fmt: skip


def _spoken(room: Room, turn: ScriptedTurn) -> tuple[bool, float | None]:
    """Have one turn; return whether it was cut, and how long (s) the answer took, None where none came."""
    room.talk.dialogue.stop()
    room.run(1.2)
    since, end = len(room.events), room._at + len(turn.audio)
    room.speak(turn.audio)
    answered = lambda: bool(room.count("answer", since)) and room._at > end + SAMPLE_RATE // 2  # noqa: E731
    room.run(turn.seconds + _LONGEST, answered)
    behind = int(room.clock.now()) - room._at
    answers = [facts["at"] - behind - end for _, kind, facts in room.events[since:] if kind == "answer"]
    cut = any(answer < -0.02 * SAMPLE_RATE for answer in answers)
    return cut, answers[-1] / SAMPLE_RATE if answers else None


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return figures of the end of turns: on recordings where Smart Turn is installed, and in a simulated conversation."""
    path = network_file()
    figures = _judged(Completion(path)) if path else {}
    room = Room(0.08)
    room.talk.listener.use_initiative(False)
    room.run(1.0)
    cut, waits = 0, list[float]()
    turns = pausing_turns(options.turns or options.count(_TURNS, _QUICK_TURNS))
    for number, turn in enumerate(turns):
        progress("turns with pauses", number + 1, len(turns))
        early, wait = _spoken(room, turn)
        cut += early
        waits += [] if wait is None else [wait]
    room.close()
    return figures | {
        "turns": len(turns), "cut": cut, "missed": len(turns) - len(waits),
        "long_waits": sum(wait > _LONG_WAIT for wait in waits),
        "wait_p50": round(float(np.percentile(waits, 50)), 2), "wait_p95": round(float(np.percentile(waits, 95)), 2),
    }  # fmt: skip
