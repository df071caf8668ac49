"""Writes a timeline down as it happens. Where its folder is full or goes away, it goes on in another, and says so."""

import logging
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.timeline.folder import Folder
from app.timeline.timeline import Entry, Timeline
from app.timeline.transcript import write_transcript
from audio_io.notice import Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE
from avatar.rig.basis import NAMED

_LOG: Final = logging.getLogger(__name__)
_SETTLED_SECONDS: Final = 0.5  # what is older does not change any more
_SYNC_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 2.0  # what was written just before a folder was found to be gone is written again


class _GoneError(FileNotFoundError):
    """The folder was deleted, or moved."""


class Recording:
    """Writes a session into `folder`, which must not exist. `step` on its loop, all else from any thread.

    say: told in words where it had to go on elsewhere, or ended. Raises OSError where it cannot begin.
    """

    def __init__(
        self, folder: Path, timeline: Timeline, clock: Clock, facts: dict[str, Any], say: Tell,
        spare: Callable[[], Path] = lambda: Path(tempfile.mkdtemp(prefix="dualtalk-session-")),
    ) -> None:  # fmt: skip
        self._timeline, self._clock, self._say, self._spare = timeline, clock, say, spare
        self._frame = timeline.tracks[0].step
        self.start = self._next = (int(clock.now()) // self._frame + 1) * self._frame
        self._facts = {"begun": datetime.now().astimezone().isoformat(timespec="seconds"), **facts}
        self._files: Folder | None = self._opened(folder, {})
        self.folders = [folder]
        self._due: deque[Entry] = deque()
        self._left: list[Folder] = []  # closed, and not in their last form yet
        self._synced = time.monotonic()
        self._lock = threading.Lock()
        self._due.extendleft(reversed(timeline.follow(self._due.append, self.start)))

    @property
    def folder(self) -> Path:
        """Where it is being written, or was last."""
        return self.folders[-1]

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self._files is not None

    def _opened(self, folder: Path, facts: dict[str, Any]) -> Folder:
        fps = self._timeline.tracks[0].frames_per_second
        return Folder(folder, self._next, fps, {**self._facts, **facts}, self._timeline.voices)

    def step(self) -> None:
        """Write what will not change any more."""
        with self._lock:
            self._safely(self._write)

    def _safely(self, work: Callable[[Folder], None]) -> None:
        """Write, and where that fails go on elsewhere; never raises OSError."""
        for last in (False, True):
            files = self._files
            if files is None:
                return
            try:
                if not files.there():
                    raise _GoneError(f"{files.path} is not there any more")
                work(files)
                return
            except OSError as error:
                self._fail(files, error, last)

    def _fail(self, left: Folder, error: OSError, last: bool) -> None:
        """Leave the folder that cannot be written; begin another, unless this was that already."""
        self._files = None
        left.close()
        why = error.strerror or str(error)
        _LOG.warning("%s cannot be written any more: %s", left.path, why)
        if isinstance(error, _GoneError):
            self._next = max(left.start, self._next - round(_AGAIN_SECONDS * SAMPLE_RATE))
        else:
            self._next = min(self._next, left.whole // self._frame * self._frame)
            self._left.append(left)
        if not last and len(self.folders) == 1:
            spare = None
            try:
                spare = self._spare()
                self._files = self._opened(spare, {"continues": str(left.path)})
            except OSError as second:
                if spare is not None:
                    shutil.rmtree(spare, ignore_errors=True)
                why = f"{why}; nor can another folder: {second.strerror or second}"
            else:
                self.folders.append(spare)
                due = list(self._due)
                again = [entry for entry in self._timeline.standing(self._next) if entry not in due]
                self._due.extendleft(reversed(again))
                self._say(Trouble(f"{left.path} cannot be written any more ({why}): the recording goes on in {spare}"))
                return
        self._timeline.leave(self._due.append)
        self._say(Trouble(f"the recording ended: {left.path} cannot be written ({why}); the talk goes on"))

    def _write(self, files: Folder) -> None:
        frames = (int(self._clock.now() - _SETTLED_SECONDS * SAMPLE_RATE) - self._next) // self._frame
        due = list(self._due)
        files.write(due)
        for _ in due:
            self._due.popleft()
        if frames > 0:
            count = frames * self._frame
            voices = {name: tape.read(self._next, count) for name, tape in self._timeline.voices.items()}
            places = range(self._next, self._next + count, self._frame)
            files.add(voices, [np.stack([track.sample(at) for at in places]) for track in self._timeline.tracks])
            self._next += count
        if time.monotonic() - self._synced >= _SYNC_SECONDS:
            self._synced = time.monotonic()
            files.sync()

    def close(self) -> None:
        """Write what is left and close the files; what cannot be done is told."""
        with self._lock:
            self._safely(self._close)
            for files in self._left:
                self._finish(files)
            self._left.clear()

    def _close(self, files: Folder) -> None:
        self._write(files)
        files.end()
        self._files = None
        self._timeline.leave(self._due.append)
        self._left.append(files)

    def _finish(self, files: Folder) -> None:
        """Turn what was written into its last form, as far as there is room: what stays as it is can be read as well."""
        try:
            basis = self._timeline.at("basis", files.start)
            files.pack(basis.facts["name"] if basis else NAMED)
            write_transcript(files.path)
        except (OSError, ValueError) as error:
            _LOG.warning("%s was left as it was written: %s", files.path, error)
            self._say(
                Trouble(f"{files.path} holds the session, but not its transcript ({error}): ./run replay makes it")
            )

    def delete(self) -> None:
        """Close, and delete all that was written."""
        with self._lock:
            files, self._files = self._files, None
            self._timeline.leave(self._due.append)
            if files is not None:
                files.close()
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
