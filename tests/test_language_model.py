"""app.agents.language_model: a real OpenAI-compatible server on loopback, well, slow, down and broken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.agents.agents import PERSONAS, load_agent
from app.agents.language_model import language_model
from app.agents.language_model.clauses import clauses
from app.agents.language_model.language_model import LanguageModel
from app.agents.language_model.server import Server, ServerError, key_for, local_servers, look, plain
from app.agents.persona.persona import Persona
from app.agents.schema import PersonaFile
from app.documents import read_schema
from app.errors import MissingError
from audio_io.notice import Trouble
from tests.conftest import until
from tests.loopback_model import ANSWER, Loopback


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setattr(language_model, "FIRST_CLAUSE_SECONDS", 60.0)  # a machine may be busy
    monkeypatch.setattr(language_model, "NEXT_CLAUSE_SECONDS", 60.0)
    monkeypatch.setattr(language_model, "WHOLE_SECONDS", 120.0)
    monkeypatch.setattr("app.agents.language_model.server._LOOK_SECONDS", 30.0)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    opened = Loopback()
    yield opened
    opened.close()


@pytest.fixture
def told() -> list[str]:
    return []


def agent(server: Loopback, told: list[str]) -> LanguageModel:
    persona = Persona(read_schema(PERSONAS / "mira.yaml", PersonaFile))
    return LanguageModel(Server("test", server.address, ("tiny-talker",)), "tiny-talker", persona, None, told.append)


def answered(server: Loopback, told: list[str], heard: str = "what is your name") -> list[str]:
    talker = agent(server, told)
    return list(talker.reply(talker.start(), heard).pieces)


def test_streams_the_first_clause_before_the_rest(server: Loopback, told: list[str]) -> None:
    talker = agent(server, told)
    server.way, pieces = "halts", []
    for piece in talker.reply(talker.start(), "how are you").pieces:
        pieces.append(piece)
        server.go.set()  # the server says no more until the first clause is here
    assert " ".join(pieces) == ANSWER
    assert pieces[0] == "[smile] Well, my dear friend,"
    assert not told


def test_remembers_what_was_heard_and_not_what_was_generated(server: Loopback, told: list[str]) -> None:
    talker = agent(server, told)
    reply = talker.reply(talker.start(), "how are you")
    list(reply.pieces)
    state = talker.settle(reply.state, "Well, my dear")
    list(talker.reply(state, "go on").pieces)
    sent = server.asked[-1]["messages"]
    assert [(m["role"], m["content"]) for m in sent[1:]] == [  # type: ignore[index]
        ("user", "how are you"), ("assistant", "Well, my dear"), ("user", "go on"),
    ]  # fmt: skip
    assert "Mira" in sent[0]["content"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("error", "number 500"), ("forbidden", "the key"), ("unknown", "the model"), ("busy", "too often"),
        ("garbage", "garbage"), ("nonsense", "nonsense"), ("says error", "reports an error"), ("blanks", "said nothing"),
        ("echo in the answer", "its key back"),
    ],
)  # fmt: skip
def test_the_persona_goes_on_where_the_server_fails_in_words_of_ours(
    server: Loopback, told: list[str], way: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sesame-open-the-door")
    monkeypatch.setenv("OPENAI_BASE_URL", server.address)
    server.way = way
    pieces = answered(server, told)
    assert "Mira" in pieces[0]
    assert len(told) == 1 and server.address in told[0] and "goes on alone" in told[0]
    assert isinstance(told[0], Trouble) and reason in told[0]
    assert "sesame" in server.headers[-1]["Authorization"]
    assert "memory" not in told[0] and "sesame" not in " ".join([*told, *pieces])


@pytest.mark.parametrize("way", ["silent", "hangs"])
def test_the_persona_answers_where_the_first_clause_does_not_come(
    server: Loopback, told: list[str], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model, "FIRST_CLAUSE_SECONDS", 0.5)
    server.way = way  # it keeps the connection alive for ever
    assert "Mira" in answered(server, told)[0]
    assert len(told) == 1 and "too slow" in told[0]
    assert until(server.left.is_set)


@pytest.mark.parametrize("limit", ["NEXT_CLAUSE_SECONDS", "WHOLE_SECONDS"])
def test_an_answer_ends_in_time(server: Loopback, told: list[str], limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.way = "hangs later"
    talker = agent(server, told)
    pieces = iter(talker.reply(talker.start(), "how are you").pieces)
    assert next(pieces) == "Well, my dear friend,"
    monkeypatch.setattr(language_model, limit, 0.1)
    assert not list(pieces)
    assert len(told) == 1 and "too slow" in told[0] and "the answer ends there" in told[0]


@pytest.mark.parametrize("way", ["endless", "endless without blanks"])
def test_an_answer_has_an_end_and_so_has_a_clause(server: Loopback, told: list[str], way: str) -> None:
    server.way = way
    pieces = answered(server, told)
    assert 100 < max(map(len, pieces)) <= 200
    assert 400 < sum(map(len, pieces)) <= 700
    assert not told


def test_an_answer_that_breaks_off_is_told(server: Loopback, told: list[str]) -> None:
    server.way = "breaks"
    pieces = answered(server, told, "how are you")
    assert pieces and pieces[0].startswith("[smile] Well")
    assert len(told) == 1 and "broke off" in told[0]


def test_a_server_that_is_down_is_told(server: Loopback, told: list[str]) -> None:
    talker = agent(server, told)
    server.close()
    assert "Mira" in next(iter(talker.reply(talker.start(), "what is your name").pieces))
    assert len(told) == 1 and "nothing answers there" in told[0]


def test_a_redirect_to_another_host_is_refused(server: Loopback, told: list[str]) -> None:
    other = Loopback()
    try:
        server.way, server.elsewhere = "redirect", f"{other.address}/chat/completions"
        assert "Mira" in answered(server, told)[0]
        assert len(told) == 1 and "elsewhere" in told[0]
        assert not other.asked and not other.headers
    finally:
        other.close()


def test_characters_that_do_not_show_are_left_out(server: Loopback, told: list[str]) -> None:
    server.way = "bidi"
    assert " ".join(answered(server, told)) == "Come  here, my dear friend, and sit."


def test_an_answer_that_nobody_waits_for_is_not_generated_to_its_end(server: Loopback, told: list[str]) -> None:
    server.way = "hangs later"
    talker = agent(server, told)
    pieces = iter(talker.reply(talker.start(), "how are you").pieces)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert until(server.left.is_set)
    assert not told


def test_finds_servers_by_their_models(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.models = ["tiny-talker", "two\nlines", "x" * 1000, "\u202eevil"]
    assert look("here", server.address) == Server("here", server.address, ("tiny-talker",))
    assert look("nowhere", "http://127.0.0.1:9/v1") is None
    monkeypatch.setattr("app.agents.language_model.server.LOCAL_SERVERS", {"Ollama": server.address})
    assert [server.models for server in local_servers()] == [("tiny-talker",)]
    file = tmp_path / "model.yaml"
    file.write_text(f"name: here\nserver: {server.address}\n")
    assert load_agent(file, print).name == "Mira"
    file.write_text("name: here\nserver: http://127.0.0.1:9/v1\n")
    with pytest.raises(MissingError, match="no language model server answers"):
        load_agent(file, print)


def test_a_key_goes_only_to_the_address_it_was_given_for(
    server: Loopback, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert key_for("https://api.openai.com/v1/") == "sesame"
    monkeypatch.setattr("app.agents.language_model.server.LOCAL_SERVERS", {"Ollama": server.address})
    assert local_servers()
    file = tmp_path / "model.yaml"
    file.write_text(f"name: here\nserver: {server.address}\n")
    talker = load_agent(file, told.append)
    assert list(talker.reply(talker.start(), "hello").pieces)
    assert len(server.headers) == 3 and not any("Authorization" in headers for headers in server.headers)
    monkeypatch.setenv("OPENAI_BASE_URL", server.address.upper().replace("HTTP", "http").replace("V1", "v1/"))
    assert local_servers() and "Authorization" not in server.headers[-1]
    assert key_for("https://api.openai.com/v1") == ""
    talker = load_agent(file, told.append)
    assert list(talker.reply(talker.start(), "hello").pieces)
    assert [headers["Authorization"] for headers in server.headers[-2:]] == ["Bearer sesame"] * 2


def test_addresses_are_compared_in_one_spelling_and_shown_without_passwords() -> None:
    assert plain("HTTPS://me:sesame@Example.org:443/v1/?key=sesame") == "https://example.org/v1"
    assert plain("http://[::1]:8080/v1") == "http://[::1]:8080/v1"
    for wrong in ("", "example.org/v1", "file:///etc/passwd", "http://", "http://x:y"):
        with pytest.raises(ServerError):
            plain(wrong)


def test_splits_a_stream_into_what_can_be_spoken() -> None:
    assert list(clauses(iter(["Yes. ", "It is", " so, and ", "more. End"]))) == ["Yes.", "It is so, and more.", "End"]
    assert list(clauses(iter(["a, b, c"]))) == ["a, b, c"]
    assert list(clauses(iter([]))) == []


def test_no_clause_is_long_however_the_stream_is_cut() -> None:
    words = "a word and " * 3_000
    for pieces in (iter([words]), iter(words)):  # whole, and letter by letter
        spoken = list(clauses(pieces))
        assert max(map(len, spoken)) <= 200
        assert " ".join(spoken) == words.strip()
