"""Whisper's tokens: byte pairs in the form that GPT-2 writes them, and signs such as <|en|>. A token's number is its rank."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# Words with the space before them, numbers, punctuation (GPT-2's pattern).
_PIECES: Final = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_signs() -> list[str]:
    """Return for each byte the letter that stands for it: itself where it can be seen, else one from 256 on."""
    seen = {*range(33, 127), *range(161, 173), *range(174, 256)}
    rest = iter(range(256, 512))
    return [chr(byte if byte in seen else next(rest)) for byte in range(256)]


class Tokens:
    """The tokens of a model's folder: `vocabulary.txt`, a line each, or `vocabulary.json`, a list.

    Raises OSError, ValueError.
    """

    def __init__(self, folder: Path) -> None:
        lines = folder / "vocabulary.txt"
        if lines.is_file():
            names = lines.read_text("utf-8").rstrip("\n").split("\n")
        else:
            names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        self._names = [str(name) for name in names]
        self._number = {name: number for number, name in enumerate(self._names)}
        self._signs = byte_signs()
        self._byte = {sign: byte for byte, sign in enumerate(self._signs)}
        self.end = self.sign("endoftext")  # the first that is no text

    def sign(self, name: str) -> int:
        """Return the number of the sign <|NAME|>. Raises ValueError where there is none."""
        try:
            return self._number[f"<|{name}|>"]
        except KeyError as error:
            raise ValueError(f"its vocabulary has no <|{name}|>") from error

    def __len__(self) -> int:
        return len(self._names)

    def text(self, numbers: Iterable[int]) -> str:
        """Return what tokens say; signs say nothing."""
        letters = "".join(self._names[number] for number in numbers if number < self.end)
        return bytes(self._byte[letter] for letter in letters).decode("utf-8", "replace")

    def of(self, text: str) -> list[int]:
        """Return a text's tokens: of two neighbours, those of the lowest rank are joined first."""
        found: list[int] = []
        for piece in _PIECES.findall(text):
            parts = [self._signs[byte] for byte in piece.encode()]
            while len(parts) > 1:
                ranks = [self._number.get(a + b, len(self)) for a, b in zip(parts, parts[1:], strict=False)]
                best = min(range(len(ranks)), key=ranks.__getitem__)
                if ranks[best] >= self.end:
                    break
                parts[best : best + 2] = [parts[best] + parts[best + 1]]
            found += [self._number[part] for part in parts]
        return found

    def words(self, numbers: list[int]) -> list[list[int]]:
        """Return tokens in groups, each a word with the space before it; where a language has none, a letter."""
        groups: list[list[int]] = []
        whole = True
        for number in numbers:
            begins = self._names[number].startswith(self._signs[32]) or not groups
            if whole and (begins or ord(self.text([number])[:1] or "a") > 0x2E80):
                groups.append([number])
            else:
                groups[-1].append(number)
            whole = "\ufffd" not in self.text(groups[-1])
        return groups
