"""app.conversation.language_model: a real OpenAI-compatible server on loopback, well, slow, down and broken."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.conversation.agents import PERSONAS, load_agent
from app.conversation.language_model import LanguageModel, Server, clauses, local_servers, look
from app.conversation.persona import Persona
from app.conversation.schema import PersonaFile, read_schema
from tests.conftest import PATIENCE

ANSWER = "[smile] Well, my dear friend, that is a long story. It began in spring. Then it rained."
FIRST_CLAUSE = 5  # words


class Handler(BaseHTTPRequestHandler):
    """Streams ANSWER word by word; the server's `way` says how it goes wrong."""

    def log_message(self, *_args: object) -> None:
        return

    def do_GET(self) -> None:
        body = json.dumps({"object": "list", "data": [{"id": "tiny-talker", "object": "model", "created": 0}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Loopback)
        server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if server.way == "error":
            self.send_error(500, "out of memory")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if server.way == "slow":
            server.go.wait(PATIENCE)
        words = ["\x00\x01#%&$§@@@@@@@@@"] if server.way == "garbage" else ANSWER.split(" ")
        for number, word in enumerate(words):
            if server.way == "breaks" and number == 12:
                return
            if server.way == "halts" and number == FIRST_CLAUSE:
                server.go.wait(PATIENCE)
            text = word + " "
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
                     "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}  # fmt: skip
            data = (
                b"data: {not json\n\n" if server.way == "nonsense" else b"data: " + json.dumps(chunk).encode() + b"\n\n"
            )
            try:
                self.wfile.write(data)
                self.wfile.flush()
            except OSError:
                server.left.set()
                return
            time.sleep(0.02)
        self.wfile.write(b"data: [DONE]\n\n")


class Loopback(ThreadingHTTPServer):
    """The server, and what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.way = "well"
        self.asked: list[dict[str, object]] = []
        self.left, self.go = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@pytest.fixture
def server() -> Iterator[Loopback]:
    opened = Loopback()
    threading.Thread(target=opened.serve_forever, daemon=True).start()
    yield opened
    opened.go.set()
    opened.shutdown()
    opened.server_close()


@pytest.fixture
def told() -> list[str]:
    return []


def agent(server: Loopback, told: list[str]) -> LanguageModel:
    persona = Persona(read_schema(PERSONAS / "mira.yaml", PersonaFile))
    return LanguageModel(Server("test", server.address, ("tiny-talker",)), "tiny-talker", persona, None, told.append)


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


@pytest.mark.parametrize("way", ["error", "garbage", "nonsense", "slow"])
def test_the_persona_goes_on_where_the_server_fails(
    server: Loopback, told: list[str], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.conversation.language_model.FIRST_WORD_SECONDS", 0.5)
    server.way = way
    talker = agent(server, told)
    pieces = list(talker.reply(talker.start(), "what is your name").pieces)
    assert "Mira" in pieces[0]
    assert len(told) == 1 and server.address in told[0] and "goes on alone" in told[0]


def test_a_server_that_is_down_or_breaks_off(server: Loopback, told: list[str]) -> None:
    server.way = "breaks"
    talker = agent(server, told)
    pieces = list(talker.reply(talker.start(), "how are you").pieces)
    assert pieces and pieces[0].startswith("[smile] Well")
    server.shutdown()
    server.server_close()
    assert "Mira" in next(iter(talker.reply(talker.start(), "what is your name").pieces))
    assert told


def test_an_answer_that_nobody_waits_for_is_not_generated_to_its_end(server: Loopback, told: list[str]) -> None:
    talker = agent(server, told)
    pieces = iter(talker.reply(talker.start(), "how are you").pieces)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert server.left.wait(PATIENCE)
    assert not told


def test_finds_servers_by_their_models(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.conversation.language_model._LOOK_SECONDS", PATIENCE)
    found = look("here", server.address)
    assert found == Server("here", server.address, ("tiny-talker",))
    assert look("nowhere", "http://127.0.0.1:9/v1") is None
    monkeypatch.setattr("app.conversation.language_model.LOCAL_SERVERS", {"Ollama": server.address})
    assert [server.models for server in local_servers()] == [("tiny-talker",)]
    file = tmp_path / "model.yaml"
    file.write_text(f"name: here\nserver: {server.address}\n")
    assert load_agent(file, print).name == "Mira"
    file.write_text("name: here\nserver: http://127.0.0.1:9/v1\n")
    with pytest.raises(LookupError, match="no language model server answers"):
        load_agent(file, print)


def test_the_key_comes_from_the_environment(server: Loopback, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from app.conversation.language_model import api_key

    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    assert api_key() == "sesame"
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert api_key() == "none"
    assert list(agent(server, told).reply(agent(server, told).start(), "hello").pieces)


def test_splits_a_stream_into_what_can_be_spoken() -> None:
    assert list(clauses(iter(["Yes. ", "It is", " so, and ", "more. End"]))) == ["Yes.", "It is so, and more.", "End"]
    assert list(clauses(iter(["a, b, c"]))) == ["a, b, c"]
    assert list(clauses(iter([]))) == []
