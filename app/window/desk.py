"""What the talk tab asks for: agents, recognisers, the sound check, recording. Slow work goes on threads of its own."""

import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.agents.agents import DEFAULT, Choice, agent_files, choices, found_language_models, make_agent
from app.agents.language_model.server import LOCAL_SERVERS
from app.agents.wizard import Wizard
from app.errors import MissingError, in_words
from app.session.sound_check import apply, check_sound
from app.settings import Mode, Settings
from app.window.ear_choice import EarChoice
from app.window.emitting import emit
from app.window.panels.line import Line
from app.window.panels.talk import Talk
from audio_io.devices.sound_check import SoundCheck
from audio_io.notice import Notice, Trouble

if TYPE_CHECKING:
    from app.session.session import Session
    from app.window.viewport import Viewport

_LOG: Final = logging.getLogger(__name__)
LOOK_FOR_MODELS: Final = "Look for language models on this machine…"
_CONSENT: Final = (
    "Both voices, both faces' motion, the words and every change of turn will be written to a folder on this computer, "
    "until you stop. Nothing is sent anywhere. Shift+Delete deletes the whole session.\n\nDo you agree?"
)


class Desk(QObject):
    """Joins the talk tab to the session. keep: takes what the person chose, for the next start."""

    _checked = Signal(object)
    _found = Signal(list)

    def __init__(
        self, window: QWidget, session: "Session", talk: Talk, line: Line, keep: Callable[..., None],
        settings: Settings,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._session, self._talk, self._line, self._keep = window, session, talk, line, keep
        self._tell = partial(emit, line.told)  # on any thread
        self._agents: list[Choice] = choices()
        self._used = 0  # which of them answers
        self.ears = EarChoice(session, talk, line, keep, settings, self._agreed, self._aside)
        talk.agent_chosen.connect(self._use_agent)
        talk.mode_chosen.connect(self._use_mode)
        talk.check_asked.connect(self._check)
        talk.murmurs_chosen.connect(self._murmur)
        talk.recording_asked.connect(self._record)
        for signal, slot in ((self._checked, self._show_check), (self._found, self._show_found)):
            signal.connect(slot, Qt.ConnectionType.QueuedConnection)
        self._show()

    def _show(self) -> None:
        self._talk.show_agents([*(choice.title for choice in self._agents), LOOK_FOR_MODELS])

    def begin(self) -> None:
        """Show what is in use."""
        agent = self._session.conversation.dialogue.agent
        names = list(agent_files())
        first = next((name for name in names if name == agent.name.lower()), DEFAULT)
        self._used = names.index(first)
        self._talk.agent.setCurrentIndex(self._used)
        self.ears.show_used()
        self._talk.show_mode(self._session.conversation.listener.mode)
        self._line.show_lines(agent.lines if isinstance(agent, Wizard) else ())

    def _aside(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            except Exception as error:  # a thread's failures are caught once, here
                _LOG.error("what was asked for at the desk failed", exc_info=error)
                self._tell(Trouble(in_words(error)))

        threading.Thread(target=run, name="desk", daemon=True).start()

    def _show_found(self, found: list[Choice]) -> None:
        if not found:
            usual = ", ".join(LOCAL_SERVERS)
            self._line.tell(Trouble(f"no language model was found on this machine: start {usual}, and look again"))
            return
        self._agents = [*choices(), *found]
        self._show()
        self._used = self._talk.agent.currentIndex()
        self._line.tell(Notice(f"a language model was found: {found[0].title}; choose it as the agent"))

    def _look_for_models(self) -> None:
        """Ask this machine's usual ports, the person having asked for it; whoever answers goes on."""
        self._talk.agent.setCurrentIndex(self._used)
        self._line.tell(Notice("looking for language models on this machine"))
        self._aside(lambda: emit(self._found, found_language_models()))

    def _use_agent(self, index: int) -> None:
        if self._talk.agent.itemText(index) == LOOK_FOR_MODELS:
            self._look_for_models()
            return
        try:
            agent = make_agent(self._agents[index], self._tell)
        except (MissingError, ValueError, OSError) as error:
            self._line.tell(Trouble(error))
            return
        self._used = index
        self._session.conversation.use_agent(agent)
        source = self._agents[index].source
        if isinstance(source, Path):  # a server's models are looked for only when the person asks
            self._keep(agent=source.stem)
        self._line.show_lines(agent.lines if isinstance(agent, Wizard) else ())
        self._line.tell(Notice(f"you talk with {agent.name}"))

    def _check(self) -> None:
        self._talk.check.setEnabled(False)
        self._aside(self._check_aside)

    def _check_aside(self) -> None:
        try:
            emit(self._checked, check_sound(self._session, self._tell))
        except (MissingError, RuntimeError) as error:
            emit(self._checked, error)

    def _show_check(self, found: SoundCheck | Exception) -> None:
        self._talk.check.setEnabled(True)
        if isinstance(found, Exception):
            self._line.tell(Trouble(found))
            return
        mode = apply(self._session, found)
        self._talk.show_mode(mode)
        self._keep(mode=mode)
        self._line.tell(Notice(found.told()))

    def _use_mode(self, mode: str) -> None:
        self._session.use_mode(Mode(mode))
        self._keep(mode=Mode(mode))

    def _murmur(self, share: float) -> None:
        self._session.conversation.dialogue.murmurs.readiness = share
        self._keep(murmurs=share)

    def _agreed(self, title: str, text: str) -> bool:
        box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=self._window)
        box.setOption(QMessageBox.Option.DontUseNativeDialog)
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        box.setDefaultButton(QMessageBox.StandardButton.No)
        return bool(box.exec() == QMessageBox.StandardButton.Yes)

    def _record(self, on: bool) -> None:
        if not on:
            self._talk.show_recording(None)
            folders = self._session.conversation.stop_recording()
            self._line.tell(Notice(f"the session is in {' and '.join(map(str, folders))}"))
            return
        if not self._agreed("Record this session", _CONSENT):
            self._talk.show_recording(None)
            return
        try:
            folder = self._session.record()
        except OSError as error:
            self._talk.show_recording(None)
            self._line.tell(Trouble(f"the session cannot be recorded: {error}"))
            return
        self._talk.show_recording(folder)
        self._line.tell(Notice(f"recording to {folder}"))

    def delete_recording(self) -> None:
        """Delete the session that is being recorded, wholly."""
        self._talk.show_recording(None)
        folders = " and ".join(map(str, self._session.conversation.stop_recording(delete=True)))
        self._line.tell(Notice(f"the session was deleted: {folders}" if folders else "no session is being recorded"))

    def follow(self, viewport: "Viewport") -> None:
        """Show what may be another than just now: figures, where the session is recorded, or that it no longer can be."""
        self.show_latency(viewport)
        recording = self._session.conversation.recording
        if recording is not None:
            self._talk.show_recording(recording.folder if recording.open else None)

    def show_latency(self, viewport: "Viewport") -> None:
        """Show the frames a second and how long the last answer took."""
        parts = []
        answer = self._session.conversation.dialogue.latest
        if answer and answer.turn and answer.first_sound:
            steps = answer.milliseconds()
            parts.append(f"answer after {steps['first_sound'] / 1000:.2f} s")
            self._line.show_waterfall(", ".join(f"{name.replace('_', ' ')} {ms:.0f} ms" for name, ms in steps.items()))
        if viewport.renderer and viewport.frame_seconds:
            parts.append(f"{1 / viewport.frame_seconds:.0f} frames/s, {viewport.renderer.tier.name}")
        self._line.show_figures("   ".join(parts))
