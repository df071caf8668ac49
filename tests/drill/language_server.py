"""Language model servers on loopback that misbehave, each in its own way, and what the agent makes of it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from app.agents.agents import PERSONAS
from app.agents.language_model.language_model import LanguageModel
from app.agents.language_model.server import KEY_VARIABLE, Server, look
from app.agents.persona.persona import Persona
from app.agents.schema import PersonaFile
from app.documents import read_schema
from tests.drill.counts import Counts, fault_of
from tests.drill.misbehaving import MODELS, SLOW, WAYS, Loopback

KEY: Final = "sk-drill-0123456789"
_LONGEST_CLAUSE: Final = 240  # letters: 200 at a blank, and a word
_LONGEST_ANSWER: Final = 4000
_FIRST_SECONDS: Final = (
    25.0  # on a machine that does much else; a person is not left waiting for more than some seconds
)
_WHOLE_SECONDS: Final = 90.0
_GIVEN_UP: Final = 150.0


@contextmanager
def _listening() -> Iterator[Loopback]:
    opened, before = Loopback(), os.environ.get(KEY_VARIABLE)
    os.environ[KEY_VARIABLE] = KEY
    threading.Thread(target=opened.serve_forever, daemon=True).start()
    try:
        yield opened
    finally:
        opened.closing.set()
        opened.shutdown()
        opened.server_close()
        if before is None:
            os.environ.pop(KEY_VARIABLE, None)
        else:
            os.environ[KEY_VARIABLE] = before


def _answer(server: Loopback, way: str, persona: Persona) -> str:
    """Ask a server of this way; return what is wrong with what came of it, empty where nothing is."""
    told: list[str] = []
    address = f"http://127.0.0.1:{server.server_port}/{way}/v1"
    agent = LanguageModel(Server("drill", address, ("m",)), "m", persona, None, told.append)
    began, first, clauses = time.monotonic(), 0.0, list[str]()
    for clause in agent.reply(agent.start(), "tell me a story").pieces:
        first = first or time.monotonic() - began
        clauses.append(clause)
        if time.monotonic() - began > _GIVEN_UP:
            break
    return _wrong(server, clauses, told, first, time.monotonic() - began)


def _wrong(server: Loopback, clauses: list[str], told: list[str], first: float, whole: float) -> str:
    said = "".join(clauses)
    if not clauses:
        return "lost: neither an answer nor a stand-in was said"
    if any("not foreseen" in text for text in told):
        return f"tracebacks: {told}"
    if first > _FIRST_SECONDS or whole > _WHOLE_SECONDS:
        return f"hangs: {first:.0f} s to the first clause, {whole:.0f} s in all"
    if max(map(len, clauses)) > _LONGEST_CLAUSE or len(said) > _LONGEST_ANSWER:
        return f"wrong: a clause of {max(map(len, clauses))} letters, an answer of {len(said)}"
    if any(KEY in text for text in [*told, said]) or any(KEY in sent for sent in server.strangers):
        return "wrong: the key is shown or went to a stranger"
    odd = [text for text in [*told, said] if any(ord(c) < 32 and c not in "\n\t" for c in text)]
    return f"wrong: control letters in {odd[0][:80]!r}" if odd else ""


def _models(server: Loopback, way: str) -> str:
    found = look("drill", f"http://127.0.0.1:{server.server_port}/{way}/v1")
    names = found.models if found else ()
    odd = [name for name in names if not isinstance(name, str) or len(name) > 1000]
    return f"wrong: it took {str(odd)[:60]} for a model's name" if odd else ""


def _judged(work: Callable[[], str]) -> tuple[str, str]:
    try:
        fault, _, told = work().partition(": ")
    except Exception as error:  # which of them are faults is what the drill finds out
        return fault_of(error, "\0"), f"{type(error).__name__}: {error}"
    return fault, told


def drill(quick: bool) -> Counts:
    """Ask a server of every way, all at once; quick: only those that answer at once."""
    counts = Counts()
    ways = [way for way in WAYS if not (quick and way in SLOW)]
    persona = Persona(read_schema(PERSONAS / "mira.yaml", PersonaFile))
    with _listening() as server, ThreadPoolExecutor(4) as pool:
        answers = {way: pool.submit(_judged, lambda w=way: _answer(server, w, persona)) for way in ways}  # type: ignore[misc]
        lists = {way: pool.submit(_judged, lambda w=way: _models(server, w)) for way in MODELS}  # type: ignore[misc]
        for way, answer in answers.items():
            counts.add(f"a language model's server {way.replace('_', ' ')}", *answer.result())
        for way, models in lists.items():
            counts.add(f"a list of models, {way.replace('_', ' ')}", *models.result())
    return counts
