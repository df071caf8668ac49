"""Words that a recogniser makes up from noise: how they are told from words that were said."""

import math
import re
import zlib
from collections import Counter
from typing import Final

# Whisper learned from subtitles, and writes their credits into silence.
_ARTEFACTS: Final = (
    "thanks for watching", "thank you for watching", "subscribe", "subtitles by", "amara.org", "like and subscribe",
    "copyright", "transcription by", "untertitel", "sous-titres", "see you in the next video", "music playing",
)  # fmt: skip
# Together. Whisper's own rule has -1.0, by which "you" in music and half of what far voices say would pass: there tiny.en
# gives 0.65 to 0.9 and -0.5 to -3; of near voices, also where others talk as loudly, at most 0.6.
_NO_SPEECH: Final = 0.62
_LOW_LIKELIHOOD: Final = -0.4
# Sentences made up from far voices: many words, none of them likely; a short "okay" may be as unlikely, and was said.
_SENTENCE: Final = 3  # words
_HARDLY_SPEECH: Final = 0.45
_UNLIKELY: Final = -0.75
_VERY_LOW_LIKELIHOOD: Final = -1.6
_MOST_COMPRESSION: Final = 2.4
_FASTEST_SPEECH: Final = 8.0  # words a second
_REPEATED: Final = {1: 6, 2: 5, 3: 5}  # times, of so many words: people say "no no no no", too


def is_phantom(text: str, seconds: float, no_speech: float, likelihood: float) -> bool:
    """Tell whether a segment of text was not said.

    seconds: how much speech it was heard in; no_speech: its probability of no speech; likelihood: mean log probability of
    its tokens. The rules are those of Whisper's paper (Radford
    et al. 2022, section 4.5), stricter where nobody seems to speak.
    """
    words = re.findall(r"\w+", text.lower())
    plain = text.lower()
    coded = text.encode()
    return (
        not words
        or (no_speech > _NO_SPEECH and likelihood < _LOW_LIKELIHOOD)
        or (len(words) >= _SENTENCE and no_speech > _HARDLY_SPEECH and likelihood < _UNLIKELY)
        or likelihood < _VERY_LOW_LIKELIHOOD
        or len(coded) > _MOST_COMPRESSION * len(zlib.compress(coded))
        or len(words) > _FASTEST_SPEECH * max(seconds, 0.5)
        or any(artefact in plain for artefact in _ARTEFACTS)
        or _repeats(words)
    )


def sureness(likelihood: float) -> float:
    """Return how sure a text is, 0 to 1: the geometric mean of its tokens' probabilities."""
    return round(min(math.exp(likelihood), 1.0), 3)


def _repeats(words: list[str]) -> bool:
    """Tell whether the same few words come again and again."""
    for size, times in _REPEATED.items():
        groups = Counter(tuple(words[i : i + size]) for i in range(0, len(words) - size + 1, size))
        most = max(groups.values(), default=0)
        if most >= times and most * size > 0.6 * len(words):
            return True
    return False
