"""app.session.hearing: a Whisper model that is downloaded goes on where it broke off, and is checked."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.session import whisper_files


@contextmanager
def hub(whole: bytes) -> Iterator[tuple[str, list[str | None]]]:
    """Serve bytes of which the first answer breaks off; yield the address and the ranges that were asked for."""
    ranges: list[str | None] = []

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            return

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            ranges.append(asked)
            begin = int(asked.split("=")[1].rstrip("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(whole) - begin))
            self.end_headers()
            self.wfile.write(whole[begin : begin + 3_000_000] if not asked else whole[begin:])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", ranges
    finally:
        server.shutdown()
        server.server_close()


def test_a_download_that_breaks_off_goes_on_and_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bytes(range(256)) * 20_000
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    digest = hashlib.sha256(whole).hexdigest()
    shares: list[float] = []
    with hub(whole) as (address, ranges):
        url = f"{address}/{digest}/tiny.pt"
        monkeypatch.setattr("whisper._MODELS", {"tiny": url, "base": url.replace(digest, "0" * 64)})
        with pytest.raises(OSError, match="goes on where it was"):
            whisper_files.download("tiny", shares.append)
        path = whisper_files.download("tiny", shares.append)
        assert path.read_bytes() == whole and ranges[1] and shares == sorted(shares)
        with pytest.raises(OSError, match="goes on where it was"):
            whisper_files.download("base", shares.append)
        with pytest.raises(OSError, match="damaged"):
            whisper_files.download("base", shares.append)
        assert not (whisper_files.folder() / "base.pt").exists()
