"""Two agents talk with each other: their lines in turn, spoken into two tracks with people's gaps between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from app.agents.agent import Agent, Reply
from app.agents.marks import plain_and_marks
from app.conversation.lines import lines_of
from app.conversation.speech import SENTENCE_GAP_SECONDS, Synthesiser
from app.conversation.utterance import Utterance
from app.timeline.timeline import Timeline
from audio_io.time.tape import SAMPLE_RATE, Audio

_GAPS: Final = (0.22, 0.12, 0.35, 0.05, 0.28, -0.08)  # s between turns, round and round; below 0 they overlap
_BEGIN: Final = 0.5


@dataclass(frozen=True)
class Said:
    """A line of speaker number `who`, sentence by sentence on the timeline."""

    who: int
    text: str
    utterances: tuple[Utterance, ...]

    @property
    def end(self) -> int:
        """The sample after its last."""
        return max((utterance.end for utterance in self.utterances), default=0)


def lines(agents: tuple[Agent[Any], Agent[Any]], turns: int) -> Iterator[tuple[int, str]]:
    """Yield (who, marked text) of `turns` turns; it ends early where both have nothing to say, or one says goodbye."""
    states = [agent.start() for agent in agents]
    heard, silent = "", 0
    for number in range(turns):
        who = number % 2
        reply: Reply[Any] = agents[who].reply(states[who], heard) if heard else agents[who].open(states[who])
        text = " ".join(reply.pieces)
        if not text:
            reply = agents[who].silence(states[who])
            text = " ".join(reply.pieces)
        states[who] = agents[who].settle(reply.state, text)
        heard = plain_and_marks(text)[0]
        silent = 0 if text else silent + 1
        if silent == 2:
            return
        if text:
            yield who, text
        if reply.ends:
            if number + 1 < turns:
                yield 1 - who, " ".join(agents[1 - who].reply(states[1 - who], "goodbye").pieces)
            return


def spoken(agents: tuple[Agent[Any], Agent[Any]], turns: int, voice: Synthesiser) -> Iterator[Said]:
    """Yield the turns of two agents as they sound."""
    at = round(_BEGIN * SAMPLE_RATE)
    for number, (who, text) in enumerate(lines(agents, turns)):
        made = []
        for sentence, marks, pause in lines_of(text):
            sound = voice.speak(sentence, agents[who].voice)
            start = at + round(pause * SAMPLE_RATE)
            made.append(Utterance(number, sound.text, start, sound.audio, sound.words, marks))
            at = made[-1].end + round(SENTENCE_GAP_SECONDS * SAMPLE_RATE)
        if made:
            at = made[-1].end + round(_GAPS[number % len(_GAPS)] * SAMPLE_RATE)
            yield Said(who, plain_and_marks(text)[0], tuple(made))


def note(said: Sequence[Said], timeline: Timeline) -> None:
    """Note what is said, and what its marks show."""
    for line in said:
        for utterance in line.utterances:
            utterance.noted(timeline, line.who)


def tracks(said: Sequence[Said]) -> tuple[Audio, Audio]:
    """Return both speakers' sound [N], as long as the conversation and half a second more."""
    length = max((line.end for line in said), default=0) + SAMPLE_RATE // 2
    both = (np.zeros(length, np.float32), np.zeros(length, np.float32))
    for line in said:
        for utterance in line.utterances:
            both[line.who][utterance.start : utterance.end] += utterance.audio
    return both
