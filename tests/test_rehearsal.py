"""app.conversation.rehearsal: what a persona is likely to say begins to sound without waiting for a slow voice."""

import time

import numpy as np
import pytest

from app.agents.agents import load_agent
from app.agents.persona.persona import Persona
from app.conversation.lines import lines_of
from app.conversation.rehearsal import Rehearsal
from audio_io.voices.voice import Spoken, VoiceSettings
from tests.conftest import until


class Voice:
    """A voice that takes its time, and counts what it is asked for."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked = seconds, list[str]()

    def speak(self, sentence: str, _settings: VoiceSettings) -> Spoken:
        self.asked.append(sentence)
        time.sleep(self.seconds)
        return Spoken(sentence, np.full(160, 0.1, np.float32), (), False)


def mira() -> Persona:
    agent = load_agent("mira", lambda _: None)
    assert isinstance(agent, Persona)
    return agent


def begins(persona: Persona, heard: str) -> str:
    """Return the first sentence of an answer."""
    (piece,) = persona.reply(persona.start(), heard).pieces
    return lines_of(piece, early=True)[0][0]


def test_the_beginning_of_an_answer_is_rehearsed_while_nobody_talks() -> None:
    persona, voice = mira(), Voice(0.06)
    rehearsal = Rehearsal(voice)
    answer = begins(persona, persona.phrases[0])
    assert until(lambda: bool(rehearsal.step((persona, persona.start()))) or answer in voice.asked)
    count = len(voice.asked)
    assert rehearsal.speak(answer, persona.voice).text == answer
    assert len(voice.asked) == count  # it was there
    rehearsal.speak("Nobody could know that I would say this.", persona.voice)
    rehearsal.speak(answer, VoiceSettings(rate=90))
    assert len(voice.asked) == count + 2


def test_nothing_is_rehearsed_while_somebody_speaks() -> None:
    voice = Voice(0.06)
    rehearsal = Rehearsal(voice)
    assert not rehearsal.step(None) and not voice.asked


def test_a_voice_that_is_quick_is_asked_when_it_is_time() -> None:
    persona, voice = mira(), Voice(0.0)
    rehearsal = Rehearsal(voice)
    answer = begins(persona, persona.phrases[0])
    assert until(lambda: bool(rehearsal.step((persona, persona.start()))) or bool(voice.asked))
    count = len(voice.asked)
    rehearsal.speak(answer, persona.voice)
    assert len(voice.asked) == count + 1
    rehearsal.step((persona, persona.start()))
    assert len(voice.asked) == count + 1  # and has no need to rehearse


def test_a_voice_that_cannot_speak_is_not_told_of_by_the_rehearsal() -> None:
    class Mute(Voice):
        def speak(self, sentence: str, settings: VoiceSettings) -> Spoken:
            super().speak(sentence, settings)
            raise RuntimeError("the voice engine failed")

    persona, voice = mira(), Mute(0.0)
    rehearsal = Rehearsal(voice)
    assert until(lambda: bool(rehearsal.step((persona, persona.start()))) or bool(voice.asked))
    with pytest.raises(RuntimeError):
        rehearsal.speak(voice.asked[0], persona.voice)
