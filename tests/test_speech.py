"""app.conversation.speech: lines on the tape ahead of the clock; stop is stop; a held breath goes on."""

import numpy as np
import pytest

from app.conversation.lines import lines_of
from app.conversation.speech import Speech
from app.session.faces import felt
from app.timeline.timeline import AGENT, USER, Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from audio_io.voices.voice import Spoken, VoiceSettings, estimated_words
from avatar.rig.motion import MotionTrack
from tests.conftest import HandTime


class Tone:
    """A voice for tests of timing: a tone of one tenth of a second a word, each word louder than the last."""

    def speak(self, sentence: str, settings: VoiceSettings) -> Spoken:
        count = len(sentence.split())
        audio = np.repeat(np.linspace(0.3, 0.9, count), 1600).astype(np.float32) * settings.volume
        words = estimated_words(" ".join(["x" * 9] * count), audio)
        spans = estimated_words(sentence, audio)
        timed = tuple(
            type(word)(number * 1600, span.first, span.last)
            for number, (word, span) in enumerate(zip(words, spans, strict=True))
        )
        return Spoken(sentence, audio, timed, True)


class Stage:
    def __init__(self, clock: Clock) -> None:
        self.tape, self.played = Tape(), Tape()
        self.changed: list[int] = []
        self.silenced = 0
        self.clock = clock
        tracks = MotionTrack(50), MotionTrack(50)
        self.timeline = Timeline({"agent_raw": self.tape, "agent": self.played}, tracks, ahead=("agent_raw",))
        self.speech = Speech(Tone(), self.timeline, clock, self.changed.append, lambda: 0.1, self.silence)

    def silence(self) -> None:
        self.silenced += 1

    def speak(self) -> None:
        while self.speech.step():
            pass

    def play(self, samples: int) -> None:
        """Give the loudspeaker what it is about to play."""
        at = int(self.clock.now())
        self.played.write(at, self.tape.read(at, samples))


@pytest.fixture
def stage(clock: Clock) -> Stage:
    return Stage(clock)


def test_lines_follow_each_other_ahead_of_the_clock(stage: Stage) -> None:
    assert stage.speech.say("One two three. Four five.") == 2
    assert stage.speech.say("...") == 0
    stage.speak()
    loud = np.flatnonzero(stage.tape.read(0, 32_000) > 0)
    assert 0.09 * SAMPLE_RATE <= loud[0] < 0.2 * SAMPLE_RATE  # time for the face to hear it first
    assert len(loud) == 5 * 1600
    assert np.diff(loud).max() == pytest.approx(0.22 * SAMPLE_RATE, abs=2)
    assert stage.speech.speaking
    assert stage.changed == [loud[0], loud[0] + 3 * 1600 + round(0.22 * SAMPLE_RATE)]


def test_stop_silences_at_once_and_drops_what_the_loudspeaker_holds(stage: Stage, hand_time: HandTime) -> None:
    stage.speech.say("One two three four five six seven eight nine ten.")
    stage.speak()
    hand_time.now += 0.5
    stage.play(1600)
    stage.speech.stop()
    now = int(stage.clock.now())
    assert stage.silenced == 1 and stage.changed[-1] == now
    assert not stage.tape.read(now, 32_000).any() and not stage.played.read(now, 32_000).any()
    assert stage.tape.read(now - 800, 800).any()
    assert not stage.speech.speaking
    stage.speech.stop()
    assert stage.silenced == 1  # nothing was sounding


def test_what_is_under_way_when_it_is_stopped_is_never_heard(stage: Stage) -> None:
    class Slow(Tone):
        def speak(self, sentence: str, settings: VoiceSettings) -> Spoken:
            stage.speech.stop()  # the person interrupts while the sentence is being made
            return super().speak(sentence, settings)

    stage.speech._voice = Slow()
    stage.speech.say("Too late.")
    stage.speak()
    assert not stage.tape.read(0, 64_000).any()
    assert not stage.speech.speaking


def test_a_stale_reply_says_nothing(stage: Stage) -> None:
    first = stage.speech.begin()
    second = stage.speech.begin()
    assert stage.speech.say("Old news.", first) == 0
    assert stage.speech.say("Fresh news.", second) == 1
    assert stage.speech.finished(first) and not stage.speech.finished(second)


def test_a_held_breath_goes_on_with_the_word_that_was_cut(stage: Stage, hand_time: HandTime) -> None:
    generation = stage.speech.begin()
    stage.speech.say("One two three four five six. Seven eight.", generation)
    stage.speak()
    start = stage.speech.first_sample(generation)
    assert start is not None
    hand_time.now += (start + 2.3 * 1600) / SAMPLE_RATE  # inside "three", of which too little was heard
    stage.speech.hold()
    held_at = int(stage.clock.now())
    assert not stage.tape.read(held_at, 64_000).any()
    assert not stage.speech.sounding(held_at + 800)
    assert stage.speech.heard(generation) == "One two"
    stage.speech.say("Nine.", generation)
    assert not stage.speech.step()  # it holds its breath
    hand_time.now += 0.5
    stage.speech.go_on()
    stage.speak()
    again = stage.tape.read(int(stage.clock.now()), 64_000)
    loud = again[again > 0]
    assert loud[0] == pytest.approx(0.54, abs=0.01)  # "three", from its start
    assert len(loud) == (4 + 2 + 1) * 1600
    hand_time.now += 4
    assert stage.speech.heard(generation) == "One two three four five six. Seven eight. Nine."
    assert stage.speech.shown(stage.clock.now())[0] == "One two three four five six. Seven eight. Nine."


