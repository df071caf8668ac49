"""Whose turn it is, and what interrupts: a value, advanced by a pure function every 32 ms. Knows no clock and no device."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from app.agents.wording import LONGEST_WAIT, is_backchannel, says_stop, wait_seconds, words_of
from app.settings import Mode
from audio_io.time.tape import SAMPLE_RATE

_ON, _OFF = 0.5, 0.35  # probabilities of speech at which it begins and ends
_ON_OVER_AGENT: Final = 0.6
_BEGIN_CHUNKS: Final = 2
# s of speech over the agent's after which it holds its breath; an echo or a click is shorter.
_YIELD_SECONDS: Final = 0.09
_PAUSE_SECONDS: Final = 0.12  # of silence after which an answer is prepared
# A burst over the agent's speech that is heard for less (0.5 s, and a tenth that the detector adds) is a cough or a
# murmur, unless it says stop.
_FALSE_ALARM_SECONDS: Final = 0.6
_COMMAND_SECONDS: Final = 0.25
_TOLD_WORDS: Final = 3  # of which one takes the floor before it is over; fewer may yet become "that is true"
_FLOOR_SECONDS: Final = 1.0  # a longer one takes the floor with any words but a listener's
_LAUGHTER_SECONDS: Final = 2.0  # a longer one does without words
_WORDS_A_SECOND: Final = 6.0  # nobody says more: a recogniser made them up
_RESUME_SECONDS: Final = 0.25  # after a false alarm
_WORD_SECONDS: Final = 0.8  # that the agent holds its breath for the recogniser to say what a short word was
_AGENT_ECHO_SECONDS: Final = 0.3  # half-duplex: the room rings on so long
_CUT_SECONDS: Final = 0.8  # somebody who speaks again so soon after their turn was cut
_IMPATIENCE, _PATIENCE, _MOST_PATIENCE = 0.97, 1.25, 2.5
_FASTEST_SILENCE, _SLOWER, _SLOWEST_SILENCE = 8.0, 1.7, 45.0  # s until the agent takes the initiative, again and again


class Kind(StrEnum):
    """What can happen to a turn."""

    BEGAN = "began"  # the person speaks
    PAUSED = "paused"  # it is silent: an answer may be prepared
    RESUMED = "resumed"  # it goes on: what was prepared is stale
    ENDED = "ended"  # the turn is over: what was prepared may be heard
    DROPPED = "dropped"  # it was no turn
    YIELDED = "yielded"  # the agent holds its breath
    WENT_ON = "went on"  # it was a false alarm: the agent goes on
    INTERRUPTED = "interrupted"  # the person has the floor: the rest of the agent's line is forgotten
    SILENCE = "silence"  # nobody has spoken for long


@dataclass(frozen=True)
class Event:
    """Something that happened to turn number `turn`, decided at sample `at`; speech: its last voiced sample so far."""

    kind: Kind
    turn: int
    at: int
    speech: int


@dataclass(frozen=True)
class Heard:
    """32 ms of the conversation: the sample after them, how probable the person's speech is, whether the agent sounds
    then, what was understood of the turn so far, whether that is a whole phrase that the agent knows, whether the key to talk
    is down, whether the agent is about to speak, whether what was heard still has to be recognised or judged, how probable the
    sound makes it that the turn is over (None: nobody judged)."""

    at: int
    voice: float
    agent: bool
    text: str = ""
    whole: bool = False
    key: bool = False
    busy: bool = False
    pending: bool = False
    complete: float | None = None


@dataclass(frozen=True)
class Turns:
    """The state of the conversation. `turn` counts: whatever was asked for an earlier one is stale."""

    mode: Mode = Mode.BARGE_IN
    turn: int = 0
    speaking: bool = False  # the person has begun a turn that is not over
    pausing: bool = False
    began: int = 0
    speech: int = 0  # the sample after the last voiced one
    voiced: int = 0  # chunks in a row that have speech
    over_agent: bool = False  # the turn began while the agent was speaking
    yielded: bool = False
    interrupted: bool = False
    agent_until: int = -(10**9)
    ended: int = -(10**9)
    patience: float = 1.0
    quiet_from: int = 0
    silence: float = _FASTEST_SILENCE
    initiative: bool = True


def advance(state: Turns, heard: Heard, chunk: int) -> tuple[Turns, tuple[Event, ...]]:
    """Return the state after `chunk` more samples were heard, and what happened meanwhile."""
    if heard.agent:
        state = replace(state, agent_until=heard.at)
    voice = _admitted(state, heard)
    threshold = _ON_OVER_AGENT if heard.agent and not state.yielded else _ON
    on = voice >= (threshold if not state.speaking or state.pausing else _OFF)
    state = replace(state, voiced=state.voiced + 1 if on else 0)
    if state.speaking:
        return _during(state, heard, on)
    if state.voiced >= _BEGIN_CHUNKS:
        return _begin(state, heard, chunk)
    return _quiet(state, heard)


def _admitted(state: Turns, heard: Heard) -> float:
    """Return the probability of speech as far as the mode lets it count."""
    if state.mode is Mode.PUSH_TO_TALK:
        return heard.voice if heard.key else 0.0
    ringing = heard.at - state.agent_until < _AGENT_ECHO_SECONDS * SAMPLE_RATE
    return 0.0 if state.mode is Mode.HALF_DUPLEX and ringing else heard.voice


def _event(kind: Kind, state: Turns, heard: Heard) -> Event:
    return Event(kind, state.turn, heard.at, state.speech)


def _begin(state: Turns, heard: Heard, chunk: int) -> tuple[Turns, tuple[Event, ...]]:
    began = heard.at - state.voiced * chunk
    cut = began - state.ended < _CUT_SECONDS * SAMPLE_RATE and state.agent_until < state.ended
    patience = min(state.patience * _PATIENCE, _MOST_PATIENCE) if cut else max(state.patience * _IMPATIENCE, 1.0)
    state = replace(
        state, turn=state.turn + 1, speaking=True, pausing=False, began=began, speech=heard.at,
        over_agent=heard.agent, yielded=False, interrupted=False, patience=patience, silence=_FASTEST_SILENCE,
    )  # fmt: skip
    return _may_yield(state, heard, (_event(Kind.BEGAN, state, heard),))


def _may_yield(state: Turns, heard: Heard, events: tuple[Event, ...]) -> tuple[Turns, tuple[Event, ...]]:
    """Let the agent hold its breath, and lose the floor, where the person's speech over its own is long enough."""
    if not (state.over_agent or heard.agent):
        return state, events
    length = (state.speech - state.began) / SAMPLE_RATE
    state = replace(state, over_agent=True)
    if heard.agent and not state.yielded and length >= _YIELD_SECONDS:
        state = replace(state, yielded=True)
        events += (_event(Kind.YIELDED, state, heard),)
    if state.yielded and not state.interrupted and _takes_floor(heard.text, length):
        state = replace(state, interrupted=True)
        events += (_event(Kind.INTERRUPTED, state, heard),)
    return state, events


