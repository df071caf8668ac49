"""What words alone tell of a turn: a finished sentence, one that goes on, a listener's noise. English, and mild elsewhere."""

import re
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BACKCHANNELS: Final = re.compile(
    r"\b(?:m+|h+m+|m+-?h+m+|u+h+-?h*u*h*|a+h+a*|o+h+|(?:ha|he|hi|ho)+h?|w+o+w+|okay|ok|right|yeah|yea|yes|yep|yup|sure|really|"
    r"good|great|nice|cool|exactly|true|interesting|indeed|absolutely|(?:oh )?i see|i know|of course|got it|that(?:'s| is) "
    r"(?:true|right|nice|good|great|interesting|funny)|(?:that )?makes sense|no way|fair enough|ja|genau|ach so|oui|d'accord)\b"
)
_STOPPING: Final = _set("stop wait hold hang quiet enough pause hey excuse moment halt stopp warte")
_GOING_ON: Final = _set(
    "and or but so because if when while that which who the a an my your his her our their to of in on at with for from "
    "about into like than as is are was were am um uh er then also just not do does did have has can could would will "
    "i'm it's i you we they he she it und oder aber weil et ou mais"
)
_ASKING: Final = _set("what who where when why how which can could do does did is are will would shall may")
_LOOP: Final = 3  # times
# A question of so many words is taken for whole; a statement may go on.
_WHOLE_QUESTION: Final = 4

# How long to wait (s) after speech, to be sure that it was a turn.
SHORTEST_WAIT, LONGEST_WAIT = 0.25, 1.5
_FINISHED, _OPEN, _GOES_ON = 0.25, 0.36, 1.1
# The same where the voice sounds as if it went on: below this probability that it does not (Smart Turn).
_INCOMPLETE: Final = 0.5
_FINISHED_INCOMPLETE, _OPEN_INCOMPLETE, _GOES_ON_INCOMPLETE = 0.8, 1.0, 1.5


def words_of(text: str) -> list[str]:
    """Return the words in lower case, without punctuation."""
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())


def is_backchannel(text: str) -> bool:
    """Tell whether text is what listeners say, or laugh, while somebody else has the floor.

    One word more may be among them, since recognisers mishear what is so short; none that asks or says stop. A word again and
    again is what they make of laughter.
    """
    words = words_of(text)
    if len(words) >= _LOOP and len(set(words)) == 1 and words[0] not in _STOPPING | {"no"}:
        return True
    left = words_of(_BACKCHANNELS.sub(" ", " ".join(words)))
    if len(left) > 1 or 3 * len(left) > len(words):
        return False
    return bool(words) and not any(word in _ASKING or word in _STOPPING for word in left)


def says_stop(text: str) -> bool:
    """Tell whether a short text asks for the floor."""
    return any(word in _STOPPING for word in words_of(text))


def wait_seconds(text: str, patience: float = 1.0, whole: bool = False, complete: float | None = None) -> float:
    """Return how long to wait after speech before it counts as a turn, SHORTEST_WAIT to LONGEST_WAIT.

    Shorter after a finished sentence, longer after one that goes on, or sounds like it. patience: grows where this person was
    cut before; whole: the text is known to be a whole phrase; complete: how probable the sound of it makes it that the turn is
    over (None: nobody judged).
    """
    words = words_of(text)
    incomplete = complete is not None and complete < _INCOMPLETE and not whole
    if not whole and _goes_on(text, words):
        wait = _GOES_ON_INCOMPLETE if incomplete else _GOES_ON
    elif whole or _whole(text, words):
        wait = _FINISHED_INCOMPLETE if incomplete else _FINISHED
    else:
        wait = _OPEN_INCOMPLETE if incomplete else _OPEN
    return min(max(wait * patience, SHORTEST_WAIT), LONGEST_WAIT)


def _goes_on(text: str, words: list[str]) -> bool:
    """Tell whether a sentence plainly goes on: by its last word, or by its mark."""
    if text.rstrip().endswith((",", "-", "…", "...")):
        return True
    return bool(words) and words[-1] in _GOING_ON and not _whole(text, words)


def _whole(text: str, words: list[str]) -> bool:
    """Tell whether a sentence looks finished: by its mark, where the recogniser writes one, or as a question."""
    if text.rstrip().endswith((".", "!", "?")):
        return True
    asked = bool(words) and words[0] in _ASKING and len(words) >= _WHOLE_QUESTION
    return asked and words[-1] not in _GOING_ON - {"you", "i", "it", "they", "we", "he", "she", "that", "are", "is"}
