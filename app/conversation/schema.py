"""Persona and script files: YAML that says what an agent is and says. Read as data, checked against these schemas."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.conversation.reach import Guard, RemoteTool
from audio_io.voices.voice import VoiceSettings

Line = Annotated[str, Field(min_length=1, max_length=2000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VoiceEntry(_Strict):
    """How an agent sounds; `pool` names voices, of which the first that the engine has is taken; `engine`: see `voices`."""

    pool: tuple[str, ...] = ()
    rate: Annotated[int, Field(ge=80, le=400)] = 165
    pitch: Annotated[int, Field(ge=0, le=100)] = 50
    volume: Annotated[float, Field(ge=0, le=1)] = 1.0
    piper: Path | None = None
    engine: str = ""

    def settings(self) -> VoiceSettings:
        """Return the voice's settings."""
        return VoiceSettings(self.pool, self.rate, self.pitch, self.volume, self.piper, self.engine)


class Go(_Strict):
    """Goes on with another topic."""

    go: str


class Topic(_Strict):
    """Something to talk about: phrases that lead to it, what is said in turn, and a question with what its answers get.

    steps: phrases that go on to the next of `say`; repeat: says the last line again; leads: asks something else after it;
    ends: says goodbye.
    """

    name: str
    hear: tuple[Line, ...]
    say: tuple[Line, ...] = Field(min_length=1)
    ask: tuple[Line, ...] = ()
    answers: dict[Literal["yes", "no", "name", "any"], Line | Go] = {}
    steps: tuple[Line, ...] = ()
    repeat: bool = False
    leads: bool = False
    ends: bool = False


class PersonaFile(_Strict):
    """A persona: profile, style, topics, and what it says when it opens, ends, did not understand or is met with silence.

    bridges: topics whose questions keep the conversation going.
    """

    name: str
    language: str = "en"
    voice: VoiceEntry = VoiceEntry()
    profile: tuple[Line, ...] = ()
    style: str = ""
    backchannels: tuple[Line, ...] = ()
    greeting: tuple[Line, ...] = Field(min_length=1)
    goodbye: tuple[Line, ...] = Field(min_length=1)
    unclear: tuple[Line, ...] = Field(min_length=1)
    acknowledge: tuple[Line, ...] = Field(min_length=1)
    initiative: tuple[Line, ...] = Field(min_length=1)
    topics: tuple[Topic, ...] = Field(min_length=1)
    bridges: tuple[str, ...] = ()
    tools: tuple[str | RemoteTool, ...] = ()
    guard: Guard = Guard()

    @model_validator(mode="after")
    def _known(self) -> "PersonaFile":
        names = [topic.name for topic in self.topics]
        wanted = [answer.go for topic in self.topics for answer in topic.answers.values() if isinstance(answer, Go)]
        for name in (*wanted, *self.bridges):
            if name not in names:
                raise ValueError(f"there is no topic {name!r}")
        return self


class Branch(_Strict):
    """Where a script goes when one of the phrases is heard."""

    hear: tuple[Line, ...] = Field(min_length=1)
    go: str


class Step(_Strict):
    """One step of a script: lines, then where it goes; `otherwise` where nothing fits, `silence` where nothing is said."""

    say: tuple[Line, ...] = ()
    branches: tuple[Branch, ...] = ()
    otherwise: str | None = None
    silence: str | None = None
    ends: bool = False


class ScriptFile(_Strict):
    """A script: steps by name, from `start` on."""

    name: str
    language: str = "en"
    voice: VoiceEntry = VoiceEntry()
    backchannels: tuple[Line, ...] = ()
    start: str
    steps: dict[str, Step] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> "ScriptFile":
        for name, step in self.steps.items():
            for target in [branch.go for branch in step.branches] + [step.otherwise, step.silence]:
                if target is not None and target not in self.steps:
                    raise ValueError(f"step {name!r} goes to {target!r}, which is not there")
        if self.start not in self.steps:
            raise ValueError(f"there is no step {self.start!r} to start with")
        return self


class WizardFile(_Strict):
    """Lines that an operator can pick; anything else is typed."""

    name: str
    voice: VoiceEntry = VoiceEntry()
    backchannels: tuple[Line, ...] = ()
    lines: tuple[Line, ...] = ()


class LanguageModelFile(_Strict):
    """An agent that a language model speaks for: the server (empty: one found on this machine), the model, the persona
    file that describes it and goes on where the server fails."""

    name: str
    server: str = ""
    model: str = ""
    persona: str = "mira"
    voice: VoiceEntry | None = None
