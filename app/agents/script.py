"""An agent that follows a script: lines, branches on phrases, timing and feelings by marks. Its state is a step's name."""

from dataclasses import dataclass

from app.agents.agent import Reply
from app.agents.persona.matching import Phrases
from app.agents.schema import ScriptFile

_CLEAR = 0.45


@dataclass(frozen=True)
class ScriptState:
    """The step that was said last, empty before the first."""

    step: str = ""


class Script:
    """An `Agent` from a script file."""

    def __init__(self, file: ScriptFile) -> None:
        self._file = file
        self.name, self.voice, self.backchannels = file.name, file.voice.settings(), file.backchannels
        self.phrases = tuple(
            phrase for step in file.steps.values() for branch in step.branches for phrase in branch.hear
        )
        self._branches = {
            name: Phrases(
                (str(number), phrase) for number, branch in enumerate(step.branches) for phrase in branch.hear
            )
            for name, step in file.steps.items()
        }

    def start(self) -> ScriptState:
        """Return the state of a conversation that begins."""
        return ScriptState()

    def _at(self, name: str) -> Reply[ScriptState]:
        step = self._file.steps[name]
        return Reply(step.say, ScriptState(name), step.ends)

    def open(self, _state: ScriptState) -> Reply[ScriptState]:
        """Say the first step."""
        return self._at(self._file.start)

    def reply(self, state: ScriptState, heard: str) -> Reply[ScriptState]:
        """Take the branch whose phrase fits best, else the one for what fits none; stay silent where there is none."""
        step = self._file.steps.get(state.step)
        if step is None:
            return self._at(self._file.start)
        found, fit = self._branches[state.step].best(heard)
        if fit >= _CLEAR:
            return self._at(step.branches[int(found)].go)
        return self._at(step.otherwise) if step.otherwise else Reply((), state)

    def silence(self, state: ScriptState) -> Reply[ScriptState]:
        """Take the step's branch for silence, if it has one."""
        step = self._file.steps.get(state.step)
        return self._at(step.silence) if step and step.silence else Reply((), state)

    def settle(self, state: ScriptState, _said: str) -> ScriptState:
        """Return the state: a line that was cut was still begun."""
        return state
