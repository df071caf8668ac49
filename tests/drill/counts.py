"""What a drill counts, and which failures count: everything but an error in words that name what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

FAULTS: Final = ("tracebacks", "hangs", "lost", "over_memory", "wrong")
_IN_WORDS: Final = (ValueError, OSError, RuntimeError)
# Of those kinds too, but with the words of a library or of Python rather than ours.
_IN_CODE: Final = (UnicodeError, NotImplementedError, RecursionError)
_OURS: Final = ("app.", "audio_io.", "avatar.", "inference.")
_NO_MEMORY: Final = ("allocate memory", "not enough memory", "Unable to allocate")
_FOUND_AT_MOST: Final = 400


@dataclass
class Counts:
    """Faults of so many trials. wrong: nothing broke, but a limit or a promise was not kept; found: each fault in words."""

    trials: int = 0
    tracebacks: int = 0
    hangs: int = 0
    lost: int = 0
    over_memory: int = 0
    wrong: int = 0
    found: list[str] = field(default_factory=list)

    def add(self, name: str, fault: str, told: str = "") -> None:
        """Count a trial; fault: one of FAULTS, empty where there was none."""
        self.trials += 1
        if fault:
            setattr(self, fault, getattr(self, fault) + 1)
            if len(self.found) < _FOUND_AT_MOST:
                self.found.append(f"{fault}: {name}: {' '.join(told.split())[:300]}")

    def join(self, other: "Counts") -> None:
        """Count another drill's trials too."""
        for name in ("trials", *FAULTS):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.found += other.found

    def figures(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {name: getattr(self, name) for name in ("trials", *FAULTS)}


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is not None and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [found.__cause__, found.__context__]


def fault_of(error: BaseException, named: str) -> str:
    """Return which of FAULTS an error is, empty where it says in words what is wrong with `named`."""
    if any(isinstance(one, MemoryError) or any(t in str(one) for t in _NO_MEMORY) for one in causes(error)):
        return "over_memory"
    plain = isinstance(error, _IN_WORDS) and not isinstance(error, _IN_CODE) and not _of_a_library(error)
    ours = type(error) is LookupError or type(error).__module__.startswith(_OURS)
    return "" if (plain or ours) and named in str(error) else "tracebacks"


def _of_a_library(error: BaseException) -> bool:
    """Tell whether an error's own kind belongs to a library, such as a schema's."""
    return type(error).__module__.split(".")[0] in (
        "pydantic",
        "pydantic_core",
        "json",
        "yaml",
        "huggingface_hub",
        "zipfile",
    )
