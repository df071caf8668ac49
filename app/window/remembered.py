"""What the person chooses in the window: saved for the next start, and shown in the panels when it begins."""

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QComboBox

from app.session.mood import conditions_of
from app.session.start import understood
from app.settings import Settings, save_chosen
from audio_io.notice import Tell, Trouble

if TYPE_CHECKING:
    from app.window.panels.controls import Controls
    from app.window.viewport import Viewport

_SOON_MS: Final = 500  # a slider that is drawn is saved once


class Remembered(QObject):
    """Saves choices, whole or not at all; tell: told once where they cannot be saved."""

    def __init__(self, parent: QObject, tell: Tell) -> None:
        super().__init__(parent)
        self._tell, self._told = tell, False
        self._chosen: dict[str, Any] = {}
        self._asked_model = ""
        self._timer = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._timer.timeout.connect(self.save)

    def keep(self, **chosen: Any) -> None:
        """Save settings by name, soon."""
        self._chosen |= chosen
        self._timer.start()

    def save(self) -> None:
        """Save now what was not saved yet."""
        self._timer.stop()
        if not self._chosen:
            return
        try:
            save_chosen(self._chosen)
        except (OSError, ValueError) as error:
            if not self._told:
                self._told = True
                self._tell(Trouble(f"what you choose is not kept for the next start: {error}"))
        else:
            self._chosen.clear()

    def follow(self, controls: "Controls") -> None:
        """Save what is chosen in the panels and is always as it was chosen; the rest is kept by what does it."""
        talk, look = controls.talk, controls.look
        for signal, names in (
            (look.mood_chosen, ("mood", "agent_mood")), (look.eyes_chosen, ("blinks", "contact")),
            (look.view.shot_chosen, ("shot",)), (look.view.facing_chosen, ("facing",)),
            (look.view.quality_chosen, ("quality",)),
        ):  # fmt: skip
            signal.connect(lambda *values, names=names: self.keep(**dict(zip(names, values, strict=True))))
        talk.device_chosen.connect(lambda kind, name: self.keep(**{kind: name}))
        look.model_chosen.connect(self._ask_model)

    def _ask_model(self, name: str) -> None:
        self._asked_model = name

    def note_model(self, name: str) -> None:
        """Hear which motion model runs: the one that was chosen is saved once it does, for another may not be there."""
        if name and name == self._asked_model:
            self._asked_model = ""
            self.keep(model=name)


def show_settings(settings: Settings, controls: "Controls", viewport: "Viewport", tell: Tell) -> None:
    """Let the panels begin as settings say; the view, whose panel is joined by now, follows. Unknown names are told."""
    talk, look = controls.talk, controls.look
    talk.show_mode(settings.mode)
    talk.show_murmurs(settings.murmurs)
    look.expression.show_eyes(settings.blinks, settings.contact)
    for dialog, shape in zip(look.dialogs, (settings.shape, settings.agent_shape), strict=True):
        dialog.put(shape)
    both, agents = understood(settings, lambda _told: None)  # the session tells it
    look.expression.show_mood(conditions_of(both), conditions_of(f"{both},{agents}"))
    for what, box, name in (
        ("shot", look.view.shots, settings.shot), ("way to face", look.view.facings, settings.facing),
        ("quality", look.view.qualities, settings.quality),
    ):  # fmt: skip
        _show(what, box, name, tell)
    try:
        viewport.show_background(settings.background)
    except ValueError as error:
        tell(Trouble(error))
    else:
        look.view.show_background(settings.background)


def _show(what: str, box: QComboBox, name: str, tell: Tell) -> None:
    index = box.findData(name)
    if index < 0:
        there = ", ".join(box.itemData(place) for place in range(box.count()))
        tell(Trouble(f"there is no {what} {name!r}: choose one of {there}"))
    else:
        box.setCurrentIndex(index)
