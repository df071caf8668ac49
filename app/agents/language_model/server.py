"""OpenAI-compatible servers: which there are, and whose key goes where.

Nothing a server says about itself is passed on: what went wrong is told in words of ours.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

KEY_VARIABLE: Final = "OPENAI_API_KEY"
ADDRESS_VARIABLE: Final = "OPENAI_BASE_URL"
OFFICIAL: Final = "https://api.openai.com/v1"
_KEYRING: Final = "dualtalk-live"
# Where the usual programs listen on this machine.
LOCAL_SERVERS: Final = {
    "Ollama": "http://127.0.0.1:11434/v1", "llama.cpp": "http://127.0.0.1:8080/v1",
    "LM Studio": "http://127.0.0.1:1234/v1", "vLLM": "http://127.0.0.1:8000/v1",
}  # fmt: skip
_LOOK_SECONDS: Final = 0.5  # of silence while it is looked for
_LOOKED_SECONDS: Final = 2.0
_STALLED_SECONDS: Final = 10.0  # without a byte; whoever listens has less patience
MOST_BYTES: Final = 2_000_000  # of an answer, most of which is wrapping
_MOST_MODELS, _LONGEST_NAME = 50, 80


class ServerError(Exception):
    """A server failed; the words are ours, by kind of failure."""


@dataclass(frozen=True)
class Server:
    """An OpenAI-compatible server: its name, address and models."""

    name: str
    address: str
    models: tuple[str, ...]


def plain(address: str) -> str:
    """Return an address to be shown and compared: in one spelling, without a password or query that it may hold.

    Raises ServerError where it is none.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ServerError("its address does not begin with http:// or https:// and a host")
    usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{'' if usual else f':{port}'}{parts.path.rstrip('/')}"


def key_for(address: str) -> str:
    """Return the key that was given for an address, empty where none was.

    The environment's key is for the address in OPENAI_BASE_URL, or else OpenAI's own; the keyring has a key an address.
    """
    wanted, official = plain(address), plain(OFFICIAL)
    key = os.environ.get(KEY_VARIABLE, "")
    if key and wanted == plain(os.environ.get(ADDRESS_VARIABLE) or OFFICIAL):
        return key
    return _kept(wanted) or (_kept(KEY_VARIABLE) if wanted == official else "")


def _kept(name: str) -> str:
    try:
        import keyring

        return keyring.get_password(_KEYRING, name) or ""
    except Exception:  # a machine without a keyring fails in many ways
        return ""


def client(address: str, key: str, seconds: float = _STALLED_SECONDS) -> Any:
    """Return an HTTP client that speaks with one server and no other, with its key if it has one.

    seconds: without a byte after which it gives up. Raises ServerError where the address is none.
    """
    import httpx2 as http  # 0.2 s

    home = http.URL(plain(address))

    def stay(request: Any) -> None:
        if (request.url.scheme, request.url.host, request.url.port) != (home.scheme, home.host, home.port):
            raise ServerError("it sends elsewhere, which is refused")

    return http.Client(
        base_url=address.rstrip("/") + "/", timeout=seconds, follow_redirects=True, event_hooks={"request": [stay]},
        headers={"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {}),
        trust_env=not home.host.startswith("127.") and home.host not in ("localhost", "::1"),  # no proxy to this machine
    )  # fmt: skip


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn whatever the network raises inside into ServerError."""
    import httpx2 as http

    try:
        yield
    except http.ConnectError as error:
        raise ServerError("nothing answers there") from error
    except http.TimeoutException as error:
        raise ServerError("it is silent") from error
    except (http.HTTPError, http.StreamError, http.InvalidURL) as error:
        raise ServerError("its answer broke off") from error


def accept(status: int) -> None:
    """Raise ServerError, in words by kind, where a status is no success."""
    if status in (401, 403):
        raise ServerError(f"it refuses the key: one is given by {KEY_VARIABLE} with {ADDRESS_VARIABLE}, or the keyring")
    if status == 404:
        raise ServerError("it does not know the model, or is no such server")
    if status == 429:
        raise ServerError("it was asked too often, or what was paid for is used up")
    if not 200 <= status < 300:
        raise ServerError(f"it reports an error, number {status}")


def ask(name: str, address: str, key: str = "") -> Server:
    """Return the server at an address, which is told the key, if any; raise ServerError where there is none of use."""
    with client(address, key, _LOOK_SECONDS) as asking, in_our_words(), asking.stream("GET", "models") as answer:
        accept(answer.status_code)
        until, body = time.monotonic() + _LOOKED_SECONDS, bytearray()
        for piece in answer.iter_raw():
            body += piece
            if len(body) > MOST_BYTES or time.monotonic() > until:
                raise ServerError("its answer has no end")
    try:
        listed = [entry["id"] for entry in json.loads(body)["data"]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ServerError("it sent nonsense") from error
    models = tuple(model for model in listed if _is_name(model) and not (key and key in model))[:_MOST_MODELS]
    if not models:
        raise ServerError("it has no model")
    return Server(name, address, models)


def look(name: str, address: str) -> Server | None:
    """Return the server at an address, None where there is none of use. It is told no key."""
    try:
        return ask(name, address)
    except ServerError:
        return None


def _is_name(model: object) -> bool:
    return isinstance(model, str) and 0 < len(model) <= _LONGEST_NAME and model.isprintable()


def local_servers() -> list[Server]:
    """Return the servers on this machine's usual ports. They are told no key: anybody may listen there."""
    with ThreadPoolExecutor(len(LOCAL_SERVERS)) as pool:
        found = pool.map(lambda item: look(*item), LOCAL_SERVERS.items())
    return [server for server in found if server]
