"""app.conversation: what a persona remembers beyond a conversation, the facts it is given, and files that are wrong."""

import argparse
import json
from pathlib import Path

import pytest

from app.agents.agents import PERSONAS, load_agent, own_folder, remembering
from app.agents.persona.memory import Memory, memory_file
from app.agents.persona.persona import Persona
from app.agents.persona.state import PersonaState
from app.commands import memory as command
from tests.test_persona import loaded, talk


@pytest.fixture(autouse=True)
def _a_store_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))


def agreed(agent: Persona) -> PersonaState:
    _, _, state = talk(
        agent,
        "my name is Ana",
        "i am from Lisbon",
        "what is this",
        "no",
        "tell me a joke",
        "tell me another joke",
        "okay",
    )
    assert not memory_file().exists()
    for _ in range(4):
        if state.asked == "keep":
            break
        _, _, state = talk(agent, "tell me a fun fact", state=state)
    assert state.asked == "keep" and "May I remember" in state.last
    return state


def test_it_remembers_beyond_a_conversation_only_where_it_may(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    agent = remembering(loaded("mira"), told.append)
    assert isinstance(agent, Persona)
    state = agreed(agent)
    talk(agent, "no", state=state)
    assert not memory_file().exists()
    talk(agent, "yes", state=state)
    assert Memory(print).read() == {"name": "Ana", "from": "Lisbon"}
    reply = agent.open(agent.start())
    assert "Ana" in " ".join(reply.pieces)
    assert talk(agent, "no", "what is my name", state=reply.state)[1][1] == "recall name" and memory_file().exists()
    capsys.readouterr()
    run_memory("--json")
    assert json.loads(capsys.readouterr().out) == {"name": "Ana", "from": "Lisbon"}
    talk(agent, "yes", "forget me", state=reply.state)
    assert not memory_file().exists()
    run_memory("--forget")
    assert "there was no" in capsys.readouterr().out and not told


def run_memory(*words: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(words)) == 0


def test_a_damaged_memory_is_told_and_left() -> None:
    told: list[str] = []
    memory_file().write_text("told: [1, 2")
    assert Memory(told.append).read() == {} and "memory.yaml" in told[0] and "line 2" in told[0]
    assert memory_file().exists()


def test_a_copy_of_a_bundled_persona_knows_as_much(tmp_path: Path) -> None:
    path = tmp_path / "copy.yaml"
    path.write_text((PERSONAS / "mira.yaml").read_text("utf-8"), "utf-8")
    assert talk(loaded(path), "what is the capital of France")[0] == ["The capital of France is Paris."]


def test_facts_of_a_place_are_known(tmp_path: Path) -> None:
    path = tmp_path / "host.yaml"
    path.write_text((PERSONAS / "theo.yaml").read_text("utf-8"), "utf-8")
    facts = tmp_path / "facts.yaml"
    facts.write_text(
        "facts:\n  - topic: where here\n    ask: [where is the toilet]\n    answer: [Through the glass door.]\n"
    )
    assert talk(loaded(path), "where is the toilet please")[0] == ["Through the glass door."]
    own_folder().mkdir(parents=True, exist_ok=True)
    (own_folder() / "facts.yaml").write_text(facts.read_text())
    assert talk(loaded("mira"), "where is the toilet")[0] == ["Through the glass door."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("facts:\n  - topic: x\n    ask: [y]\n", r"facts\.yaml: line 2: facts.0.answer: Field required"),
        (
            "facts:\n  - topic: x\n    ask: y\n    answer: [z]\n",
            r"facts\.yaml: line 3: facts.0.ask: Input should be a valid",
        ),
        ("facts: {}\n", r"facts\.yaml: line 1: facts: Input should be"),
        ("facts:\n  - {topic: x, ask: [y], answer: [z], then: nowhere}\n", "leads on to 'nowhere': expected"),
    ],
)
def test_wrong_facts_are_told_with_file_line_and_what_was_expected(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "host.yaml").write_text((PERSONAS / "theo.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "facts.yaml").write_text(text)
    with pytest.raises(ValueError, match=words):
        load_agent(tmp_path / "host.yaml", print)


@pytest.mark.parametrize(
    ("changed", "into", "words"),
    [
        ("name: Theo", "name: Theo\nfacts: [../secret.yaml]", "expected a file in the same folder"),
        ("name: Theo", "name: Theo\nfacts: [gone.yaml]", r"gone\.yaml is not there"),
        ("bridges: [food", "bridges: [foot", r"line \d+: the file: .*there is no topic 'foot'"),
        ("  - name: joke\n", "  - name: joke\n    does: cook\n", r"line \d+: topics.\d+.does: Input should be"),
        ("  - name: joke\n", "  - name: joke\n    does: riddle\n", "expected an entry 'riddles and wrong'"),
        ("  - name: joke\n", "  - name: joke\n    hears: [x]\n", r"line \d+: topics.\d+.hears: Extra inputs"),
    ],
)
def test_a_wrong_persona_is_told_with_its_line(tmp_path: Path, changed: str, into: str, words: str) -> None:
    path = tmp_path / "host.yaml"
    path.write_text((PERSONAS / "theo.yaml").read_text("utf-8").replace(changed, into), "utf-8")
    with pytest.raises((ValueError, FileNotFoundError), match=words) as told:
        load_agent(path, print)
    assert str(tmp_path) in str(told.value)
