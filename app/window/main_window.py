"""The window: viewport, captions, side panel and line, joined to a session. Draws and handles input; work is elsewhere."""

from collections.abc import Collection
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from app.session.models import FALLBACK
from app.session.session import Session
from app.settings import DEFAULTS, Settings
from app.store import unkept
from app.window.backdrop import Backdrop
from app.window.casting import Casting
from app.window.collector import Collector
from app.window.desk import Desk
from app.window.emitting import emit
from app.window.fetching import Fetching
from app.window.heads_window import Apart
from app.window.panels.captions import Captions
from app.window.panels.controls import Controls
from app.window.panels.fetch_bar import FetchBar
from app.window.panels.line import Line
from app.window.panels.offer import OfferBar
from app.window.recordings import Recordings
from app.window.remembered import Remembered, show_settings
from app.window.talk_key import TalkKey
from app.window.viewport import Viewport
from audio_io.notice import Notice, Quote, Trouble

_METER_MS: Final = 50
_SAMPLE_AFTER_MS: Final = 200  # what the devices have to say comes first
_DEVICES_MS: Final = 500


class _Messages(QObject):
    """Carries words from any thread to the window's."""

    told = Signal(object)  # a Notice: Qt would make a plain string of it
    offered = Signal(object)


class MainWindow(QMainWindow):
    """DualTalk Live's window. `begin` starts the session once the first frame is on screen.

    settings: what it begins with; saved: the names of those that may be gone by now. Raises as `Session` does.
    """

    closing = Signal()  # as soon as it begins to end

    def __init__(self, settings: Settings = DEFAULTS, saved: Collection[str] = ()) -> None:
        super().__init__()
        self.setWindowTitle("DualTalk Live")
        self.resize(1280, 820)
        self._messages = _Messages()
        self._collector = Collector(self)
        self._settled = self._model_told = False
        self._first_model, self._fetches = settings.model, settings.fetch
        self.captions, self.controls, self.line, self.offer = Captions(), Controls(), Line(), OfferBar()
        self._vain: list[Notice] = []  # what settings name in vain, told when the person has something to see
        self._messages.told.connect(self._vain.append)
        told, offered = partial(emit, self._messages.told), partial(emit, self._messages.offered)
        self.session = Session(told, offered, settings, saved)
        self.viewport = Viewport(lambda facing, ahead: self.casting.poses(facing, ahead))
        self.talk, self.look = self.controls.talk, self.controls.look
        self.remembered = Remembered(self, self.line.tell)
        keep, view = self.remembered.keep, self.viewport
        self.casting = Casting(self.session, view.show_heads, self.look.show_heads, told, keep, settings)
        self.desk = Desk(self, self.session, self.talk, self.line, keep, settings)
        self.fetching = Fetching(FetchBar(), told, self.desk.ears.take, lambda: keep(fetch=False))
        self.backdrop = Backdrop(self, self.viewport, self.line.tell, keep)
        self.recordings = Recordings(self, self.session, self.line.tell)
        self._lay_out()
        self._connect()
        show_settings(settings, self.controls, self.viewport, told)
        self.remembered.follow(self.controls)
        self._messages.told.disconnect()
        self._messages.told.connect(self.line.tell, Qt.ConnectionType.QueuedConnection)
        self._meters = self._every(_METER_MS, self._show_live)
        self._lists = self._every(_DEVICES_MS, self._show_devices)

    def _lay_out(self) -> None:
        column, whole = QVBoxLayout(), QHBoxLayout()
        for layout in (column, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        self.apart = Apart(self.viewport, column, self.look.view.show_apart)
        column.addWidget(self.viewport, 1)
        for bar in (self.captions, self.offer, self.fetching.bar, self.line):
            column.addWidget(bar)
        whole.addLayout(column, 1)
        whole.addWidget(self.controls)
        centre = QWidget()
        centre.setLayout(whole)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self.viewport.first_frame.connect(self.begin, Qt.ConnectionType.QueuedConnection)
        self.viewport.failed.connect(self._tell_trouble)
        self.viewport.failed.connect(self.begin, Qt.ConnectionType.QueuedConnection)
        self.talk.listening.connect(self._listen)
        self.talk.device_chosen.connect(self.session.devices.choose)
        for picker in (self.talk.microphone, self.talk.loudspeaker):
            picker.opened.connect(self.session.devices.look_again)
        self.look.sample_asked.connect(self.recordings.toggle_sample)
        self.look.recordings_asked.connect(self.recordings.open)
        view = self.look.view
        view.facing_chosen.connect(self.viewport.face)
        view.shot_chosen.connect(self.viewport.show_shot)
        view.background_chosen.connect(self.backdrop.show)
        view.picture_asked.connect(self.backdrop.open)
        view.quality_chosen.connect(self.viewport.choose_quality)
        view.window_asked.connect(self.apart.toggle)
        self.look.identity_chosen.connect(self.casting.choose_identity)
        self.look.failed.connect(self._tell_trouble)
        self.look.model_chosen.connect(self._use_model)
        self.look.mood_chosen.connect(self.session.ask_mood)
        self.look.eyes_chosen.connect(self.session.ask_eyes)
        self.look.head_chosen.connect(self.casting.choose)
        self._messages.offered.connect(self.offer.show_offer, Qt.ConnectionType.QueuedConnection)
        self.offer.accepted.connect(self.session.animation.use)
        self.line.asked.connect(self._ask)
        self.line.said.connect(self._say)
        self.line.silenced.connect(self._silence)
        TalkKey(self, lambda held: setattr(self.session.conversation.listener, "key", held))
        QShortcut(QKeySequence("Shift+Delete"), self).activated.connect(self.desk.delete_recording)

    def _every(self, milliseconds: int, action: object) -> QTimer:
        timer = QTimer(self, interval=milliseconds)
        timer.timeout.connect(action)
        return timer

    def begin(self) -> None:
        """Start the conversation."""
        if self._meters.isActive() or self.session.closed.is_set():
            return
        self.session.start()
        self._meters.start()

    def _settle(self) -> None:
        """Begin to listen, now that the devices are known; without a microphone the sample plays by itself."""
        self._settled = True
        self._lists.start()
        self._show_devices()
        self.desk.begin()
        heard = self.session.devices.device("microphone") is not None
        self.talk.show_listening(heard)
        if self._fetches:
            self.fetching.begin()
        if self.session.playback is not None:
            return
        self.session.listen(heard)
        if not heard:
            QTimer.singleShot(_SAMPLE_AFTER_MS, self, self.recordings.play_unasked)

    def _show_live(self) -> None:
        if not self._settled and self.session.opened.is_set():
            self._settle()
        self.talk.microphone.meter.show_level(self.session.devices.level("microphone"))
        self.talk.loudspeaker.meter.show_level(self.session.devices.level("loudspeaker"))
        self.look.show_playing(self.session.playback is not None)
        if (self.session.ready or self.session.replay) and not self._model_told:
            self._greet()
        self._show_model()
        self._show_words()
        self.desk.follow(self.viewport)

    def _show_words(self) -> None:
        talk, replay = self.session.conversation, self.session.replay
        person, agent = replay.captions() if replay else talk.captions()
        name = replay.agent if replay else talk.dialogue.agent.name
        self.captions.show_words(*person, name, *agent)

    def _greet(self) -> None:
        """The motion model is there: the faces move, and the agent may begin."""
        self._model_told = True
        self.viewport.loaded()
        if self.session.playback is None:
            self.line.tell(Notice("ready: speak, or write to the agent"))
            if not self.session.devices.muted:
                self.session.conversation.open()
        if wrong := "; ".join(filter(None, (*self._vain, unkept()))):
            self._tell_trouble(wrong)
        if self._first_model != FALLBACK:
            self._use_model(self._first_model)

    def _use_model(self, name: str) -> None:
        self.offer.hide()
        self.session.animation.use(name)

    def _show_model(self) -> None:
        animation = self.session.animation
        if animation.name and not self.look.model.view().isVisible():
            self.look.show_model(animation.loading or animation.name)
        self.remembered.note_model(animation.name)
        self.casting.follow(animation.model_basis, self.session.conversation.dialogue.agent.name.lower())

    def _show_devices(self) -> None:
        self.talk.show_devices(self.session.devices.present, self.session.devices.names)

    def _listen(self, on: bool) -> None:
        self.session.stop_playback()
        self.session.listen(on)
        if on and self.session.devices.device("microphone") is None:
            self.talk.show_listening(False)
            self._tell_trouble("no microphone was found: plug one in, or play the sample conversation")
            return
        self.line.tell(Notice("listening: speak" if on else "not listening"))
        if on and self.session.ready:
            self.session.conversation.open()

    def _tell_trouble(self, text: str) -> None:
        self.line.tell(Trouble(text))

    def _ask(self, text: str) -> None:
        self.session.stop_playback()
        self.session.conversation.ask(text)

    def _say(self, text: str) -> None:
        if self.session.conversation.dialogue.say(text):
            self.line.tell(Quote(f"the agent says: {text}"))
        else:
            self._tell_trouble("there is nothing to speak in that line")

    def _silence(self) -> None:
        self.session.stop_playback()
        self.session.conversation.dialogue.stop()
        self.line.tell(Notice("the agent is silent"))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the session before the window goes."""
        self.closing.emit()
        self.fetching.stop()
        self.remembered.save()
        self.apart.close()
        self.casting.close()
        self._meters.stop()
        self._lists.stop()
        self.session.close()
        self._collector.stop()
        super().closeEvent(event)
