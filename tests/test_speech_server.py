"""app.conversation.speech_server: a server on loopback speaks; whatever else it does, the system's voice goes on, told once."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile

from app.conversation.voices import speaking
from app.errors import MissingError
from audio_io.notice import Notice
from audio_io.time.tape import level
from audio_io.voices.voice import PYTTSX3, Voice, VoiceSettings

_KEY = "sesame-open-the-door"


def wave(seconds: float = 0.5, rate: int = 24_000) -> bytes:
    """A tone as a WAV file."""
    file = io.BytesIO()
    soundfile.write(file, 0.5 * np.sin(np.arange(round(seconds * rate)) / 10), rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Answers as its server's `way` says."""

    def log_message(self, *_args: object) -> None:
        return

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Loopback)
        server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        server.keys.append(self.headers.get("Authorization", ""))
        if server.way in ("401", "500"):
            self.send_error(int(server.way), f"you sent {self.headers['Authorization']}")
            return
        if server.way == "late":
            server.closing.wait()
            return
        self.send_response(200)
        self.end_headers()
        body = {"well": wave(), "garbage": b"<html>no sound</html>", "nothing": b"", "empty": wave(0)}.get(
            server.way, b""
        )
        self.wfile.write(body if server.way != "cut" else wave()[:30])


class Loopback(ThreadingHTTPServer):
    """A speech server; what it was asked, and with which keys."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.way, self.closing = "well", threading.Event()
        self.asked: list[dict[str, object]] = []
        self.keys: list[str] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_arguments: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Loopback]:
    opened = Loopback()
    threading.Thread(target=opened.serve_forever, daemon=True).start()
    yield opened
    opened.closing.set()
    opened.shutdown()
    opened.server_close()


def test_a_server_speaks_and_is_told_only_its_own_key(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", _KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for mine, command in ((False, speaking(server.address)), (True, speaking(f"{server.address}#kokoro:heart"))):
        if mine:
            monkeypatch.setenv("OPENAI_BASE_URL", server.address)
        with Voice(command, lambda notice: pytest.fail(notice)) as voice:
            spoken = voice.speak("Hello there.", VoiceSettings(rate=330, volume=0.5))
        assert not spoken.timed and len(spoken.words) == 2
        assert len(spoken.audio) == pytest.approx(8000, abs=50) and level(spoken.audio) == pytest.approx(-15, abs=1)
        assert server.keys.pop() == (f"Bearer {_KEY}" if mine else "")
    plain, named = server.asked
    assert plain == {
        "model": "tts-1",
        "voice": "alloy",
        "input": "Hello there.",
        "response_format": "wav",
        "speed": 2.0,
    }
    assert (named["model"], named["voice"]) == ("kokoro", "heart")


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("401", "refuses the key"), ("500", "number 500"), ("garbage", "sent no sound"), ("nothing", "sent no sound"),
        ("empty", "sent no sound"), ("cut", "sent no sound"), ("late", "it is silent"),
    ],
)  # fmt: skip
def test_whatever_else_a_server_does_the_systems_voice_goes_on(
    server: Loopback, way: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", _KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.address)
    server.way = way
    told: list[Notice] = []
    with Voice(speaking(server.address), told.append) as voice:
        assert level(voice.speak("Hello.").audio) > -40 and voice._engine == PYTTSX3
        voice.speak("Again.")
    assert len(told) == 1 and reason in told[0] and "the system's own voice speaks" in told[0] and _KEY not in told[0]


def test_an_address_that_is_none_and_a_server_that_is_gone_are_told() -> None:
    with pytest.raises(MissingError, match="no speech server can be at 'http://'"):
        speaking("http://")
    told: list[Notice] = []
    with Voice(speaking("http://127.0.0.1:9/v1"), told.append) as voice:
        assert len(voice.speak("Hello.").audio)
    assert "nothing answers there" in told[0]
