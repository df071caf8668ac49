"""What is asked of a face, in words: `positive`, `happy:0.6`, `head=0.5`, or several with commas between."""

from dataclasses import replace
from typing import Final

from inference.motion.model import EMOTIONS, Conditions

ATTITUDES: Final = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
_NUMBERS: Final = ("attitude", "mouth", "head", "face")
MOOD_WORDS: Final = (
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
                raise ValueError(f"{word!r} is not understood: write {MOOD_WORDS}")
        except ValueError as error:
            raise ValueError(f"{word!r}: {error}" if word not in str(error) else str(error)) from None
    return asked


def _with_number(asked: Conditions, name: str, value: float) -> Conditions:
    return Conditions(**{**asked.__dict__, name: value})
