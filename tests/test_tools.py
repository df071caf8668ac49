"""app.agents.language_model.tools, guard and prompt: what a language model may use and must not say."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.agents.agents import PERSONAS
from app.agents.language_model import language_model, tools
from app.agents.language_model.language_model import LanguageModel
from app.agents.language_model.prompt import HISTORY_TOKENS, recent, system_text, tokens
from app.agents.language_model.server import Server
from app.agents.language_model.tools import ToolEntry, allowed_file
from app.agents.persona.persona import Persona
from app.agents.reach import Guard, RemoteTool
from app.agents.schema import PersonaFile
from app.documents import checked, read_schema
from app.registry import Registry
from tests.loopback_model import ANSWER, Loopback
from tests.test_extending import installed

LAMPS = """
import threading
from app.agents.language_model.tools import ToolEntry

asked, go = [], threading.Event()

def switch(state):
    asked.append(state)
    go.wait(300)
    return f"The lamp is {state}."

ENTRY = ToolEntry("lamp", "MIT", lambda: switch, about="Switches the lamp.", parameters={"state": "on or off"})
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    for limit in ("FIRST_CLAUSE_SECONDS", "NEXT_CLAUSE_SECONDS", "WHOLE_SECONDS"):
        monkeypatch.setattr(language_model, limit, 120.0)  # a machine may be busy
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    opened = Loopback()
    yield opened
    opened.close()


