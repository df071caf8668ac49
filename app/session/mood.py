"""What is asked of a face, in words: `positive`, `happy:0.6`, `head=0.5`, or several with commas between."""

import argparse
from dataclasses import replace
from typing import Final

from inference.motion.model import EMOTIONS, Conditions

ATTITUDES: Final = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
_NUMBERS: Final = ("attitude", "mouth", "head", "face")
HELP: Final = (
    "positive or negative, one of happy, sad, angry, surprised, with a strength such as happy:0.6, and mouth=, head=, face= "
    "for how expressive each is, 1 as it comes; several with commas between"
)


def conditions_of(text: str) -> Conditions:
    """Return what the words ask; raise ValueError naming the one that is not understood."""
    asked = Conditions()
    for word in filter(None, (part.strip().lower() for part in text.split(","))):
        name, _, value = word.partition("=")
        emotion, _, strength = word.partition(":")
        try:
            if word in ATTITUDES:
                asked = replace(asked, attitude=ATTITUDES[word])
            elif name in _NUMBERS:
                asked = _with_number(asked, name, float(value))
            elif emotion in EMOTIONS:
                asked = replace(asked, emotion=emotion, strength=float(strength or 1))
            else:
                raise ValueError(f"{word!r} is not understood: write {HELP}")
        except ValueError as error:
            raise ValueError(f"{word!r}: {error}" if word not in str(error) else str(error)) from None
    return asked


def _with_number(asked: Conditions, name: str, value: float) -> Conditions:
    return Conditions(**{**asked.__dict__, name: value})


def add_mood_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what can be asked of both faces."""
    parser.add_argument("--mood", type=_mood, metavar="WORDS", help=f"what is asked of the first face: {HELP}")
    parser.add_argument("--partner-mood", type=_mood, metavar="WORDS", help="what is asked of the second one")


def _mood(text: str) -> Conditions:
    """Return what an argument asks of a face."""
    try:
        return conditions_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
