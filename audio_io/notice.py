"""What the person is told: how serious it is, and whether a log may keep it, is a type, not a word in it."""

from collections.abc import Callable


class Notice(str):
    """Words for the person: what happens. A string in all else, so that whatever shows, prints or joins text takes it."""

    __slots__ = ()


class Trouble(Notice):
    """What is wrong or missing, and the remedy."""

    __slots__ = ()


class Quote(Notice):
    """It repeats what a person or the agent said: it is shown, and not logged."""

    __slots__ = ()


Tell = Callable[[Notice], None]
