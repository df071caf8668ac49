"""A language model's server on loopback, which answers in every wrong way there is."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.conftest import PATIENCE

ANSWER = "[smile] Well, my dear friend, that is a long story. It began in spring. Then it rained."
# What each way of answering sends, piece by piece; none where nothing of it reaches the answer.
PIECES = {
    "garbage": ["\x00\x01#%&$§@@@@@@@@@"],
    "endless": ["word " * 200_000],
    "endless without blanks": ["x" * 1_000_000],
    "blanks": [" " * 1000] * 100,
    "hangs": ["Well"],
    "hangs later": ["Well, my dear friend, it is ", "so"],
    "echo in the answer": ["Your key is ", "sesame-open-the-door", ", is it not?"],
    "bidi": ["Come \u202e here, my\u200b dear friend, and sit. "],
}
FIRST_CLAUSE = 5  # words
STATUS = {"error": 500, "forbidden": 401, "unknown": 404, "busy": 429}


class Handler(BaseHTTPRequestHandler):
    """Streams ANSWER word by word; the server's `way` says how it goes wrong."""

    def log_message(self, *_args: object) -> None:
        return

    def do_GET(self) -> None:
        self.loopback.headers.append(dict(self.headers))
        data = [{"id": name, "object": "model", "created": 0} for name in self.loopback.models]
        body = json.dumps({"object": "list", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def loopback(self) -> "Loopback":
        assert isinstance(self.server, Loopback)
        return self.server

    def do_POST(self) -> None:
        server = self.loopback
        server.headers.append(dict(self.headers))
        server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.path == "/tool":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"It is open until {server.asked[-1].get('day')}.".encode())
            return
        if server.way in STATUS:
            self.send_error(STATUS[server.way], f"out of memory; you sent {self.headers['Authorization']}")
        elif server.way == "redirect":
            self.send_response(307)
            self.send_header("Location", server.elsewhere)
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                self.stream(server)
            except OSError:
                server.left.set()

    def call(self, server: "Loopback") -> None:
        """Ask for a tool to be used, its arguments in two pieces."""
        name, arguments = server.calls.pop(0)
        half = len(arguments) // 2
        for piece in (
            {"index": 0, "id": "call-1", "type": "function", "function": {"name": name, "arguments": arguments[:half]}},
            {"index": 0, "function": {"arguments": arguments[half:]}},
        ):
            chunk = {"choices": [{"index": 0, "delta": {"tool_calls": [piece]}, "finish_reason": None}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.write(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}\n\n')

    def stream(self, server: "Loopback") -> None:
        if server.calls:
            self.call(server)
            return
        words = PIECES.get(server.way, [word + " " for word in ANSWER.split(" ")])
        for number, word in enumerate(words):
            if server.way == "breaks" and number == 12:
                return
            if server.way == "silent":
                break
            if server.way == "halts" and number == FIRST_CLAUSE:
                server.go.wait(PATIENCE)
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
                     "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}  # fmt: skip
            if server.way == "says error":
                chunk = {"error": {"message": f"no such key: {self.headers['Authorization']}"}}
            data = b"{not json" if server.way == "nonsense" else json.dumps(chunk).encode()
            self.wfile.write(b"data: " + data + b"\n\n")
            self.wfile.flush()
            time.sleep(0.02)
        while server.way in ("silent", "hangs", "hangs later") and not server.ended.is_set():
            self.wfile.write(b": keep-alive\n\n")
            self.wfile.flush()
            time.sleep(0.02)
        self.wfile.write(b"data: [DONE]\n\n")


class Loopback(ThreadingHTTPServer):
    """The server, what it was asked and with which headers, and whether a stream of it was left."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.way, self.elsewhere = "well", ""
        self.models = ["tiny-talker"]
        self.calls: list[tuple[str, str]] = []  # of tools, each an answer of its own before the text
        self.asked: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.left, self.go, self.ended = threading.Event(), threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def close(self) -> None:
        self.go.set()
        self.ended.set()
        self.shutdown()
        self.server_close()
