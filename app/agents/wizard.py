"""An agent whose lines an operator types or picks: it hears, and says nothing by itself."""

from app.agents.agent import Reply
from app.agents.schema import WizardFile


class Wizard:
    """An `Agent` without answers of its own. lines: to pick from."""

    def __init__(self, file: WizardFile) -> None:
        self.name, self.voice, self.backchannels = file.name, file.voice.settings(), file.backchannels
        self.phrases: tuple[str, ...] = ()
        self.lines = file.lines

    def start(self) -> None:
        """Return the state, which is none."""

    def open(self, state: None) -> Reply[None]:
        """Stay silent."""
        return Reply((), state)

    def reply(self, state: None, heard: str) -> Reply[None]:  # noqa: ARG002
        """Stay silent: the operator answers."""
        return Reply((), state)

    def silence(self, state: None) -> Reply[None]:
        """Stay silent."""
        return Reply((), state)

    def settle(self, state: None, said: str) -> None:  # noqa: ARG002
        """Return the state, which is none."""
        return state
