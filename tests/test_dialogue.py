"""A whole spoken conversation by stepping: real canceller, detector, recogniser, persona, voice, model; a simulated room."""

from collections.abc import Iterator

import numpy as np
import pytest

from app.bench.simulated import Room
from app.bench.turns import clip
from app.session.faces import felt
from app.timeline.timeline import AGENT


@pytest.fixture
def room() -> Iterator[Room]:
    opened = Room(0.08)
    opened.talk.listener.use_initiative(False)
    yield opened
    opened.close()


def texts(room: Room, kind: str) -> list[str]:
    return [facts["text"] for _, name, facts in room.events if name == kind]


def settle(room: Room, seconds: float = 15.0) -> None:
    """Let the agent say what it has to say, so that the canceller knows the room."""
    room.run(1.0)
    room.run(seconds, lambda: not room.speech.speaking)
    room.run(0.3)


def test_it_greets_hears_answers_and_remembers_what_was_heard(room: Room) -> None:
    room.talk.open()
    settle(room)
    assert texts(room, "said")[0].startswith("Hello! I am Mira.")
    room.speak(clip("what is this program"))
    room.run(3.0)
    assert texts(room, "turn") == ["what is this program"]
    answer = next(facts for _, kind, facts in room.events if kind == "latency")
    assert answer["first_sound"] < 900 and answer["endpoint"] < 500
    assert next(facts for _, kind, facts in room.events if kind == "mouth")["mouth"] < answer["first_sound"] + 200
    (words, final), (text, heard) = room.talk.captions()
    assert words == "what is this program" and final
    assert "DualTalk" in text and 0 < heard <= len(text)
    settle(room)
    assert "yielded" not in [kind for _, kind, _ in room.events]


def test_it_is_interrupted_at_once_and_forgets_the_rest(room: Room) -> None:
    room.talk.open()
    settle(room)
    room.speak(clip("how does it work"))
    room.run(6.0, lambda: room.speech.sounding(room.clock.now()))
    room.run(1.5)
    began = room._at / 16_000
    room.speak(clip("what is your name"))
    room.run(2.5)
    yielded = next(at for at, kind, _ in room.events if kind == "yielded")
    assert yielded - began < 0.3
    spoken = texts(room, "said")[-1]
    assert spoken and spoken.startswith("Everything") and not spoken.endswith("faces.")
    room.run(1.5)
    assert "Mira" in room.talk.captions()[1][0]


def test_a_cough_holds_the_breath_and_the_line_goes_on(room: Room) -> None:
    rng = np.random.default_rng(0)
    room.talk.open()
    settle(room)
    room.talk.dialogue.say(
        "One day a very long story began, and it went on and on, until nobody knew how it had begun."
    )
    room.run(2.0)
    time = np.arange(4000) / 16_000
    room.speak((0.4 * rng.normal(size=4000) * np.exp(-time / 0.08)).astype(np.float32))
    room.speak(clip("okay") * 4, 1.6)
    room.speak(clip("right") * 4, 4.0)
    settle(room)
    room.run(10.0, lambda: room.count("yielded") == room.count("went on"))  # the last burst may be at the line's end
    settle(room)
    kinds = [kind for _, kind, _ in room.events]
    assert "interrupted" not in kinds and "turn" not in kinds
    assert kinds.count("yielded") == kinds.count("went on") >= 1
    assert room.talk.captions()[1][0].endswith("how it had begun.")


def test_who_goes_on_after_a_pause_has_one_turn(room: Room) -> None:
    room.talk.open()
    settle(room)
    first, second = clip("i am a student and"), clip("i work with computers")
    room.speak(np.concatenate([first, np.zeros(8000, np.float32), second]))
    room.run(5.0)
    kinds = [kind for _, kind, _ in room.events]
    assert kinds.count("resumed") >= 1 and kinds.count("turn") == 1
    assert "student" in texts(room, "turn")[0] and "computers" in texts(room, "turn")[0]
    assert room.talk.captions()[0][1] and kinds.count("answer") == 2  # the greeting, and one answer


def test_typed_lines_and_an_operators_lines_are_said(room: Room) -> None:
    room.talk.open()
    settle(room)  # else its own voice may be taken for a person's, when the recogniser is slow to say what it was
    room.talk.ask("what is your name")
    room.run(2.0)
    assert "I am Mira" in room.talk.captions()[1][0] and room.talk.captions()[0] == ("what is your name", True)
    room.talk.dialogue.stop()
    room.run(0.5)
    assert not room.speech.speaking
    assert room.talk.dialogue.say("[smile] Somebody else wrote this.") == 1
    room.run(2.0)
    assert room.talk.captions()[1][0] == "Somebody else wrote this."
    assert any(affect.name == "smile" for affect in felt(room.talk.timeline, AGENT, room.clock.now()))


def test_it_takes_the_initiative_when_nobody_speaks(room: Room) -> None:
    room.talk.open()
    settle(room)
    room.talk.listener.use_initiative(True)
    room.run(12.0)
    assert [kind for _, kind, _ in room.events].count("silence") == 1
    assert room.talk.captions()[1][0]


def test_another_agent_takes_over(room: Room) -> None:
    from app.agents.agents import load_agent

    room.talk.open()
    room.run(2.0)
    room.talk.use_agent(load_agent("theo", print))
    room.run(2.0)
    assert "Theo" in room.talk.captions()[1][0]
    assert room.talk.ears.hearing.phrases == room.talk.dialogue.agent.phrases


def test_it_murmurs_where_the_dial_lets_it(room: Room) -> None:
    room.talk.dialogue.murmurs.readiness = 1.0
    room.run(6.0)
    first, second = clip("i am a student and"), clip("i work with computers")
    room.speak(np.concatenate([first, np.zeros(9600, np.float32), second]))
    room.run(2.4)
    murmured = [utterance for utterance in room.speech._utterances if utterance.murmur]
    assert len(murmured) == 1
    assert "yielded" not in [kind for _, kind, _ in room.events]
