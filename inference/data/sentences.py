"""Text to be spoken by the training voices: fortunes, a small grammar of talk, backchannels, random words."""

import random
import re
from pathlib import Path

_FORTUNES = Path("/usr/share/games/fortunes")
_WORDS = Path("/usr/share/dict/american-english")

_OPENERS = ("Well,", "So,", "Yeah,", "Oh wow,", "Um,", "I mean,", "Right,", "Okay, so", "Hmm,", "Actually,", "")
_SUBJECTS = (
    "I", "you", "we", "they", "my brother", "her mother", "the people over there", "our neighbour", "everyone",
    "Bob", "Maya", "Philip", "the woman", "that boy",
)  # fmt: skip
_VERBS = (
    "really want to", "should probably", "could never", "might have to", "used to", "tried to", "would love to",
    "forgot to", "promised to", "decided to",
)  # fmt: skip
_ACTIONS = (
    "move the boat", "buy some more food", "go home early", "watch a movie about whales", "leave the job",
    "talk about the problem", "find a better way", "make a cup of coffee", "play the piano", "fix the window",
    "drive up to the mountains", "pay for the whole thing", "meet the new people", "show him the pictures",
    "choose a bigger room", "bring five apples", "phone the office", "wash the blue shoes",
)  # fmt: skip
_TAILS = (
    "tomorrow", "last week", "before the weekend", "if that works for you", "because of the weather", "you know",
    "I think", "and that was it", "but it was too late", "as far as I know", "right now", "",
)  # fmt: skip
BACKCHANNELS = (
    "Yeah.", "Mm hmm.", "Uh huh.", "Oh really?", "Wow.", "Right.", "I see.", "Sure.", "Okay.", "No.", "Exactly.",
    "Of course.", "That makes sense.", "Really?", "Nice.", "Good point.", "Absolutely.", "Hm.", "Oh.", "True.",
    "Hello!", "Hi, how are you?", "Thanks.", "Bye bye.",
)  # fmt: skip


def _fortunes() -> list[str]:
    found: set[str] = set()
    for path in sorted(_FORTUNES.glob("*.u8")):
        for entry in path.read_text("utf-8", errors="ignore").split("\n%\n"):
            entry = re.sub(r"\n\s*--.*", "", entry, flags=re.S)
            for sentence in re.split(r"(?<=[.!?])\s+", re.sub(r"\s+", " ", entry)):
                sentence = sentence.strip(" \"'-")
                plain = re.fullmatch(r"[A-Za-z][A-Za-z ,;'\-]*[.!?]", sentence)
                if plain and 4 <= len(sentence.split()) <= 24 and not re.search(r"[A-Z]{2,}", sentence):
                    found.add(sentence)
    return sorted(found)


def _conversation(rng: random.Random) -> str:
    parts = (rng.choice(group) for group in (_OPENERS, _SUBJECTS, _VERBS, _ACTIONS, _TAILS))
    text = " ".join(part for part in parts if part)
    return text[0].upper() + text[1:] + rng.choice("...?!")


def sentences(seed: int) -> list[str]:
    """Return about 6,500 English sentences in shuffled order; the same for the same seed."""
    rng = random.Random(seed)
    words = [w for w in _WORDS.read_text("utf-8").split() if re.fullmatch(r"[a-z]{3,9}", w)]
    fortunes = _fortunes()
    texts = rng.sample(fortunes, min(4200, len(fortunes)))
    texts += [_conversation(rng) for _ in range(1500)]
    texts += [", ".join(rng.sample(words, rng.randint(3, 8))) + "." for _ in range(800)]
    texts += list(BACKCHANNELS) * 6
    rng.shuffle(texts)
    return texts
