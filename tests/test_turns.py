"""app.conversation.turns and wording: the turn machine, fed by hand with 32 ms at a time."""

from dataclasses import dataclass, field

import pytest

from app.agents.wording import LONGEST_WAIT, SHORTEST_WAIT, is_backchannel, says_stop, wait_seconds
from app.conversation.turns import Event, Heard, Kind, Turns, advance
from app.settings import Mode
from audio_io.activity import CHUNK

SECOND = 16_000


@dataclass
class Hand:
    """Feeds the machine and keeps what happened."""

    state: Turns = field(default_factory=Turns)
    at: int = 0
    events: list[Event] = field(default_factory=list)

    def hear(self, seconds: float, voice: float = 0.0, text: str = "", agent: bool = False, **more: bool) -> "Hand":
        for _ in range(round(seconds * SECOND / CHUNK)):
            self.at += CHUNK
            self.state, events = advance(self.state, Heard(self.at, voice, agent, text, **more), CHUNK)
            self.events += events
        return self

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.events]

    def when(self, kind: Kind) -> float:
        return next(event.at for event in self.events if event.kind is kind) / SECOND


def test_a_turn_begins_pauses_and_ends() -> None:
    hand = Hand().hear(1.0).hear(1.0, 0.9, "what is your name").hear(1.0, 0.0, "what is your name")
    assert hand.kinds == [Kind.BEGAN, Kind.PAUSED, Kind.ENDED]
    ended = hand.events[-1]
    assert ended.speech == pytest.approx(2.0 * SECOND, abs=2 * CHUNK)
    assert SHORTEST_WAIT <= (ended.at - ended.speech) / SECOND < 0.36


def test_waits_longer_after_what_goes_on_and_never_out_of_bounds() -> None:
    waits = [wait_seconds(text) for text in ("what is your name", "my dog", "i like dogs and", "well, um")]
    assert waits == sorted(waits) and waits[0] < 0.35 and waits[-1] > 1.0
    assert wait_seconds("I am done.") < wait_seconds("i am done")
    assert wait_seconds("i like", whole=True) == SHORTEST_WAIT
    for patience in (0.01, 1.0, 100.0):
        for text in ("", "yes", "and", "what is that"):
            assert SHORTEST_WAIT <= wait_seconds(text, patience) <= LONGEST_WAIT


def test_a_pause_inside_a_sentence_does_not_end_the_turn() -> None:
    hand = Hand().hear(0.5, 0.9, "i am a student and").hear(0.6, 0.0, "i am a student and")
    hand.hear(0.8, 0.9, "i am a student and i work").hear(1.5, 0.0, "i am a student and i work here.")
    assert hand.kinds == [Kind.BEGAN, Kind.PAUSED, Kind.RESUMED, Kind.PAUSED, Kind.ENDED]


def test_the_turn_waits_for_its_text_but_not_for_ever() -> None:
    hand = Hand().hear(0.5, 0.9).hear(1.0, 0.0, pending=True)
    assert Kind.ENDED not in hand.kinds
    hand.hear(0.1, 0.0, "hello")
    assert hand.kinds[-1] is Kind.ENDED
    stuck = Hand().hear(0.5, 0.9).hear(2.0, 0.0, pending=True)
    assert stuck.kinds[-1] is Kind.DROPPED


def test_somebody_who_was_cut_is_given_more_time() -> None:
    hand = Hand().hear(0.6, 0.9, "my dog").hear(0.5, 0.0, "my dog")
    assert hand.kinds[-1] is Kind.ENDED
    hand.hear(0.3, 0.9, "my dog")
    assert hand.state.patience > 1.0


def test_barge_in_silences_the_agent_within_a_tenth_and_takes_the_floor() -> None:
    hand = Hand().hear(1.0, 0.0, agent=True)
    hand.hear(0.16, 0.9, agent=True).hear(0.8, 0.9, "please tell me more").hear(1.0, 0.0, "please tell me more")
    assert hand.kinds[:3] == [Kind.BEGAN, Kind.YIELDED, Kind.INTERRUPTED]
    assert hand.when(Kind.YIELDED) - 1.0 <= 0.13
    assert hand.kinds[-1] is Kind.ENDED


@pytest.mark.parametrize(("seconds", "text"), [(0.3, ""), (0.4, "yeah"), (0.9, "mm-hm right"), (0.4, "we cool")])
def test_coughs_and_murmurs_take_no_floor(seconds: float, text: str) -> None:
    hand = Hand().hear(1.0, 0.0, agent=True).hear(0.16, 0.9, text, agent=True)
    hand.hear(seconds - 0.16, 0.9, text).hear(1.0, 0.0, text)
    assert Kind.INTERRUPTED not in hand.kinds and Kind.ENDED not in hand.kinds
    assert hand.kinds[-1] is Kind.WENT_ON
    assert hand.when(Kind.WENT_ON) < 1.0 + seconds + 0.35


def test_a_short_stop_is_obeyed() -> None:
    assert says_stop("oh stop") and not says_stop("oh")
    hand = Hand().hear(1.0, 0.0, agent=True).hear(0.16, 0.9, agent=True).hear(0.2, 0.9, "stop").hear(0.8, 0.0, "stop")
    assert Kind.INTERRUPTED in hand.kinds and hand.kinds[-1] is Kind.ENDED


