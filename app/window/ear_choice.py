"""Which recogniser hears, as the talk tab's list has it: chosen, downloaded with consent, or come with a group of packages."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.fetch import BROUGHT
from app.groups import missing
from app.session import hearing, whisper_files
from app.settings import Settings
from app.window.emitting import emit
from app.window.panels.line import Line
from app.window.panels.talk import Talk
from audio_io.notice import Notice, Trouble
from inference.recognition.process import WHISPER

if TYPE_CHECKING:
    from app.session.session import Session


class EarChoice(QObject):
    """Joins the list of recognisers to the session. keep: takes what the person chose; agreed: asks them, by a title and a
    text; aside: does slow work on a thread of its own."""

    _downloaded = Signal(str)

    def __init__(
        self, session: "Session", talk: Talk, line: Line, keep: Callable[..., None], settings: Settings,
        agreed: Callable[[str, str], bool], aside: Callable[[Callable[[], object]], None],
    ) -> None:  # fmt: skip
        super().__init__(talk)
        self._session, self._talk, self._line, self._keep = session, talk, line, keep
        self._agreed, self._aside = agreed, aside
        self._tell = partial(emit, line.told)  # on any thread
        self._wanted, self._language = settings.hearing, settings.language
        talk.hearing_chosen.connect(self._use)
        self._downloaded.connect(self._use_download, Qt.ConnectionType.QueuedConnection)
        self._show()

    def _show(self) -> None:
        self.recognizers = hearing.recognizers()
        self._talk.show_recognisers([recognizer.title for recognizer in self.recognizers])

    def show_used(self) -> None:
        """Show which is in use."""
        heard = self._session.conversation.ears.hearing
        used = next((n for n, recognizer in enumerate(self.recognizers) if recognizer.is_of(heard)), 0)
        self._talk.hearing.setCurrentIndex(used)

    def _use(self, index: int) -> None:
        chosen = self.recognizers[index]
        lacking = missing("whisper") if chosen.download or chosen.hearing.engine == WHISPER else ""
        if lacking:
            self.show_used()
            self._line.tell(Trouble(lacking))
        elif not chosen.download:
            self._session.conversation.use_hearing(chosen.hearing)
            self._wanted = chosen.name
            self._keep(hearing=chosen.name)
            self._line.tell(Notice(f"it hears with {chosen.title}"))
        else:
            self.show_used()
            if self._agreed("Download", whisper_files.warn_of_download(chosen.download) + "\n\nDownload it?"):
                self._aside(lambda: self._download(chosen.download))

    def take(self, group: str) -> None:
        """A group of packages has come: use it, where the person wants the best that is here."""
        talk = self._session.conversation
        if group == "ears":
            self._show()
            if self._wanted == "auto":
                talk.use_hearing(hearing.chosen("auto", self._language))
            self.show_used()
        elif group == "turns":
            talk.endings.look_again()
        self._line.tell(Notice(f"fetched {BROUGHT[group].what}"))

    def _download(self, name: str) -> None:
        told = [-1]

        def progress(share: float) -> None:
            if round(share * 100) > told[0]:
                told[0] = round(share * 100)
                self._tell(Notice(f"Whisper {name} is being downloaded: {told[0]} %"))

        whisper_files.download(name, progress)
        emit(self._downloaded, name)

    def _use_download(self, name: str) -> None:
        self._show()
        models = [recognizer.hearing.model for recognizer in self.recognizers]
        index = next(n for n, model in enumerate(models) if model and model.stem == name)
        self._talk.hearing.setCurrentIndex(index)
        self._use(index)
