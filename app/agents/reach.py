"""What a persona asks for beyond words: tools that others have to grant, and what it must not talk about."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(min_length=1, max_length=2000)]


class RemoteTool(BaseModel):
    """A tool at an address, which is reached only where the person allowed it: what it is for, and its parameters in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    about: Words
    address: Words
    parameters: dict[str, Words] = {}


class Guard(BaseModel):
    """never: words and phrases that are not spoken; instead: what is said then, in turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    never: tuple[Words, ...] = ()
    instead: Annotated[tuple[Words, ...], Field(min_length=1)] = (
        "I would rather talk about something else. What else would you like to know?",
    )