def test_what_is_heard_grows_word_by_word(stage: Stage, hand_time: HandTime) -> None:
    generation = stage.speech.begin()
    stage.speech.say("One, two three.", generation)
    stage.speak()
    start = stage.speech.first_sample(generation) or 0
    heard = []
    for tenth in range(5):
        hand_time.now = 100 + (start + tenth * 1600 + 1400) / SAMPLE_RATE
        heard.append(stage.speech.heard(generation))
        text, letters = stage.speech.shown(stage.clock.now())
        assert text == "One, two three." and text[:letters].strip() == heard[-1]
    assert heard == ["One,", "One, two", "One, two three.", "One, two three.", "One, two three."]


def test_marks_show_when_their_word_is_spoken(stage: Stage, hand_time: HandTime) -> None:
    stage.speech.say("One two. [smile] Three [nod] four.")
    stage.speak()
    hand_time.now += 3
    smile, nod = felt(stage.timeline, AGENT, stage.clock.now())
    assert (smile.name, nod.name) == ("smile", "nod") and nod.sample - smile.sample == 1600
    assert not felt(stage.timeline, AGENT, smile.sample - 1) and not felt(stage.timeline, USER, stage.clock.now())


def test_what_was_not_heard_does_not_show(stage: Stage, hand_time: HandTime) -> None:
    stage.speech.say("[smile] One two. [nod] Three four.")
    stage.speak()
    hand_time.now += 0.25
    stage.speech.stop()
    assert [entry.facts["name"] for entry in stage.timeline.entries("affect")] == ["smile"]
    assert ["cut" in entry.facts for entry in stage.timeline.entries("words")] == [True]


def test_pauses_are_kept_and_marks_belong_to_their_sentence(stage: Stage) -> None:
    assert [(text, pause) for text, _, pause in lines_of("One. [pause 0.5] Two.")] == [("One.", 0.0), ("Two.", 0.5)]
    paused = lines_of("Well, [pause 0.4] I never [nod] saw it. Yes.")
    assert [(text, pause) for text, _, pause in paused] == [("Well,", 0.0), ("I never saw it.", 0.4), ("Yes.", 0.0)]
    assert [(mark.name, mark.letter) for mark in paused[1][1]] == [("nod", 8)]
    stage.speech.say("One. [pause 0.5] Two.")
    stage.speak()
    loud = np.flatnonzero(stage.tape.read(0, 64_000) > 0)
    assert np.diff(loud).max() == pytest.approx(0.72 * SAMPLE_RATE, abs=2)


def test_a_murmur_is_quiet_and_takes_no_floor(stage: Stage, hand_time: HandTime) -> None:
    stage.speech.murmur("Mm-hm.")
    stage.speak()
    sound = stage.tape.read(0, 16_000)
    assert 0.1 < sound.max() < 0.2
    hand_time.now += np.flatnonzero(sound)[0] / SAMPLE_RATE + 0.01
    assert not stage.speech.sounding(stage.clock.now())
    assert stage.speech.shown(stage.clock.now())[0] == ""
    stage.speech.say("A longer line.")
    stage.speech.murmur("Right.")
    assert len(stage.speech._lines) == 1


def test_a_line_that_no_voice_can_say_is_tried_again_and_then_left_out(stage: Stage) -> None:
    class Broken:
        tried = 0

        def speak(self, sentence: str, settings: VoiceSettings) -> Spoken:
            self.tried += 1
            if self.tried < 3:
                raise RuntimeError("the voice engine failed")
            return Tone().speak(sentence, settings)

    stage.speech._voice = Broken()
    stage.speech.say("Not lost.")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            stage.speech.step()
    assert stage.speech.step()
    assert stage.tape.read(0, 16_000).any()


def test_an_answers_first_clause_sounds_by_itself_and_soon_goes_on(stage: Stage) -> None:
    assert stage.speech.say("When the sun is up, the birds begin to sing. When it sets, the birds go to sleep.") == 3
    assert stage.speech.say("When the moon is up, the owls begin to call.") == 1  # it sounds already by then
    stage.speak()
    quiet = np.flatnonzero(np.diff(np.flatnonzero(stage.tape.read(0, 160_000) > 0)) > 1)
    gaps = np.diff(np.flatnonzero(stage.tape.read(0, 160_000) > 0))[quiet] / SAMPLE_RATE
    assert gaps == pytest.approx([0.05, 0.22, 0.22], abs=0.001)


def test_between_sentences_the_agent_holds_the_floor(stage: Stage, hand_time: HandTime) -> None:
    stage.speech.say("One two. Three four.")
    stage.speak()
    loud = np.flatnonzero(stage.tape.read(0, 32_000) > 0)
    gap = int(loud[3199]) + 1000
    hand_time.now += gap / SAMPLE_RATE
    assert stage.speech.sounding(gap)
    assert not stage.speech.sounding(int(loud[-1]) + 2000)
    assert not stage.speech.sounding(int(loud[0]) - 100)
