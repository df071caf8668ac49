"""Who frees GL objects: whatever is made in a context is given to an owner at once. Knows no GL."""

from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self, TypeVar


class Releasable(Protocol):
    """What can be freed, such as any object of moderngl."""

    def release(self) -> object:
        """Free it."""


_Made = TypeVar("_Made", bound=Releasable)


class Owner:
    """Frees what it owns on `release`, last first; as a context manager, only where what is put together in it fails."""

    def __init__(self) -> None:
        self._owned = ExitStack()

    def own(self, made: _Made) -> _Made:
        """Return what was given; from now on it is freed here."""
        self._owned.callback(made.release)
        return made

    def release(self) -> None:
        """Free all of it; the GL context is current."""
        self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.release()
