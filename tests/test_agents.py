"""app.conversation: personas, scripts and wizards, their files, and the marks in their text."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.agents.agents import PERSONAS, agent_files, choices, load_agent
from app.agents.marks import plain_and_marks
from app.agents.persona.matching import Phrases, yes_or_no
from app.agents.persona.persona import Persona
from app.agents.schema import ScriptFile
from app.conversation.exchange import lines
from app.documents import read_schema


def persona(name: str = "mira") -> Persona:
    agent = load_agent(name, print)
    assert isinstance(agent, Persona)
    return agent


def chat(agent: Persona, turns: list[str]) -> list[str]:
    state, said = agent.start(), []
    for heard in turns:
        reply = agent.reply(state, heard)
        said.append(" ".join(reply.pieces))
        state = agent.settle(reply.state, plain_and_marks(said[-1])[0])
    return said


def test_every_bundled_agent_loads_and_speaks_only_marks_that_exist() -> None:
    assert {"mira", "theo", "interview", "wizard"} <= set(agent_files())
    assert len(choices()) == len(agent_files())
    for path in PERSONAS.glob("*.yaml"):
        agent = load_agent(path, print)
        text = " ".join(re.findall(r'"[^"\n]*"', path.read_text("utf-8")))
        assert agent.name and agent.voice.pool
        for found in text.split("[")[1:]:
            mark = "[" + found.split("]")[0] + "]"
            if found[0].isalpha() and "," not in mark and "en-" not in mark and len(mark) < 16:
                assert plain_and_marks(f"{mark} x")[1], f"{mark} in {path}"


def test_answers_the_question_that_was_asked() -> None:
    said = chat(
        persona(),
        ["what's your name?", "Robert", "how do you work", "yes please", "are you a real person?", "tell me a joke"],
    )
    assert "Mira" in said[0] and "What is your name?" in said[0]
    assert "Nice to meet you, Robert" in said[1]
    assert "paper" in said[3]
    assert "program" in said[4]
    assert "loudspeaker" in said[5]


def test_a_name_is_taken_only_where_it_can_be_one() -> None:
    assert "Anna" in chat(persona(), ["my name is anna"])[0]
    assert "Record" not in chat(persona(), ["my name is record"])[0]  # a word of its own: misheard


def test_the_tour_goes_on_step_by_step_and_can_be_left() -> None:
    said = chat(persona(), ["give me a tour", "go on", "what is your name", "next please", "show me around"])
    assert "two heads" in said[0] and "lips" in said[1] and "Mira" in said[2]
    assert "interrupt me" in said[4]


def test_five_minutes_of_small_talk_repeat_little_and_never_break() -> None:
    heard = [
        "hello", "i am fine", "cooking and reading", "no", "berlin", "rain", "yes", "bread", "to the sea", "no", "yes",
        "i build houses", "the parliament voted", "my bicycle is blue", "go on", "tell me more", "okay", "no", "haha",
        "what do you like", "do you like music", "how old are you", "where do you live", "tell me a joke", "another joke",
        "thank you", "are you a robot", "do you dream", "are you recording me", "the weather is nice today", "you are funny",
        "what can i ask", "say a tongue twister", "yes", "who made you", "can you hear me", "hm", "xyzzy", "", "what now",
    ]  # fmt: skip
    said = chat(persona(), heard)
    assert all(said)
    assert len(set(said)) >= 0.85 * len(said)
    assert not any(a == b for a, b in zip(said, said[1:], strict=False))
    assert max(len(line) for line in said) < 400


def test_a_question_that_was_not_heard_waits_for_no_answer() -> None:
    agent = persona()
    reply = agent.reply(agent.start(), "what is your name")
    assert agent.settle(reply.state, "I am Mira. I am the").question == ""
    whole = plain_and_marks(" ".join(reply.pieces))[0]
    assert agent.settle(reply.state, whole).question


def test_the_state_is_a_value() -> None:
    agent = persona()
    state = agent.start()
    first, again = agent.reply(state, "tell me a joke"), agent.reply(state, "tell me a joke")
    assert list(first.pieces) == list(again.pieces) and state == agent.start()


def test_two_personas_talk_with_each_other() -> None:
    said = list(lines((persona("mira"), persona("theo")), 16))
    assert [who for who, _ in said[:4]] == [0, 1, 0, 1]
    assert len({text for _, text in said}) >= 14
    assert sum("did not quite catch" in text or "lost you" in text for _, text in said) <= 2


def test_a_script_takes_the_branch_that_fits() -> None:
    agent = load_agent("interview", print)
    reply = agent.open(agent.start())
    assert "Are you ready" in " ".join(reply.pieces)
    day = agent.reply(reply.state, "yes i am ready")
    assert "How was your day" in " ".join(day.pieces)
    assert "glad" in " ".join(agent.reply(day.state, "it was good").pieces) or "good to hear" in " ".join(
        agent.reply(day.state, "it was good").pieces
    )
    assert "sorry" in " ".join(agent.reply(day.state, "it was terrible").pieces)
    assert "anywhere" in " ".join(agent.reply(day.state, "purple").pieces)
    assert "Take your time" in " ".join(agent.silence(reply.state).pieces)
    wizard = load_agent("wizard", print)
    assert not list(wizard.reply(wizard.start(), "hello").pieces) and wizard.lines


def test_finds_what_is_meant_by_rare_words() -> None:
    phrases = Phrases([("name", "what is your name"), ("work", "how does it work"), ("age", "how old are you")])
    assert phrases.best("so tell me what's your name then")[0] == "name"
    assert phrases.best("what is your name")[1] == pytest.approx(1.0)
    assert phrases.best("purple elephants")[1] == 0
    assert (yes_or_no("yeah sure"), yes_or_no("no thanks"), yes_or_no("purple")) == ("yes", "no", "")


def test_marks_are_found_and_never_spoken() -> None:
    plain, marks = plain_and_marks(
        "[smile] Hello there. [sad 0.4] Oh no! *waves* [laughs] <b>So</b> it is 😀. [pause 9]"
    )
    assert plain == "Hello there. Oh no! So it is ."
    assert [(mark.name, mark.strength) for mark in marks] == [("smile", 1.0), ("sad", 0.4), ("pause", 5.0)]
    assert plain[marks[1].letter :].startswith("Oh")
    assert plain_and_marks("a [b")[0] == "a [b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [", "no readable YAML"),
        ("topics: []\nname: X", "greeting|topics"),
        ("name: X\nfoo: 1", "is no agent"),
        ("- a\n- b", "is no agent"),
        ("\xff\xfe", "is no"),
        ("a: &a [x]\nsteps: *a\nname: X\nstart: y", "aliases"),
        ("name: X\nstart: a\nsteps: {b: {say: [x]}}", "no step 'a'"),
        ("name: X\nstart: a\nsteps: {a: {say: [x], otherwise: c}}", "'c'"),
        ("name: X\nstart: a\nsteps: {a: {say: [x], shout: 1}}", "shout"),
        ("name: X\nlines: !!python/object/apply:os.system ['true']", "no readable YAML"),
        ("name: X\nvoice: {rate: 9999}\nlines: [a]", "rate"),
        ("[" * 5000, "inside each other"),
        ("name: 2026-13-45", "no readable YAML .it holds a value"),
        ("%TAG ! x\n---\nname: X", "directives"),
    ],
)
def test_wrong_files_are_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "agent.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=words) as told:
        load_agent(path, print)
    assert "agent.yaml" in str(told.value)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="mira"):
        load_agent("nobody", print)
    with pytest.raises(FileNotFoundError, match=r"none\.yaml"):
        load_agent(tmp_path / "none.yaml", print)
    large = tmp_path / "large.yaml"
    large.write_text("lines: [" + "a," * 600_000 + "]\nname: X")
    with pytest.raises(ValueError, match="too large"):
        read_schema(large, ScriptFile)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 40_000 + "]" * 40_000, "inside each other"),
        ("[" * 250_000, "inside each other"),
        ("{" * 250_000, "inside each other"),
        ("- " * 125_000, "inside each other"),
        ("".join(" " * depth + "a:\n" for depth in range(690)), "inside each other"),
        ("[" + "a," * 120_000, "too large|entries"),
        ("".join(f"%TAG !{number}! x\n" for number in range(17_000)), "directives"),
    ],
)
def test_nesting_and_masses_end_neither_the_program_nor_the_patience(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "nested.yaml"
    path.write_text(text)
    # In a child: what this is about ends a process.
    reader = (
        "import sys, time\nfrom pathlib import Path\nfrom app.documents import read_yaml\n"
        "begun = time.process_time()\ntry:\n    read_yaml(Path(sys.argv[1]))\nexcept ValueError as error:\n"
        "    print(error)\nprint('seconds', time.process_time() - begun)"
    )
    told = subprocess.run([sys.executable, "-c", reader, path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told
    assert re.search(words, told.stdout) and "nested.yaml" in told.stdout
    assert float(told.stdout.split()[-1]) < 30  # of its own work; quadratic, it takes minutes
