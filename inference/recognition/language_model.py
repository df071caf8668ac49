"""A bigram language model over a list of phrases, in the ARPA form: what a small recogniser shall expect to hear."""

import math
from collections import Counter
from collections.abc import Iterable

_BEGIN, _END = "<s>", "</s>"
_NEVER = -99.0
_SMALLEST = 1e-6


def bigrams(sentences: Iterable[list[str]]) -> str:
    """Return a backing-off bigram model with Witten-Bell discounting (Witten and Bell 1991) as the text of an ARPA file.

    sentences: the words of each phrase, all of them known to the recogniser's dictionary.
    """
    single: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for words in sentences:
        path = [_BEGIN, *words, _END]
        single.update(path[1:])
        pairs.update(zip(path, path[1:], strict=False))
    total = sum(single.values()) + 0.5 * len(single)
    chance = {word: (count + 0.5) / total for word, count in single.items()}
    followers: dict[str, list[str]] = {}
    for first, second in pairs:
        followers.setdefault(first, []).append(second)
    after = Counter[str]()
    for (first, _), count in pairs.items():
        after[first] += count

    def backoff(word: str) -> float:
        kinds = len(followers[word])
        left = kinds / (kinds + after[word])
        unseen = 1 - sum(chance[second] for second in followers[word])
        return math.log10(max(left / max(unseen, _SMALLEST), _SMALLEST))

    lines = ["\\data\\", f"ngram 1={len(single) + 1}", f"ngram 2={len(pairs)}", "", "\\1-grams:"]
    lines.append(f"{_NEVER} {_BEGIN} {backoff(_BEGIN):.4f}")
    for word in sorted(single):
        tail = f" {backoff(word):.4f}" if word in followers else ""
        lines.append(f"{math.log10(chance[word]):.4f} {word}{tail}")
    lines += ["", "\\2-grams:"]
    for (first, second), count in sorted(pairs.items()):
        lines.append(f"{math.log10(count / (after[first] + len(followers[first]))):.4f} {first} {second}")
    return "\n".join([*lines, "", "\\end\\", ""])