@pytest.mark.parametrize(
    "text",
    ["Mhm.", "Mm-hmm.", "Uh-huh.", "Right, right, right, right, right.", "Oh, I see.", "That's true.", "Of course.", "Wow",
     "Yeah, yeah, yeah, yeah, yeah", "Ha, ha, ha.", "No, I see.", "Bright, bright, bright", "That makes sense.", "Really?"],
)  # fmt: skip
def test_listeners_noises_however_often_a_recogniser_repeats_them_take_no_floor(text: str) -> None:
    assert is_backchannel(text)
    hand = Hand().hear(1.0, 0.0, agent=True).hear(0.16, 0.9, agent=True).hear(1.2, 0.9, text).hear(1.0, 0.0, text)
    assert hand.kinds == [Kind.BEGAN, Kind.YIELDED, Kind.PAUSED, Kind.DROPPED, Kind.WENT_ON]


@pytest.mark.parametrize(
    "text", ["stop", "wait a moment", "who made you, who made you.", "no no no", "what", "right there"]
)
def test_a_stop_and_a_sentence_take_the_floor_though_their_text_comes_late(text: str) -> None:
    assert not is_backchannel(text)
    hand = Hand().hear(1.0, 0.0, agent=True).hear(0.16, 0.9, agent=True).hear(0.6, 0.9)
    hand.hear(0.4, 0.0, pending=True).hear(1.2, 0.0, text)
    assert Kind.INTERRUPTED in hand.kinds and hand.kinds[-1] is Kind.ENDED


def test_laughter_takes_no_floor_and_made_up_words_do_not_at_once() -> None:
    laughter = Hand().hear(1.0, 0.0, agent=True).hear(0.16, 0.9, agent=True).hear(1.6, 0.9).hear(1.0)
    assert Kind.INTERRUPTED not in laughter.kinds and laughter.kinds[-1] is Kind.WENT_ON
    made_up = "so don't forget to subscribe to my channel"
    hand = Hand().hear(1.0, 0.0, agent=True).hear(0.16, 0.9, agent=True).hear(0.6, 0.9, made_up)
    assert Kind.INTERRUPTED not in hand.kinds
    hand.hear(0.2, 0.0, pending=True).hear(1.0, 0.0, "oh okay")
    assert hand.kinds[-1] is Kind.WENT_ON


def test_sound_that_goes_on_is_waited_for_unless_the_text_is_a_whole_phrase() -> None:
    for text in ("I like dogs.", "my dog", "my dog and", "What is..."):
        assert wait_seconds(text, complete=0.1) > wait_seconds(text) == wait_seconds(text, complete=0.9)
        assert wait_seconds(text, complete=0.1) <= LONGEST_WAIT
    assert wait_seconds("what is your name", whole=True, complete=0.1) == SHORTEST_WAIT
    assert wait_seconds("What is...") > 1.0 < wait_seconds("So, the thing is,")


def test_a_word_in_silence_is_a_turn_and_noise_is_none() -> None:
    assert is_backchannel("Mm-hm, right.") and not is_backchannel("right there on the left side")
    assert Hand().hear(0.4, 0.9, "yes").hear(1.0, 0.0, "yes").kinds[-1] is Kind.ENDED
    assert Hand().hear(0.4, 0.9).hear(1.0).kinds == [Kind.BEGAN, Kind.PAUSED, Kind.DROPPED]
    assert Hand().hear(0.03, 0.9).hear(1.0).kinds == []


def test_half_duplex_hears_nothing_while_the_agent_speaks() -> None:
    hand = Hand(Turns(mode=Mode.HALF_DUPLEX)).hear(1.0, 0.9, "stop now please", agent=True).hear(0.2, 0.9)
    assert hand.kinds == []
    assert Kind.BEGAN in hand.hear(0.4, 0.9).kinds


def test_push_to_talk_hears_while_the_key_is_down_and_answers_when_it_is_up() -> None:
    hand = Hand(Turns(mode=Mode.PUSH_TO_TALK)).hear(1.0, 0.9)
    assert hand.kinds == []
    hand.hear(1.0, 0.9, "my dog", key=True).hear(0.2, 0.9, "my dog")
    assert hand.kinds[-1] is Kind.ENDED
    assert hand.when(Kind.ENDED) < 2.15


def test_the_agent_takes_the_initiative_more_and_more_rarely() -> None:
    hand = Hand().hear(60)
    silences = [event.at / SECOND for event in hand.events]
    assert set(hand.kinds) == {Kind.SILENCE}
    gaps = [silences[0], *(b - a for a, b in zip(silences, silences[1:], strict=False))]
    assert gaps == sorted(gaps) and gaps[0] == pytest.approx(8, abs=0.1)
    assert len({event.turn for event in hand.events}) == len(hand.events)
    assert Hand(Turns(initiative=False)).hear(60).kinds == []
    assert Hand().hear(60, busy=True).kinds == []


def test_every_turn_has_a_number_of_its_own() -> None:
    hand = Hand()
    for _ in range(5):
        hand.hear(0.5, 0.9, "hello there").hear(1.5, 0.0, "hello there")
    assert [event.turn for event in hand.events if event.kind is Kind.BEGAN] == [1, 2, 3, 4, 5]
