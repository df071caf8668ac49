"""Two games by voice, guess the number and riddles with hints: a game is a value, what is said in it comes from the persona."""

import re
import zlib
from dataclasses import dataclass, replace
from typing import Final

from app.agents.persona.filling import filled
from app.agents.persona.normalise import stems
from app.agents.persona.numbers import in_words, number_in
from app.agents.schema import Guessing, PersonaFile, Riddle

_LARGEST: Final = 100
_GIVING_UP: Final = re.compile(
    r"\b(give up|tell me|what is it|no idea|do not know|don't know|dont know|reveal|solution|the answer)\b"
)
_HINT: Final = re.compile(r"\b(hint|clue|help|another|more)\b")
_LONGEST: Final = 7  # words of an answer


@dataclass(frozen=True)
class Game:
    """A game under way. secret: the number, or which riddle; tries: guesses or hints so far."""

    kind: str  # "number" or "riddle"
    secret: int
    tries: int = 0


def begun(kind: str, file: PersonaFile, times: int, chance: str) -> tuple[str, Game]:
    """Return what is asked and the game. times: how often it was played before; chance: text from which a number follows, so
    that the same state gives the same game."""
    if kind == "riddle":
        number = times % len(file.riddles)
        return file.riddles[number].ask, Game(kind, number)
    return "", Game(kind, zlib.crc32(chance.encode()) % _LARGEST + 1)


def played(game: Game, heard: str, file: PersonaFile) -> tuple[str, Game | None] | None:
    """Return what is said to a guess, and the game as it goes on, None once it is over; None where it is no guess."""
    lowered = " ".join(heard.lower().replace("’", "'").split())
    if game.kind == "number":
        return _guessed(game, lowered, file.guessing) if file.guessing else None
    return _answered(game, lowered, file.riddles[game.secret], file.wrong)


def _guessed(game: Game, heard: str, lines: Guessing) -> tuple[str, Game | None] | None:
    number = number_in(heard)
    facts = {"number": in_words(game.secret), "tries": in_words(game.tries + 1)}
    if number is None:
        if _HINT.search(heard):
            return (lines.even if game.secret % 2 == 0 else lines.odd), game
        return (filled(lines.reveal, facts), None) if _GIVING_UP.search(heard) else None
    facts["guess"] = in_words(number)
    if number == game.secret:
        return filled(lines.right, facts), None
    listed = lines.higher if number < game.secret else lines.lower
    return filled(listed[game.tries % len(listed)], facts), replace(game, tries=game.tries + 1)


def _answered(game: Game, heard: str, riddle: Riddle, wrong: tuple[str, ...]) -> tuple[str, Game | None] | None:
    words = stems(heard)
    if any(set(stems(answer)) <= set(words) for answer in riddle.answers):
        return riddle.right, None
    hint = bool(_HINT.search(heard))
    if (_GIVING_UP.search(heard) and not hint) or (game.tries >= len(riddle.hints) and len(words) <= _LONGEST):
        return riddle.reveal, None
    if game.tries >= len(riddle.hints) or (len(words) > _LONGEST and not hint):
        return None
    opening = "" if hint else wrong[game.tries % len(wrong)] + " "
    return opening + riddle.hints[game.tries], replace(game, tries=game.tries + 1)
