"""English written for the eye as it is said: what espeak's own reading, which is Piper's too, gets wrong, and nothing else.

Numbers, percents, ordinals, thousands, clock times, letters said one by one and mail addresses it reads well by itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_SHORT: Final = {
    "dr": "doctor", "mr": "mister", "mrs": "missis", "ms": "miz", "prof": "professor", "st": "saint", "jr": "junior",
    "vs": "versus", "approx": "approximately", "dept": "department", "fig": "figure", "vol": "volume",
    "jan": "January", "feb": "February", "aug": "August", "sept": "September", "oct": "October", "nov": "November",
    "dec": "December",
}  # fmt: skip
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONEY: Final = {"€": ("euro", "cent"), "$": ("dollar", "cent"), "£": ("pound", "penny"), "¥": ("yen", "")}
_UNITS: Final = {
    "km/h": "kilometres an hour", "km": "kilometre", "cm": "centimetre", "mm": "millimetre", "m": "metre", "kg": "kilogram",
    "mg": "milligram", "g": "gram", "ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "khz": "kilohertz",
    "mhz": "megahertz", "ghz": "gigahertz", "hz": "hertz", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte",
    "tb": "terabyte", "°c": "degrees Celsius", "°f": "degrees Fahrenheit", "fps": "frames a second", "mph": "miles an hour",
    "db": "decibel", "kw": "kilowatt", "w": "watt", "v": "volt", "ml": "millilitre", "l": "litre",
}  # fmt: skip
_PARTS: Final = {"2": "half", "3": "third", "4": "quarter", "5": "fifth", "8": "eighth", "10": "tenth"}
_DECADES: Final = (
    "hundreds", "tens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties",
)  # fmt: skip
_NUMBER: Final = r"\d[\d,]*(?:\.\d+)?"


@dataclass(frozen=True)
class Reading:
    """A text as it is said, and for each of its letters the letters [first:last] of the written one that it stands for."""

    text: str
    places: tuple[tuple[int, int], ...]

    def written(self, first: int, letters: int) -> tuple[int, int]:
        """Return the first letter, and how many, of what was written for some of what is said."""
        begin, end = self.places[first][0], self.places[min(first + letters, len(self.places)) - 1][1]
        return begin, end - begin


def _count(number: str, one: str) -> str:
    plural = "pence" if one == "penny" else one if one == "yen" or one.endswith("hertz") or " " in one else f"{one}s"
    return f"{number} {one if number == '1' else plural}"


def _money(found: re.Match[str]) -> str:
    whole, part = _MONEY[found[1]]
    if found[4]:  # of millions
        return f"{found[2]}{found[3] or ''} {found[4]} {_count('2', whole)[2:]}"
    cents = found[3][1:] if found[3] else ""
    if len(cents) == 2 and part and int(cents):
        return f"{_count(found[2], whole)} and {_count(str(int(cents)), part)}"
    return _count(found[2] + (found[3] or "" if cents.strip("0") else ""), whole)


def _decade(found: re.Match[str]) -> str:
    century, tens = found.groups()
    return f"{century} {_DECADES[int(tens)]}"


def _year(found: re.Match[str]) -> str:
    century, rest = found.groups()
    return (
        f"{century} hundred" if rest == "00" else f"{century} oh {rest[1]}" if rest[0] == "0" else f"{century} {rest}"
    )


def _date(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


def _share(found: re.Match[str]) -> str:
    above, below = found.groups()
    if below not in _PARTS or int(above) >= int(below):
        return f"{above} {below}"
    word = _PARTS[below]
    return f"{'a' if below == '2' else above} {word if above == '1' else word + 's'}"


def _address(found: re.Match[str]) -> str:
    parts = re.sub(r"^https?://", "", found[0]).rstrip("/")
    return re.sub(r"[./?=&#_-]", lambda sign: {".": " dot ", "/": " slash ", "-": " dash "}.get(sign[0], " "), parts)


def _rule(pattern: str, said: Callable[[re.Match[str]], str] | str) -> _Rule:
    return re.compile(pattern), (lambda _: said) if isinstance(said, str) else said


_RULES: Final[tuple[_Rule, ...]] = (
    _rule(r"\bhttps?://[^\s,;]*[^\s,;.!?)]|\bwww\.[^\s,;]*[^\s,;.!?)]", _address),
    _rule(r"(?i)\be\.\s?g\.", "for example"),
    _rule(r"(?i)\bi\.\s?e\.", "that is"),
    _rule(r"\bNo\.(?=\s?\d)|#(?=\d)", "number"),
    _rule(r"(?i)\betc\.(?=\s[a-z,;])", "et cetera"),
    _rule(rf"\b((?i:{'|'.join(_SHORT)}))\.(?=\s?[\w(])", lambda found: _SHORT[found[1].lower()]),
    _rule(r"([€$£¥])\s?(\d[\d,]*)(\.\d+)?(?:\s?(million|billion|thousand))?\b", _money),
    _rule(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b", _date),
    _rule(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b", lambda found: " ".join(found.groups())),
    _rule(r"\b(\d{1,2}):00(?=\s?[ap]\.?m)", lambda found: found[1]),
    _rule(r"\b(\d{1,2}):00\b", lambda found: f"{found[1]} o'clock"),
    _rule(r"\b(\d{1,2}):0(\d)\b", lambda found: f"{found[1]} oh {found[2]}"),
    _rule(r"\b(1[1-9])(\d)0s\b", _decade),
    _rule(
        rf"\b({_NUMBER})\s?((?i:{'|'.join(sorted(_UNITS, key=len, reverse=True))}))(?![\w'])",
        lambda found: _count(found[1], _UNITS[found[2].lower()]),
    ),
    _rule(r"\b(1[1-9])(\d\d)\b(?![,.]\d)", _year),
    _rule(r"\b(\d+)/(\d+)\b", _share),
    _rule(r"(?<=\d)\s?[-–](?=\d)", " to "),
    _rule(r"(?i)\bm+[- ]?hm+\b", "um-hum"),
    _rule(r"(?i)\bhm+\b", "hmm"),
    _rule(r"…(?=\s*\w)", ","),
)


def read_aloud(text: str) -> Reading:
    """Return English text as it is said."""
    said, places, at = "", [], 0
    while found := min(_found(text, at), key=lambda one: one[0].start(), default=None):
        match, words = found[0], found[1](found[0])
        said += text[at : match.start()] + words
        places += [(i, i + 1) for i in range(at, match.start())] + [match.span()] * len(words)
        at = match.end()
    places += [(i, i + 1) for i in range(at, len(text))]
    return Reading(said + text[at:], tuple(places))


def _found(text: str, at: int) -> list[tuple[re.Match[str], Callable[[re.Match[str]], str]]]:
    return [(match, said) for pattern, said in _RULES if (match := pattern.search(text, at))]
