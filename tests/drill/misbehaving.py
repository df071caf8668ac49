"""A language model server on loopback that misbehaves in as many ways as there are, the path saying which."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_GIVEN_UP: Final = 150.0  # s


class Handler(BaseHTTPRequestHandler):
    """Answers as the first part of the path says."""

    server: "Loopback"

    def log_message(self, *_arguments: object) -> None:
        return

    def do_GET(self) -> None:
        self.server.keys.append(self.headers.get("Authorization", ""))
        way = self.path.split("/")[1]
        body = MODELS.get(way, json.dumps({"object": "list", "data": [{"id": "m", "object": "model", "created": 0}]}))
        self.begin(200, "application/json")
        self._send(body.encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        way = self.path.split("/")[1]
        if way == "elsewhere":
            self.server.strangers.append(self.headers.get("Authorization", ""))
        try:
            WAYS.get(way, _well)(self)
        except OSError:
            return  # nobody waits any more

    def begin(self, code: int, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def _send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def stream(self) -> None:
        self.begin(200, "text/event-stream")

    def say(self, content: object) -> None:
        choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        self._send(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def end(self) -> None:
        self._send(b"data: [DONE]\n\n")

    def raw(self, data: bytes) -> None:
        self._send(data)


class Loopback(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys: list[str] = []
        self.strangers: list[str] = []
        self.closing = threading.Event()

    def handle_error(self, *_arguments: object) -> None:
        return


def _well(handler: Handler) -> None:
    handler.stream()
    for word in ["Well,", " that", " is", " a", " story.", " It", " was", " long."]:
        handler.say(word)
    handler.end()


def _refuses(handler: Handler) -> None:
    handler.send_error(500, "out of memory")


def _denies(handler: Handler) -> None:
    """Refuse, and repeat the key."""
    sent = handler.headers.get("Authorization", "")
    handler.begin(401, "application/json")
    handler.raw(json.dumps({"error": {"message": f"Incorrect API key provided: {sent}", "code": "invalid"}}).encode())


def _silent(handler: Handler) -> None:
    handler.server.closing.wait(_GIVEN_UP)


def _silent_stream(handler: Handler) -> None:
    handler.stream()
    handler.server.closing.wait(_GIVEN_UP)


def _breaks_off(handler: Handler) -> None:
    handler.stream()
    for word in ("One ", "two ", "three. ", "Four "):
        handler.say(word)


def _no_punctuation(handler: Handler) -> None:
    handler.stream()
    for _ in range(200):
        handler.say("word " * 1000)
    handler.end()


def _no_blank(handler: Handler) -> None:
    handler.stream()
    handler.say("x" * 1_000_000)
    handler.end()


def _small_pieces(handler: Handler) -> None:
    handler.stream()
    for _ in range(30_000):
        handler.say("a")
    handler.end()


def _now_and_then(handler: Handler, seconds: float, send: Callable[[], None]) -> None:
    handler.stream()
    for _ in range(50):
        if handler.server.closing.wait(seconds):
            return
        send()
    handler.end()


def _slow(handler: Handler) -> None:
    _now_and_then(handler, 2.5, lambda: handler.say("slow "))


def _keeps_alive(handler: Handler) -> None:
    _now_and_then(handler, 1.0, lambda: handler.raw(b": keep-alive\n\n"))


def _no_json(handler: Handler) -> None:
    handler.stream()
    handler.raw(b"data: {not json\n\n")


def _other_types(handler: Handler) -> None:
    handler.stream()
    for content in (3, ["a"], {"text": "b"}, None, True):
        handler.say(content)
    handler.raw(b'data: {"choices": [{"delta": null}]}\n\ndata: {"choices": 3}\n\ndata: []\n\n')
    handler.end()


def _control_letters(handler: Handler) -> None:
    handler.stream()
    handler.say("Hello \x1b[31m\x00\x07 there. \u202e\u2066 " + "�" * 20)
    handler.end()


def _for_ever(handler: Handler) -> None:
    handler.stream()
    end = time.monotonic() + _GIVEN_UP
    while time.monotonic() < end:
        handler.say("And on it goes, again and again. ")


def _elsewhere(handler: Handler) -> None:
    """Send the request to another host."""
    handler.send_response(307)
    handler.send_header("Location", f"http://localhost:{handler.server.server_port}/elsewhere/v1/chat/completions")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _round_and_round(handler: Handler) -> None:
    handler.send_response(307)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _one_line(handler: Handler) -> None:
    """A line of 64 MB that never ends."""
    handler.stream()
    handler.raw(b"data: ")
    for _ in range(64):
        handler.raw(b"x" * (1 << 20))


def _empty(handler: Handler) -> None:
    handler.stream()
    handler.end()


def _page(handler: Handler) -> None:
    handler.begin(200, "text/html")
    handler.raw(b"<html>Sign in to the conference's network</html>")


WAYS: Final[dict[str, Callable[[Handler], None]]] = {
    "refuses": _refuses, "denies": _denies, "silent": _silent, "silent_stream": _silent_stream, "breaks_off": _breaks_off,
    "no_punctuation": _no_punctuation, "no_blank": _no_blank, "small_pieces": _small_pieces, "slow": _slow,
    "keeps_alive": _keeps_alive, "no_json": _no_json, "other_types": _other_types, "control_letters": _control_letters,
    "for_ever": _for_ever, "sends_elsewhere": _elsewhere, "round_and_round": _round_and_round, "one_line": _one_line,
    "empty": _empty, "page": _page,
}  # fmt: skip
SLOW: Final = frozenset({"slow", "keeps_alive", "silent", "silent_stream"})
# What the list of models says, by path.
MODELS: Final = {
    "list": "[]", "text": "hello", "null": '{"data": null}', "numbers": '{"data": [1, 2]}', "no_names": '{"data": [{}]}',
    "deep": '{"data": ' + "[" * 5000 + "]" * 5000 + "}", "long": json.dumps({"data": [{"id": "x" * 100_000}]}),
}  # fmt: skip
