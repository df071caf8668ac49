"""What words alone tell of a turn: a finished sentence, one that goes on, a listener's noise. English, and mild elsewhere."""

import re
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BACKCHANNELS: Final = _set(
    "mm mhm mm-hm mm-hmm hmm hm uh-huh uh huh aha ah oh okay ok right yeah yes yep sure really wow good great nice i see "
    "exactly true ja genau oui"
)
_STOPPING: Final = _set("stop wait hold quiet enough pause hey excuse halt stopp warte")
_GOING_ON: Final = _set(
    "and or but so because if when while that which who the a an my your his her our their to of in on at with for from "
    "about into like than as is are was were am um uh er then also just not do does did have has can could would will "
    "i'm it's i you we they he she it und oder aber weil et ou mais"
)
_ASKING: Final = _set("what who where when why how which can could do does did is are will would shall may")
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
    """Tell whether text is nothing but what listeners say while somebody else has the floor."""
    words = words_of(text)
    return bool(words) and len(words) <= 4 and all(word in _BACKCHANNELS for word in words)


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
