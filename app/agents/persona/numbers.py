"""Numbers, times and dates in English words, and sums that are asked in words. Nothing of a text is evaluated."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

_SMALL: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES: Final = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"), (100, "hundred"))
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_LARGEST: Final = 1e12
_VALUES: Final = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(_TENS) if number > 1
}  # fmt: skip
_FACTORS: Final = {word: number for number, word in _SCALES}
_OPERATORS: Final = {
    "plus": "+", "add": "+", "added": "+", "minus": "-", "less": "-", "times": "*", "multiplied": "*", "x": "*", "divided": "/",
    "over": "/", "+": "+", "-": "-", "*": "*", "/": "/", "÷": "/", "×": "*",
}  # fmt: skip
_TOKEN: Final = re.compile(r"\d+(?:\.\d+)?|[a-z]+|[-+*/÷×]")


def in_words(number: float) -> str:
    """Return a number as it is spoken: whole, or to two places."""
    if number < 0:
        return f"minus {in_words(-number)}"
    whole, places = divmod(round(number * 100), 100)
    if places:
        digits = f"{places:02d}".rstrip("0")
        return f"{in_words(whole)} point {' '.join(_SMALL[int(digit)] for digit in digits)}"
    for scale, word in _SCALES:
        if whole >= scale:
            rest = whole % scale
            joined = f" and {in_words(rest)}" if 0 < rest < 100 else f" {in_words(rest)}" if rest else ""
            return f"{in_words(whole // scale)} {word}{joined}"
    if whole < 20:
        return _SMALL[whole]
    return _TENS[whole // 10] + (f"-{_SMALL[whole % 10]}" if whole % 10 else "")


def time_in_words(now: datetime) -> str:
    """Return the time of day, such as "three forty in the afternoon"."""
    part = "at night" if now.hour < 5 or now.hour > 21 else (
        "in the morning" if now.hour < 12 else "in the afternoon" if now.hour < 18 else "in the evening"
    )  # fmt: skip
    hour = in_words(now.hour % 12 or 12)
    minute = "o'clock" if now.minute == 0 else f"{'oh ' if now.minute < 10 else ''}{in_words(now.minute)}"
    return f"{hour} {minute} {part}"


def _ordinal(number: int) -> str:
    head, _, last = in_words(number).rpartition("-")
    last = _ORDINALS.get(last, f"{last.removesuffix('y')}ie{'th'}" if last.endswith("y") else f"{last}th")
    return f"{head}-{last}" if head else last


def moment_in_words(now: datetime) -> dict[str, str]:
    """Return what lines may name of a moment: {time}, {date}, {weekday}, {year}."""
    hundreds, rest = divmod(now.year, 100)
    year = f"{in_words(hundreds)} {in_words(rest)}" if rest > 9 else in_words(now.year)
    weekday = _DAYS[now.weekday()]
    date = f"{weekday}, the {_ordinal(now.day)} of {_MONTHS[now.month - 1]}, {year}"
    return {"time": time_in_words(now), "date": date, "weekday": weekday, "year": year}


def _tokens(text: str) -> list[float | str]:
    """Return the numbers and operators of a text in turn; other words are left out."""
    found: list[float | str] = []
    adding = False  # whether the last number may go on, as in "twenty one"
    for word in _TOKEN.findall(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.lower().replace(",", ""))):
        last = found[-1] if found else None
        if word[0].isdigit():
            found.append(float(word))
            adding = False
        elif word in _VALUES:
            if adding and isinstance(last, float) and (last % 100 == 0 or (last % 10 == 0 and _VALUES[word] < 10)):
                found[-1] = last + _VALUES[word]
            else:
                found.append(float(_VALUES[word]))
            adding = True
        elif word in _FACTORS and isinstance(last, float):
            low = last % (1000 if _FACTORS[word] == 100 else _FACTORS[word])
            found[-1] = last - low + low * _FACTORS[word]
            adding = True
        elif word in _FACTORS:  # "a hundred"
            found.append(float(_FACTORS[word]))
            adding = True
        elif word in _OPERATORS:
            found.append(_OPERATORS[word])
            adding = False
        elif word != "and":
            adding = False
    return found


def number_in(text: str) -> int | None:
    """Return the first whole number that a text says, in digits or words."""
    return next((int(each) for each in _tokens(text) if isinstance(each, float)), None)


_SPECIAL: Final[tuple[tuple[str, Callable[[list[float]], float]], ...]] = (
    (r"square root|root of", lambda numbers: math.sqrt(numbers[0])),
    (r"squared|square of", lambda numbers: numbers[0] ** 2),
    (r"half of", lambda numbers: numbers[0] / 2),
    (r"percent of|per cent of|% of", lambda numbers: numbers[0] / 100 * numbers[1]),
)


def result_of(text: str) -> str | None:
    """Return in words what a sum that a text asks comes to, None where it asks none that can be told."""
    tokens = _tokens(text)
    try:
        for pattern, work in _SPECIAL:
            if re.search(pattern, text.lower()):
                return _told(work([each for each in tokens if isinstance(each, float)]))
        return _told(_chained(tokens))
    except ZeroDivisionError:
        return "nothing that anybody can tell, since nobody can divide by zero"
    except (ValueError, IndexError, OverflowError):
        return None


def _told(number: float) -> str:
    if abs(number) > _LARGEST:
        raise OverflowError
    return in_words(number)


def _chained(tokens: list[float | str]) -> float:
    """Return number, operator, number, … worked out, products first; raise ValueError where it is no such chain."""
    numbers, operators = tokens[::2], tokens[1::2]
    whole = len(tokens) >= 3 and len(tokens) % 2 and all(isinstance(each, str) for each in operators)
    if not whole or not all(isinstance(each, float) for each in numbers):
        raise ValueError
    terms = [float(numbers[0])]
    for operator, number in zip(operators, map(float, numbers[1:]), strict=True):
        if operator == "*":
            terms[-1] *= number
        elif operator == "/":
            terms[-1] /= number
        else:
            terms.append(number if operator == "+" else -number)
    return sum(terms)