def _takes_floor(text: str, length: float) -> bool:
    """Tell whether a burst over the agent's speech takes the floor while it lasts; length: s so far."""
    if says_stop(text):
        return length >= _COMMAND_SECONDS
    if is_backchannel(text):
        return False
    told = _says_something(text, length) and length >= _FALSE_ALARM_SECONDS
    return told or length >= (_FLOOR_SECONDS if text else _LAUGHTER_SECONDS)


def _says_something(text: str, length: float) -> bool:
    words = len(set(words_of(text)))
    return _TOLD_WORDS <= words <= 1 + _WORDS_A_SECOND * length


def _during(state: Turns, heard: Heard, on: bool) -> tuple[Turns, tuple[Event, ...]]:
    if state.pausing and state.voiced >= _BEGIN_CHUNKS:
        state = replace(state, pausing=False, speech=heard.at)
        return _may_yield(state, heard, (_event(Kind.RESUMED, state, heard),))
    if on and not state.pausing:
        return _may_yield(replace(state, speech=heard.at), heard, ())
    silent = (heard.at - state.speech) / SAMPLE_RATE
    if not state.pausing:
        if silent < _PAUSE_SECONDS and not _released(state, heard):
            return state, ()
        state = replace(state, pausing=True, voiced=0)
        return state, (_event(Kind.PAUSED, state, heard),)
    if state.voiced:
        return state, ()  # it may be going on
    asked = state.over_agent and not state.interrupted
    if heard.pending and silent < (_WORD_SECONDS if asked and not heard.text else LONGEST_WAIT):
        return state, ()  # a short word may be a stop
    if asked and _harmless(state, heard.text):
        return _false_alarm(state, heard, silent)
    wait = wait_seconds(heard.text, state.patience, heard.whole, heard.complete)
    if silent >= wait or _released(state, heard):
        return _end(state, heard)
    return state, ()


def _released(state: Turns, heard: Heard) -> bool:
    return state.mode is Mode.PUSH_TO_TALK and not heard.key


def _harmless(state: Turns, text: str) -> bool:
    """Tell whether a burst over the agent's speech takes no floor: too short for its words, or a listener's noise."""
    length = (state.speech - state.began) / SAMPLE_RATE
    short = length < _FALSE_ALARM_SECONDS and not _says_something(text, length)
    return not says_stop(text) and (short or is_backchannel(text))


def _false_alarm(state: Turns, heard: Heard, silent: float) -> tuple[Turns, tuple[Event, ...]]:
    if silent < _RESUME_SECONDS:
        return state, ()
    events: tuple[Event, ...] = (_event(Kind.DROPPED, state, heard),)
    if state.yielded:
        events += (_event(Kind.WENT_ON, state, heard),)
    return replace(state, speaking=False, pausing=False, yielded=False, quiet_from=heard.at), events


def _end(state: Turns, heard: Heard) -> tuple[Turns, tuple[Event, ...]]:
    events: tuple[Event, ...] = ()
    if not heard.text:
        events += (_event(Kind.DROPPED, state, heard),)
        if state.yielded and not state.interrupted:
            events += (_event(Kind.WENT_ON, state, heard),)
    else:
        if state.yielded and not state.interrupted:
            events += (_event(Kind.INTERRUPTED, state, heard),)
        events += (_event(Kind.ENDED, state, heard),)
    ended = heard.at if heard.text else state.ended
    return replace(
        state, speaking=False, pausing=False, yielded=False, voiced=0, ended=ended, quiet_from=heard.at
    ), events  # fmt: skip


def _quiet(state: Turns, heard: Heard) -> tuple[Turns, tuple[Event, ...]]:
    if heard.agent or heard.busy or state.voiced:
        return replace(state, quiet_from=heard.at), ()
    if not state.initiative or heard.at - state.quiet_from < state.silence * SAMPLE_RATE:
        return state, ()
    longer = min(state.silence * _SLOWER, _SLOWEST_SILENCE)
    state = replace(state, turn=state.turn + 1, quiet_from=heard.at, silence=longer)
    return state, (_event(Kind.SILENCE, state, heard),)
