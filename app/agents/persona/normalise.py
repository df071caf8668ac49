"""A turn's words as they are compared: without contractions, by their stem, words that mean the same as one. English; mild
elsewhere."""

import re
from functools import lru_cache
from typing import Final

from app.agents.wording import words_of

_CONTRACTIONS: Final = {
    "i'm": "i am", "you're": "you are", "it's": "it is", "what's": "what is", "who's": "who is", "where's": "where is",
    "how's": "how is", "that's": "that is", "don't": "do not", "doesn't": "does not", "can't": "can not", "i've": "i have",
    "i'd": "i would", "let's": "let us", "isn't": "is not", "aren't": "are not", "didn't": "did not", "won't": "will not",
    "i'll": "i will", "we're": "we are", "they're": "they are", "hi": "hello", "hey": "hello", "bye-bye": "bye bye",
    "couldn't": "could not", "wouldn't": "would not", "you've": "you have", "when's": "when is", "haven't": "have not",
    "wasn't": "was not", "he's": "he is", "she's": "she is", "there's": "there is", "here's": "here is",
    # as recognisers write them
    "im": "i am", "youre": "you are", "whats": "what is", "whos": "who is", "hows": "how is", "thats": "that is",
    "dont": "do not", "doesnt": "does not", "cant": "can not", "cannot": "can not", "didnt": "did not", "wheres": "where is",
    "gonna": "going to", "wanna": "want to", "gotta": "have to", "lets": "let us", "ive": "i have", "haha": "ha ha",
    "dualtalk": "dual talk",
}  # fmt: skip
_SAME: Final = {
    word: words.split()[0]
    for words in (
        "film movie cinema", "favourite favorite", "colour color", "mother mum mom mama", "father dad papa", "clever smart",
        "tv television telly", "child kid children kids", "made built created programmed developed invented designed build",
        "laptop notebook", "holiday vacation", "goodbye bye", "artificial ai", "thanks thank cheers thx", "travel trip journey",
        "picture photo", "maths math mathematics", "licence license", "mac macos", "rubbish garbage", "slowly slower slow",
        "louder loudly", "great wonderful fantastic amazing awesome excellent brilliant", "speak spoken", "quiet silent",
        "biggest largest", "tired exhausted sleepy", "football soccer", "town city", "job profession", "ok okay alright",
        "tell explain describe", "private privacy", "creepy scary", "cost price costs", "data information", "bored boring",
        "pretty beautiful", "sister brother sibling", "hate dislike", "evening tonight", "poem poetry", "draw paint",
    )
    for word in words.split()
}  # fmt: skip
_CHINESE: Final = re.compile("([\u3400-\u9fff])")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return what is compared of a word: what it means the same as, without the endings that inflect it."""
    word = _SAME.get(word, word)
    if not word.isascii() or not word.isalpha():
        return word
    for ending, shortest in (("ing", 6), ("ed", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= shortest and not word.endswith(("ss", "eed")):
            word = word.removesuffix(ending)
            doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz"
            word = word[:-1] if doubled else word
            break
    return _SAME.get(word, word[:-1] if word.endswith("e") and len(word) > 3 else word)


def plain_words(text: str) -> list[str]:
    """Return the words of a text without contractions; of Chinese, each character."""
    text = _CHINESE.sub(r" \1 ", text)
    return " ".join(_CONTRACTIONS.get(word.replace("’", "'"), word) for word in words_of(text)).split()


def stems(text: str) -> list[str]:
    """Return the stems of a text's words."""
    return [stem(word) for word in plain_words(text)]


def trigrams(word: str) -> frozenset[str]:
    """Return the groups of three letters of a word, its ends marked: what a mishearing mostly leaves."""
    marked = f"^{word}$"
    return frozenset(marked[at : at + 3] for at in range(len(marked) - 2))
