"""Persona and script files: YAML that says what an agent is and says. Read as data, checked against these schemas."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.agents.reach import Guard, RemoteTool
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

    reacts: said instead where the person tells something rather than asks. why: said to "why?" after it. offer: a question
    that offers it where something else is not known. then: the topic that is offered after it, the first time. remembers:
    what a short answer to its question tells. steps: phrases that go on to the next of `say`. picks: topics of which the next
    is taken. light: a courtesy, which gives way to whatever else the turn says. leads: asks something else after it. repeat:
    says the last line again. ends: says goodbye. does: what no line can do (docs/conversation.md).
    """

    name: str
    hear: tuple[Line, ...] = ()
    say: tuple[Line, ...] = Field(min_length=1)
    reacts: tuple[Line, ...] = ()
    why: tuple[Line, ...] = ()
    offer: Annotated[str, Field(max_length=2000)] = ""
    then: str = ""
    ask: tuple[Line, ...] = ()
    answers: dict[Literal["yes", "no", "name", "any"], Line | Go] = {}
    steps: tuple[Line, ...] = ()
    remembers: Literal["", "from", "work", "likes"] = ""
    picks: tuple[str, ...] = ()
    light: bool = False
    repeat: bool = False
    leads: bool = False
    ends: bool = False
    does: Literal["", "why", "more", "you", "recall", "keep", "forget", "number", "riddle"] = ""


class Guessing(_Strict):
    """What is said while a number from 1 to 100 is guessed; a line may name {number}, {guess} and {tries}."""

    higher: tuple[Line, ...] = Field(min_length=1)
    lower: tuple[Line, ...] = Field(min_length=1)
    right: Line
    reveal: Line
    even: Line
    odd: Line


class Riddle(_Strict):
    """A riddle, what it may be answered with, hints in turn, and what is said where it was found, or not."""

    ask: Line
    answers: tuple[Line, ...] = Field(min_length=1)
    hints: tuple[Line, ...] = Field(min_length=1)
    right: Line
    reveal: Line


class Keeping(_Strict):
    """How a person is asked whether they may be remembered, and met again; `again` may name {name}."""

    ask: Line
    yes: Line
    no: Line
    again: Line
    stranger: Line


class Frame(_Strict):
    """What is said to a turn that begins so, and is about nothing that is known: each line once."""

    begins: tuple[Line, ...] = Field(min_length=1)
    say: tuple[Line, ...] = Field(min_length=1)


class Fact(_Strict):
    """Something that is known about a place or the world: questions that ask it, answers in turn; the rest as a topic's."""

    topic: str
    ask: tuple[Line, ...] = Field(min_length=1)
    answer: tuple[Line, ...] = Field(min_length=1)
    why: tuple[Line, ...] = ()
    offer: Annotated[str, Field(max_length=2000)] = ""
    then: str = ""


class FactsFile(_Strict):
    """A file of facts, which a persona names, or which lies beside it as `facts.yaml`."""

    facts: tuple[Fact, ...] = Field(min_length=1)

    def topics(self) -> tuple[Topic, ...]:
        """Return the facts as topics of a persona."""
        return tuple(
            Topic(name=each.topic, hear=each.ask, say=each.answer, why=each.why, offer=each.offer, then=each.then)
            for each in self.facts
        )


class PersonaFile(_Strict):
    """A persona: profile, style, topics, and what it says when it opens, ends, did not understand or is met with silence.

    bridges: topics whose questions keep the conversation going. unknown: said before an offer, where an answer is not known;
    frames: tried before that;
    again: before a line that was said before; wrong: before a riddle's hint; sums: lines that tell {result}. facts: files.
    """

    name: str
    language: str = "en"
    voice: VoiceEntry = VoiceEntry()
    profile: tuple[Line, ...] = ()
    style: str = ""
    backchannels: tuple[Line, ...] = ()
    facts: tuple[str, ...] = ()
    greeting: tuple[Line, ...] = Field(min_length=1)
    goodbye: tuple[Line, ...] = Field(min_length=1)
    unclear: tuple[Line, ...] = Field(min_length=1)
    acknowledge: tuple[Line, ...] = Field(min_length=1)
    initiative: tuple[Line, ...] = Field(min_length=1)
    unknown: tuple[Line, ...] = ()
    frames: tuple[Frame, ...] = ()
    again: tuple[Line, ...] = ()
    wrong: tuple[Line, ...] = ()
    sums: tuple[Line, ...] = ()
    guessing: Guessing | None = None
    riddles: tuple[Riddle, ...] = ()
    keeping: Keeping | None = None
    topics: tuple[Topic, ...] = Field(min_length=1)
    bridges: tuple[str, ...] = ()
    tools: tuple[str | RemoteTool, ...] = ()
    guard: Guard = Guard()

    @model_validator(mode="after")
    def _known(self) -> "PersonaFile":
        names = [topic.name for topic in self.topics]
        wanted = [answer.go for topic in self.topics for answer in topic.answers.values() if isinstance(answer, Go)]
        for name in (*wanted, *self.bridges, *(picked for topic in self.topics for picked in topic.picks)):
            if name not in names:
                raise ValueError(f"there is no topic {name!r}")
        deeds = {topic.does for topic in self.topics}
        for deed, there, entry in (
            ("number", self.guessing, "guessing"), ("riddle", self.riddles and self.wrong, "riddles and wrong"),
            ("keep", self.keeping, "keeping"),
        ):  # fmt: skip
            if deed in deeds and not there:
                raise ValueError(f"a topic does {deed!r}: expected an entry {entry!r}")
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
