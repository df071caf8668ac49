"""What a person tells of themselves in a turn: name, where from, what they do, like and feel. English sentences."""

import re
from collections.abc import Callable
from typing import Final

from app.agents.persona.normalise import plain_words
from app.agents.wording import words_of

KEYS: Final = ("name", "from", "work", "likes", "feeling")
_LONGEST: Final = 6  # words that a thing told may have
_CUT: Final = re.compile(
    r"\b(?:and|but|because|so|that|which|who|when|if|very much|a lot|too|as well|now|today|though|really|nice to meet you)\b.*"
)
_NOT_NAMES: Final = frozenset(
    words_of(
        "a an the in at on not very so fine good well here there tired happy sad called from just going doing okay sorry bit "
        "really quite too sure ready back done lost new old hungry thirsty bored nervous stressed sick busy afraid glad great "
        "alright kidding serious one two three looking talking working reading trying getting having feeling my your his her "
        "it that this what who with still only also late early cold hot angry excited curious lonely married single yes no "
        "like is was has are am and or but of to by about as for record"
    )
)
_FEELINGS: Final = {
    "bad": "tired sad nervous stressed sick ill bored lonely angry worried afraid scared unhappy exhausted anxious upset cold "
    "hungry thirsty depressed frustrated confused",
    "good": "happy glad excited relaxed proud curious cheerful",
}
FEELS_BAD: Final = frozenset(_FEELINGS["bad"].split())
_FELT: Final = "|".join(f"{word}" for words in _FEELINGS.values() for word in words.split())
_PROFESSIONS: Final = (
    r"\w*(?:teacher|doctor|nurse|engineer|student|developer|programmer|designer|artist|scientist|researcher|lawyer|driver|cook|chef|"
    r"baker|farmer|musician|writer|journalist|actor|actress|manager|scientist|psychologist|linguist|professor|pupil|carpenter|"
    r"electrician|architect|librarian|photographer|gardener|singer|dancer|pilot|policeman|firefighter|translator|consultant|"
    r"dentist|mechanic|painter|physicist|chemist|biologist|mathematician|animator|accountant)"
)
_OPENING: Final = re.compile(r"^(?:(?:well|oh|um|i|am|i'm|like|love|from|to|in|it is|it's|my|we)\s+)+", re.IGNORECASE)
_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    ("name", r"\b(?:my name is|my name's|i am called|call me|they call me|people call me)\s+([^\W\d_]{2,20})"),
    ("name", r"\b(?:ich heiße|mein name ist|je m'appelle|me llamo|mi chiamo|me chamo|chamo-me) ([^\W\d_]{2,20})"),
    ("name", r"^(?:hello |oh |well )*(?:mira |theo )?(?:i am|it is|this is)\s+([^\W\d_]{2,20})(?: nice to meet you)?$"),
    ("from", r"\bi (?:am|come) (?:originally )?from (?:the )?(.+)"),
    ("from", r"\bi (?:live|grew up|was born) in (?!a |the country|an )(.+)"),
    ("work", rf"\bi (am (?:still |also |just )*(?:a|an|the) (?:\w+ )?{_PROFESSIONS})\b"),
    ("work", r"\bi ((?:study|teach|am studying) .+)"),
    ("work", r"\bi (work (?:as|in|at|with|for|on) .+)"),
    ("likes", r"\bi (?:really |also |just |would )?(?:like|love|enjoy|collect)(?: to)? "
     r"(?!(?:you|it|that|this|your|him|her)\b)(.+)"),
    ("likes", r"\bmy (?:favourite )?hobb(?:y is|ies are) (.+)"),
    ("feeling", rf"\bi (?:am|feel|am feeling)(?: \w+){{0,2}}? ({_FELT})\b"),
)  # fmt: skip


def told_in(text: str, known: Callable[[str], bool], asked_name: bool = False) -> dict[str, str]:
    """Return what a turn tells, by key of `KEYS`.

    known: whether a word is one of the agent's own, which is no name then but something misheard; asked_name: whether the agent
    has just asked for the name, so that a word alone is one.
    """
    if text.rstrip().endswith("?") and not re.search(r"\bmy name\b", text, re.IGNORECASE):
        return {}
    found: dict[str, str] = {}
    for sentence in re.split(r"[.!?;]+\s*|,\s+", text):
        words = plain_words(sentence)
        plain = " ".join(words)
        for key, pattern in _PATTERNS:
            match = re.search(pattern, plain)
            thing = _thing(key, match.group(1), sentence, known) if match else ""
            if thing and key not in found:
                found[key] = thing
        if asked_name and "name" not in found and 1 <= len(words) <= 3:
            word = words[-1] if words[0] in ("it", "i", "just", "well", "hello") or len(words) == 1 else words[0]
            if name := _thing("name", word, sentence, known):
                found["name"] = name
    return found


def _thing(key: str, words: str, sentence: str, known: Callable[[str], bool]) -> str:
    """Return what was told as it is said again, empty where it can be none."""
    if key == "name":
        unlikely = words in _NOT_NAMES or known(words) or re.fullmatch(_FELT, words) or len(words) < 2
        return "" if unlikely else words.capitalize()
    cut = _CUT.sub("", words).strip()
    if not cut or len(cut.split()) > _LONGEST:
        return ""
    written = re.search(re.escape(cut), sentence, re.IGNORECASE)
    cut = written.group(0) if written else cut
    cut = re.sub(r"^am\b", "are", re.sub(r"\bmy\b", "your", cut))
    return cut.title() if key == "from" and cut.islower() else cut


def answer_in(text: str) -> str:
    """Return what a short answer such as "from Berlin" or "I like to read" comes to."""
    plain = text.strip(" .!?,")
    return (
        re.sub(
            r"^(?:(?:well|oh|um|i|am|i'm|like|love|from|to|in|it is|it's|my|we)\s+)+", "", plain, flags=re.IGNORECASE
        )
        or plain
    )
