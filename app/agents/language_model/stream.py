"""What an OpenAI-compatible server answers as it streams: text, then calls of tools; and what a tool's address answers."""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.agents.language_model.server import MOST_BYTES, ServerError, accept, client, in_our_words

_MOST_ANSWERED: Final = 20_000  # bytes of a tool's answer
_MOST_CALLS: Final = 8


@dataclass(frozen=True)
class Call:
    """A tool that a language model wants to be used: the call's own name, the tool's, its arguments as JSON."""

    id: str
    name: str
    arguments: str


def streamed(asking: Any, body: dict[str, Any]) -> Generator[str | Call, None, None]:
    """Yield the text of an answer as it comes, empty for what carries none, then the calls of tools; close it to hear no more.

    asking: as `client` returns it. Raises ServerError where the answer fails or breaks off.
    """
    whole, calls = False, dict[int, Call]()
    with in_our_words(), asking.stream("POST", "chat/completions", json=body) as answer:
        accept(answer.status_code)
        for line in _lines(answer.iter_raw()):
            if not line.startswith(b"data:"):
                yield ""  # a line that keeps the connection alive
                continue
            data = line.removeprefix(b"data:").strip()
            if data == b"[DONE]":
                whole = True
                break
            text, ends = _delta(data, calls)
            whole = whole or ends
            yield text
    if not whole:
        raise ServerError("its answer broke off")
    yield from calls.values()


def fetched(address: str, words: dict[str, str]) -> str:
    """Return what the tool at an address answers to a JSON object of words; raise ServerError where it fails."""
    with client(address, "") as asking, in_our_words(), asking.stream("POST", address, json=words) as answer:
        accept(answer.status_code)
        body = bytearray()
        for piece in answer.iter_raw():
            body += piece
            if len(body) > _MOST_ANSWERED:
                raise ServerError("its answer has no end")
    return body.decode("utf-8", "replace")


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    waiting, count = bytearray(), 0
    for piece in pieces:
        count += len(piece)
        if count > MOST_BYTES:
            raise ServerError("its answer has no end")
        *ended, rest = piece.split(b"\n")
        for part in ended:
            yield bytes(waiting + part)
            waiting.clear()
        waiting += rest
    if waiting:
        yield bytes(waiting)


def _delta(data: bytes, calls: dict[int, Call]) -> tuple[str, bool]:
    """Return the text of a piece of an answer, and whether the answer ends with it; add what it says of calls to them."""
    try:
        piece = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ServerError("it sent nonsense") from error
    match piece:
        case {"error": _}:
            raise ServerError("it reports an error")
        case {"choices": [{"delta": {"content": str(text)}} as choice, *_]}:
            _call(choice["delta"], calls)
            return text, bool(choice.get("finish_reason"))
        case {"choices": [dict(choice), *_]}:
            _call(choice.get("delta"), calls)
            return "", bool(choice.get("finish_reason"))
        case {"choices": []}:
            return "", False
    raise ServerError("it sent nonsense")


def _call(delta: Any, calls: dict[int, Call]) -> None:
    """Add what a piece says of calls: each piece has some of a call's arguments, the first its names."""
    pieces = delta.get("tool_calls") if isinstance(delta, dict) else None
    for place, piece in enumerate(pieces if isinstance(pieces, list) else ()):
        match piece:
            case {"function": dict(function)}:
                number = piece.get("index", place)
                if not isinstance(number, int) or (number not in calls and len(calls) >= _MOST_CALLS):
                    raise ServerError("it sent nonsense")
                known = calls.get(number, Call("", "", ""))
                told = (piece.get("id"), function.get("name"), function.get("arguments"))
                name, tool, more = (each if isinstance(each, str) else "" for each in told)
                calls[number] = Call(known.id or name, known.name or tool, known.arguments + more)
            case _:
                raise ServerError("it sent nonsense")