@pytest.fixture
def lamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An installed package with a tool; what it was asked. It answers at once."""
    monkeypatch.syspath_prepend(str(tmp_path))
    installed(tmp_path, "lamps", "[dualtalk_live.tools]\nlamp = lamps:ENTRY\n", {"lamps": LAMPS})
    monkeypatch.setattr(tools, "TOOLS", Registry("tool", "dualtalk_live.tools", ToolEntry, ()))
    import lamps

    lamps.asked.clear()
    lamps.go.set()
    yield lamps.asked
    lamps.go.set()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def talker(server: Loopback, told: list[str], **more: object) -> LanguageModel:
    file = read_schema(PERSONAS / "mira.yaml", PersonaFile)
    persona = Persona(PersonaFile.model_validate(file.model_dump() | more))
    return LanguageModel(Server("test", server.address, ("tiny-talker",)), "tiny-talker", persona, None, told.append)


def answered(agent: LanguageModel, heard: str = "switch the lamp on") -> list[str]:
    return list(agent.reply(agent.start(), heard).pieces)


@pytest.mark.usefixtures("store")
def test_an_installed_tool_is_used_and_its_result_told(server: Loopback, lamps: list[str]) -> None:
    told: list[str] = []
    server.calls = [("lamp", '{"state": "on"}')]
    pieces = answered(talker(server, told, tools=("lamp",)))
    assert pieces[0] == "[away]" and " ".join(pieces[1:]) == ANSWER
    assert lamps == ["on"] and not told
    first, second = server.asked
    assert first["tools"][0]["function"]["parameters"]["required"] == ["state"]  # type: ignore[index]
    call, result = second["messages"][-2:]  # type: ignore[index]
    assert call["tool_calls"][0]["function"] == {"name": "lamp", "arguments": '{"state": "on"}'}
    assert (result["tool_call_id"], result["content"]) == ("call-1", "The lamp is on.")


@pytest.mark.usefixtures("store")
def test_a_slow_tool_is_told_of_and_waited_for(
    server: Loopback, lamps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import lamps as package

    monkeypatch.setattr(language_model, "TOOL_SECONDS", 0.05)
    package.go.clear()
    server.calls = [("lamp", '{"state": "off"}')]
    agent = talker(server, [], tools=("lamp",))
    pieces = iter(agent.reply(agent.start(), "switch it off").pieces)
    assert next(pieces) == "[away]" and not lamps  # nothing is done before the next piece is asked for
    assert "One moment" in next(pieces)
    package.go.set()
    assert " ".join(pieces) == ANSWER and lamps == ["off"]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("lamp", '{"colour": "red"}'), "it takes state"), (("lamp", "{not json"), "it failed"),
        (("door", "{}"), "no such tool"), (("lamp", "[1]"), "it takes state"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_answered_in_words(
    server: Loopback, lamps: list[str], call: tuple[str, str], words: str
) -> None:
    server.calls = [call]
    pieces = answered(talker(server, [], tools=("lamp",)))
    assert " ".join(pieces[1:]) == ANSWER and not lamps
    assert words in server.asked[-1]["messages"][-1]["content"]  # type: ignore[index]


@pytest.mark.usefixtures("store")
def test_an_address_is_reached_only_where_it_is_allowed(server: Loopback) -> None:
    address = server.address.replace("/v1", "/tool")
    tool = RemoteTool(name="hours", about="Opening hours.", address=address, parameters={"day": "of the week"})
    told: list[str] = []
    answered(talker(server, told, tools=(tool,)))
    assert len(server.asked) == 1 and "tools" not in server.asked[0]
    assert len(told) == 1 and address in told[0] and str(allowed_file()) in told[0]
    allowed_file().write_text(f"- {address}/\n")
    server.calls = [("hours", '{"day": "Friday"}')]
    told.clear()
    answered(talker(server, told, tools=(tool,)))
    assert server.asked[-1]["messages"][-1]["content"] == "It is open until Friday."  # type: ignore[index]
    assert not told
    allowed_file().write_text("- not an address\n")
    talker(server, told, tools=(tool,))
    assert len(told) == 1 and allowed_file().name in told[0]


@pytest.mark.usefixtures("store", "lamps")
def test_a_tool_that_nobody_installed_is_left_out_and_told(server: Loopback) -> None:
    told: list[str] = []
    answered(talker(server, told, tools=("door", "lamp")))
    assert len(told) == 1 and "'door'" in told[0]
    assert [each["function"]["name"] for each in server.asked[0]["tools"]] == ["lamp"]  # type: ignore[index, attr-defined]


def test_tools_have_an_end(server: Loopback) -> None:
    server.calls = [("door", "{}")] * 20
    told: list[str] = []
    pieces = answered(talker(server, told))
    assert len(server.asked) == 4
    assert "said nothing" in told[0] and len(pieces) > 4  # the persona answers


def test_what_must_not_be_said_is_not_and_the_next_line_takes_turns(server: Loopback) -> None:
    guard = Guard(never=("that rain", "then it rain"), instead=("Let us talk about the show.", "What else?"))
    agent = talker(server, [], guard=guard)
    assert answered(agent)[-1] == "What else?"
    assert "rain" not in " ".join(answered(agent)) and "spring" in " ".join(answered(agent))
    assert "Never talk about: that rain" in server.asked[0]["messages"][0]["content"]  # type: ignore[index]
    across = talker(server, [], guard=Guard(never=("friend that is",)))  # two clauses, no part of which says it
    assert answered(across)[-1].startswith("I would rather")


def test_an_answer_that_is_left_ends_without_a_word(server: Loopback) -> None:
    told: list[str] = []
    server.way = "silent"
    agent = talker(server, told)
    reply = agent.reply(agent.start(), "how are you")
    pieces: list[str] = []
    waits = threading.Thread(target=lambda: pieces.extend(reply.pieces))
    waits.start()
    reply.left()
    waits.join(60)
    assert not waits.is_alive() and not pieces and not told


def test_history_is_within_its_budget_and_the_persona_is_told_what_it_knows() -> None:
    messages = [("user" if n % 2 == 0 else "assistant", f"{n} " + "word " * 60) for n in range(60)]
    kept = recent(messages)
    assert kept[-1]["content"] == messages[-1][1] and 5 < len(kept) < 60
    assert sum(tokens(each["content"]) for each in kept) <= HISTORY_TOKENS
    assert len(recent([("user", "x" * 100_000)])) == 1
    file = read_schema(PERSONAS / "mira.yaml", PersonaFile)
    text = system_text(file)
    assert "Mira" in text and "what is your name" in text and "[smile] " in text and tokens(text) < 2500


def test_a_wrong_entry_names_its_place() -> None:
    data = read_schema(PERSONAS / "mira.yaml", PersonaFile).model_dump()
    for more in ({"guard": {"instead": []}}, {"tools": [{"name": "a b", "about": "x", "address": "y"}]}):
        with pytest.raises(ValueError, match=r"persona\.yaml: (guard|tools)"):
            checked(Path("persona.yaml"), data | more, PersonaFile)
