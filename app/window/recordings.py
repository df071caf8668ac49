"""Which recordings the window plays as the conversation: the sample, two that the person chooses, a stored session."""

from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QWidget

from app.session.session import SAMPLE, Session
from app.session.shown import Replayed
from audio_io.files import Sound
from audio_io.notice import Notice, Tell, Trouble

_SOUND_FILES: Final = "Sound (*.wav *.flac *.ogg *.mp3 *.aiff *.opus);;All files (*)"


class Recordings:
    """Plays recordings in a session and says so; `window` is what asks for files."""

    def __init__(self, window: QWidget, session: Session, tell: Tell) -> None:
        self._window, self._session, self._tell = window, session, tell
        self._folder = ""

    def play(self, own: Sound, partner: Sound) -> None:
        """Play two recordings, or voices, as the conversation, or say what is wrong with them."""
        try:
            self._session.play(own, partner)
        except (ValueError, OSError) as error:
            self._tell(Trouble(error))
        else:
            names = [source.name for source in (own, partner) if isinstance(source, Path)]
            self._tell(Notice(f"playing {' and '.join(names) or 'what was said'}"))

    def play_again(self, shown: Replayed) -> None:
        """Play a stored session as it was, and say what of it is not there."""
        self._session.play_again(shown)
        self._tell(Notice("a recorded session plays, as it was"))
        for missing in shown.stored.missing:
            self._tell(Trouble(missing))

    def toggle_sample(self) -> None:
        """Play the sample conversation, or stop what plays."""
        if self._session.playback is not None:
            self._session.stop_playback()
            self._tell(Notice("the recording was stopped"))
        else:
            self.play(SAMPLE / "own.flac", SAMPLE / "partner.flac")

    def play_unasked(self) -> None:
        """Play the sample because nobody can be heard, unless something plays by now."""
        if self._session.playback is not None:
            return
        self.toggle_sample()
        self._tell(Trouble("no microphone was found: the sample conversation plays; plug one in and start listening"))

    def open(self) -> None:
        """Ask for two recordings and play them."""
        own = self._asked("Your side of the conversation (1 of 2)")
        partner = own and self._asked("The partner's side of the conversation (2 of 2)")
        if own and partner:
            self.play(own, partner)

    def _asked(self, title: str) -> Path | None:
        """Return the file that the person chose, None where they chose none."""
        dialog = QFileDialog(self._window, title, self._folder, _SOUND_FILES)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Choose")
        if not dialog.exec():
            return None
        self._folder = dialog.directory().absolutePath()
        return Path(dialog.selectedFiles()[0])
