"""app.session.mood: what is asked of a face, in words."""

import argparse

import pytest

from app.commands.arguments import add_mood_arguments
from app.session.mood import conditions_of
from inference.motion.model import Conditions


def test_words_become_conditions() -> None:
    assert conditions_of("") == Conditions()
    assert conditions_of("positive, happy:0.5, head=0.8") == Conditions(
        attitude=1.0, emotion="happy", strength=0.5, head=0.8
    )
    assert conditions_of("attitude=-0.3,mouth=1.5,face=0") == Conditions(attitude=-0.3, mouth=1.5, face=0.0)
    assert conditions_of("SAD") == Conditions(emotion="sad")


@pytest.mark.parametrize("words", ["jolly", "happy:2", "head=3", "head=", "mouth=nan", "attitude=x", "emotion=happy"])
def test_what_is_not_understood_is_named(words: str) -> None:
    with pytest.raises(ValueError, match=words.split("=")[0].split(":")[0]):
        conditions_of(words)


def test_arguments_say_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_mood_arguments(parser)
    assert parser.parse_args(["--mood", "negative"]).mood == "negative"
    with pytest.raises(SystemExit):
        parser.parse_args(["--partner-mood", "jolly"])
    assert "jolly" in capsys.readouterr().err
