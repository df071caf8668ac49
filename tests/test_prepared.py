"""app.conversation.dialogue with a language model: asked early, left where the person goes on, asked anew, heard in time."""

from typing import Any

import pytest

from app.agents.language_model.language_model import LanguageModel
from app.conversation.dialogue import Dialogue
from app.conversation.ears import Ears
from app.conversation.turns import Event, Kind
from app.session.faces import felt
from app.timeline.timeline import AGENT
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from tests.conftest import HandTime, until
from tests.loopback_model import ANSWER, Loopback
from tests.test_speech import Stage
from tests.test_tools import lamps, server, store, talker

__all__ = ["lamps", "server", "store"]  # fixtures


class Talk:
    """A dialogue whose events a hand gives."""

    def __init__(self, agent: LanguageModel, clock: Clock) -> None:
        self.stage, self.notes = Stage(clock), list[str]()
        ears = Ears(Tape(), clock, lambda *_: None, print)
        self.dialogue = Dialogue(agent, self.stage.speech, ears, clock, self, lambda *_: 0.5)

    def note(self, kind: str, _at: int, **_facts: Any) -> None:
        self.notes.append(kind)

    def happens(self, kind: Kind, at: int = 0) -> None:
        self.dialogue.happened(Event(kind, 1, at, at))

    def pauses(self, text: str, at: int) -> None:
        self.happens(Kind.PAUSED, at)
        self.dialogue.understood(1, 0, text)


def asked(server: Loopback) -> list[str]:
    return [body["messages"][-1]["content"] for body in server.asked]  # type: ignore[index]


def test_a_request_is_sent_early_left_where_they_go_on_and_sent_anew(server: Loopback, clock: Clock) -> None:
    told: list[str] = []
    talk = Talk(talker(server, told), clock)
    server.way = "silent"
    talk.happens(Kind.BEGAN)
    talk.pauses("what is", 8_000)
    assert until(lambda: asked(server) == ["what is"])
    talk.happens(Kind.RESUMED, 12_000)
    assert until(server.left.is_set)  # nobody generates what nobody will hear
    server.way = "well"
    talk.pauses("what is your name", 24_000)
    assert until(lambda: len(server.asked) == 2) and asked(server)[1] == "what is your name"
    talk.happens(Kind.ENDED, 30_000)
    assert until(lambda: talk.dialogue._answer is not None and talk.dialogue._answer.waterfall.complete)
    talk.stage.speak()
    assert len(server.asked) == 2  # the end of the turn asks for nothing more
    first = talk.stage.speech.first_sample(talk.dialogue._answer.generation)  # type: ignore[union-attr]
    assert first is not None and first >= 24_000 + SAMPLE_RATE // 2
    assert not told


def test_its_first_clause_is_spoken_before_the_rest_is_there(server: Loopback, clock: Clock) -> None:
    talk = Talk(talker(server, []), clock)
    server.way = "halts"
    talk.happens(Kind.BEGAN)
    talk.pauses("how are you", 8_000)
    assert until(talk.stage.speech.step)  # a clause was said while the server holds back the next
    assert not server.go.is_set()
    assert talk.stage.timeline.entries("words")[-1].facts["text"] in ANSWER
    server.go.set()


@pytest.mark.usefixtures("store")
def test_nothing_is_done_in_the_world_before_the_turn_is_over(
    server: Loopback, lamps: list[str], clock: Clock, hand_time: HandTime
) -> None:
    server.calls = [("lamp", '{"state": "on"}')]
    talk = Talk(talker(server, [], tools=("lamp",)), clock)
    now = int(clock.now())
    talk.happens(Kind.BEGAN, now)
    talk.pauses("switch the lamp on", now)
    assert until(lambda: "away" in [affect.name for affect in felt(talk.stage.timeline, AGENT, now + SAMPLE_RATE)])
    assert not lamps
    hand_time.now += 1.0
    assert until(lambda: lamps == ["on"]) and until(lambda: len(server.asked) == 2)
    talk.dialogue.stop()


@pytest.mark.usefixtures("store")
def test_what_was_prepared_for_half_a_sentence_does_nothing(
    server: Loopback, lamps: list[str], clock: Clock, hand_time: HandTime
) -> None:
    server.calls = [("lamp", '{"state": "on"}')]
    talk = Talk(talker(server, [], tools=("lamp",)), clock)
    talk.happens(Kind.BEGAN)
    talk.pauses("switch the lamp", int(clock.now()))
    assert until(lambda: talk.dialogue._answer is not None and talk.dialogue._answer.said == ["[away]"])
    talk.happens(Kind.RESUMED)
    hand_time.now += 2.0
    talk.pauses("switch the lamp off, no, leave it", int(clock.now()))
    assert until(lambda: len(server.asked) == 2)
    assert not lamps
    talk.dialogue.stop()
