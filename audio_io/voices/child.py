"""A helper process that can be killed, for voices and recognisers. A line of JSON in, bytes behind it, a line of JSON out."""

import json
import logging
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, Self

_LOG: Final = logging.getLogger(__name__)
_MOST_LINES, _LONGEST_LINE = 200, 500  # of what a helper says besides its answers
_LONGEST_ANSWER: Final = 1 << 20  # bytes
_SHOWN: Final = 40
_MOST_PATIENCES: Final = 5  # that a child gets which is at work: a busy machine makes it slow


def processor_time(pid: int) -> int:
    """Return what a process has used of the processor, in the system's own ticks; always 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


class Child:
    """A running helper, to be asked once it is `ready`; `kill` ends it at any time, also while it loads.

    Every method raises OSError or TimeoutError where the process has ended, or answers with nothing or nonsense; it is dead
    then.
    """

    def __init__(self, command: list[str], folder: Path | None = None) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
        )
        threading.Thread(target=_overhear, args=(self._process,), name="child-errors", daemon=True).start()

    def ready(self, seconds: float) -> Self:
        """Wait for the greeting {"ok": true} and return the helper; it is dead where it greets otherwise, with ValueError."""
        try:
            self._receive(seconds)
        except (OSError, ValueError):
            self.kill()
            raise
        return self

    def ask(self, message: dict[str, Any], seconds: float, payload: bytes = b"") -> dict[str, Any]:
        """Send a message, with bytes behind it, and return the answer.

        It has to come within `seconds`, or within five times that where the helper is seen to work.
        Raises ValueError where the helper says that it could not.
        """
        stdin = self._pipe(self._process.stdin)
        line = json.dumps(message | {"bytes": len(payload)} if payload else message)
        stdin.write(line.encode() + b"\n" + payload)
        stdin.flush()
        return self._receive(seconds)

    def _pipe(self, pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise OSError("the helper process has no pipe")
        return pipe

    def _receive(self, seconds: float) -> dict[str, Any]:
        answered = threading.Event()
        threading.Thread(target=self._watch, args=(answered, seconds), name="watchdog", daemon=True).start()
        try:
            line = self._pipe(self._process.stdout).readline(_LONGEST_ANSWER)
        finally:
            answered.set()
        if not line:
            raise TimeoutError(f"it ended, or gave no answer within {seconds:.1f} s")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self._process.kill()  # whatever comes next would be taken for an answer to something else
            raise OSError(f"the helper process gave no answer but {line[:_SHOWN]!r}")
        if not message.get("ok"):
            raise ValueError(str(message.get("error", "no reason given")))
        return message

    def _watch(self, answered: threading.Event, seconds: float) -> None:
        """End a helper that is hung; a killed child ends the read, on every system."""
        for _ in range(_MOST_PATIENCES):
            before = processor_time(self.pid)
            if answered.wait(seconds):
                return
            if processor_time(self.pid) == before:
                break  # it does nothing
        if not answered.is_set():
            self._process.kill()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):  # what was never read by a dead child is flushed here, in vain
                    pipe.close()


def _overhear(process: "subprocess.Popen[bytes]") -> None:
    """Log what a helper complains of, such as the traceback it dies with; all of it is read, or the helper would wait."""
    assert process.stderr is not None
    with process.stderr as complaints:
        for number, line in enumerate(iter(lambda: complaints.readline(_LONGEST_LINE), b"")):
            if number < _MOST_LINES:
                _LOG.info("helper %d: %s", process.pid, line.decode(errors="replace").rstrip())
