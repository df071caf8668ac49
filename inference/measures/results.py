"""A table of measures on disk, a row a clip, written as they come and taken up again."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    pass


KEYS: Final = ("set", "clip", "frames", "source")


Row = dict[str, Any]


class Results:
    """The CSV of one source's rows. `add` writes a whole row at once; a row that was cut off is made again.

    Raises ValueError where the file holds another source's rows, or is no such file.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path, self._source = path, source
        self.rows: list[Row] = []
        self._names: list[str] = []
        if path.exists() and path.stat().st_size:
            self._read()

    def _read(self) -> None:
        lines = self.path.read_text("utf-8").splitlines(keepends=True)
        reader = csv.DictReader(line for line in lines if line.endswith("\n"))
        self._names = list(reader.fieldnames or [])
        if tuple(self._names[: len(KEYS)]) != KEYS:
            raise ValueError(f"{self.path} holds no measures of clips: name another file with --output")
        for entry in reader:
            if entry["source"] != self._source:
                raise ValueError(
                    f"{self.path} holds measures of {entry['source']}, not of {self._source}: name another with --output"
                )
            numbers = {name: float(text or "nan") for name, text in entry.items() if name not in KEYS}
            self.rows.append({"set": entry["set"], "clip": entry["clip"], "frames": int(entry["frames"])} | numbers)
        if not lines[-1].endswith("\n"):
            self._write_all()

    def _write_all(self) -> None:
        partial = self.path.with_name(self.path.name + ".part")
        partial.write_text(
            "".join([self._line(self._names), *(self._line(self._values(row)) for row in self.rows)]), "utf-8"
        )
        partial.replace(self.path)

    def _values(self, row: Row) -> list[object]:
        return [self._source if name == "source" else row.get(name, "") for name in self._names]

    @staticmethod
    def _line(values: Sequence[object]) -> str:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(values)
        return line.getvalue()

    def add(self, row: Row) -> None:
        """Keep a row, in memory and in the file."""
        if not self._names:
            self._names = [*KEYS, *(name for name in row if name not in KEYS)]
            self.path.write_text(self._line(self._names), "utf-8")
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8", newline="") as target:
            target.write(self._line(self._values(row)))
