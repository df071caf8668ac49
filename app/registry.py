"""What there is to choose of a kind: the program's own entries, and other packages' that their entry points name."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Generic, TypeVar

from app.errors import MissingError
from app.groups import missing

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One that can be chosen. What `make` takes and gives is its kind's to say.

    licence: of what it loads; needs: groups of packages (`app.groups`) that it imports; sizes: MB on disk of what it loads,
    by variant; title, about: for the person, the name and nothing where they are not given.
    """

    name: str
    licence: str
    make: Callable[..., Any]
    needs: tuple[str, ...] = ()
    sizes: Mapping[str, float] = field(default_factory=dict)
    title: str = ""
    about: str = ""

    @property
    def shown(self) -> str:
        """What the person reads."""
        return self.title or self.name


E = TypeVar("E", bound=Entry)


class Registry(Generic[E]):
    """The entries of a kind. `kind`: in words; `own`: the program's; `group`: of entry points, each of which is an entry.

    A package's entry point is imported when it is first asked for; one that cannot be is told in `wrong`, and left out.
    """

    def __init__(self, kind: str, group: str, own_type: type[E], own: tuple[E, ...]) -> None:
        self.kind, self.group, self._type = kind, group, own_type
        self._own = {entry.name: entry for entry in own}
        self._wrong: dict[str, str] = {}
        self._loaded: dict[str, E] = {}

    @cached_property
    def _outside(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group) if point.name not in self._own}

    def names(self) -> tuple[str, ...]:
        """Return the names that can be asked for, the program's own first; nothing is imported."""
        return *self._own, *self._outside

    def entry(self, name: str) -> E:
        """Return an entry; raise MissingError where there is none, or where its package cannot be loaded."""
        if name in self._own:
            return self._own[name]
        if name not in self._outside:
            raise MissingError(f"there is no {self.kind} {name!r}: choose one of {', '.join(self.names())}")
        if name not in self._loaded and name not in self._wrong:
            self._load(self._outside[name])
        if name in self._wrong:
            raise MissingError(self._wrong[name])
        return self._loaded[name]

    def _load(self, point: EntryPoint) -> None:
        try:
            entry = point.load()
            if not isinstance(entry, self._type) or entry.name != point.name:
                raise TypeError(f"it has to be a {self._type.__name__} with that name")
        except Exception as error:  # what another package does when it is imported, nobody knows
            package = f"the package {point.dist.name!r}" if point.dist else point.value
            reason = str(error) or type(error).__name__
            self._wrong[point.name] = (
                f"the {self.kind} {point.name!r} cannot be used ({reason}): {package} has to be mended or uninstalled"
            )
            _LOG.warning("%s", self._wrong[point.name], exc_info=error)
        else:
            self._loaded[point.name] = entry

    def entries(self) -> list[E]:
        """Return all entries that can be used, the program's own first."""
        return [*self._own.values(), *self.added()]

    def added(self) -> list[E]:
        """Return other packages' entries that can be used."""
        for name, point in self._outside.items():
            if name not in self._loaded and name not in self._wrong:
                self._load(point)
        return list(self._loaded.values())

    def wrong(self) -> list[str]:
        """Return in words which packages' entries cannot be used."""
        self.added()
        return list(self._wrong.values())

    def make(self, name: str, *given: Any) -> Any:
        """Return what an entry makes; raise as `entry` does, and MissingError where packages that it needs are not there."""
        entry = self.entry(name)
        try:
            return entry.make(*given)
        except ModuleNotFoundError as error:
            lacking = next(filter(None, map(missing, entry.needs)), "")
            if not lacking:
                raise
            raise MissingError(lacking) from error
