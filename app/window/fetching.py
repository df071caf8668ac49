"""Fetches what hears and speaks well beside the first conversation, which goes on with what is here meanwhile."""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal

from app.errors import in_words
from app.fetch import BROUGHT, Brought, StoppedError, fetch, wrong
from app.window.emitting import emit
from app.window.panels.fetch_bar import FetchBar
from audio_io.notice import Notice, Tell

_LOG: Final = logging.getLogger(__name__)


class Fetching(QObject):
    """Fetches on a thread, shown in `bar`. arrived: called on the window's thread with each group's name once it is there;
    put_off: called where the person does not want it."""

    _progress = Signal(str, float)
    _ended = Signal(str)
    _all = Signal()

    def __init__(
        self, bar: FetchBar, tell: Tell, arrived: Callable[[str], None], put_off: Callable[[], None],
        brought: Mapping[str, Brought] = BROUGHT,
    ) -> None:  # fmt: skip
        super().__init__(bar)
        self.bar, self._tell, self._brought = bar, tell, brought
        self._stop = threading.Event()
        for signal, slot in ((self._progress, self._show), (self._ended, arrived), (self._all, bar.hide)):
            signal.connect(slot, Qt.ConnectionType.QueuedConnection)
        bar.put_off.connect(self.stop)
        bar.put_off.connect(put_off)

    def begin(self) -> None:
        """Fetch what is not there."""
        lacking = [name for name, brought in self._brought.items() if wrong(brought.lock)]
        if lacking:
            threading.Thread(target=self._fetch, args=(lacking,), name="fetching", daemon=True).start()

    def _fetch(self, names: list[str]) -> None:
        try:
            for name in names:
                fetch(self._brought[name].lock, partial(emit, self._progress, name), self._stop)
                emit(self._ended, name)
        except StoppedError:
            pass  # the person, or the window's end
        except Exception as error:  # without it all goes on, and the person is told why
            _LOG.warning("what hears and speaks well could not be fetched", exc_info=error)
            self._tell(Notice(f"it goes on with what is here: {in_words(error)}"))
        emit(self._all)

    def _show(self, name: str, there: float) -> None:
        if not self._stop.is_set():
            brought = self._brought[name]
            self.bar.show_part(brought.what, there, brought.download)

    def stop(self) -> None:
        """Fetch no more."""
        self._stop.set()
        self.bar.hide()
