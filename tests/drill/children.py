"""The voice's and the recogniser's processes: killed, stopped, and ones that answer with anything but an answer."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from audio_io.voices.child import Child
from audio_io.voices.voice import Voice
from inference.recognition.process import Hearing, RecognizerProcess
from tests.drill.counts import Counts, fault_of

_PATIENCE: Final = 600.0  # s until there is a voice again: on a machine that does much else besides
_READY: Final = 20.0
_ANSWER: Final = 3.0
_OK: Final = r"print('{\"ok\": true}', flush=True); import sys, time; sys.stdin.readline()"
# What a process says instead of an answer, behind a good greeting.
_ANSWERS: Final = {
    "garbage": r"print('Segmentation fault')", "nothing": "time.sleep(1000)", "an end": "sys.exit(3)",
    "a list": "print('[1]')", "a number": "print(7)", "null": "print('null')", "text": "print('\"ok\"')",
    "no UTF-8": r"sys.stdout.buffer.write(b'\xff\xfe{\n')", "an empty line": "print()", "half a line": "print('{', end='')",
    "deep lists": "print('[' * 200_000)", "many digits": "print('{\"ok\": ' + '9' * 100_000 + '}')",
    "a refusal": "print('{\"ok\": false}')", "an odd refusal": "print('{\"ok\": [], \"error\": {\"a\": [1]}}')",
    "an endless line": "\nwhile True: sys.stdout.write('x' * 65536)",
    "NUL": r"print('\0' * 100)",
}  # fmt: skip
_SLOW: Final = ("nothing", "an endless line", "half a line")  # wait for the child's patience to end, or fill memory
_GREETINGS: Final = ("garbage", "an end", "a list", "null", "no UTF-8", "a refusal", "deep lists", "an endless line")
_HARMS: Final = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP, "aborted": signal.SIGABRT}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _judge(counts: Counts, name: str, work: Callable[[], str], seconds: float) -> None:
    """Count a piece of work that may fail in words, and within so many seconds."""
    began, before = time.monotonic(), _resident()
    try:
        fault, _, told = work().partition(": ")
    except Exception as error:  # which of them are faults is what the drill finds out
        fault, told = fault_of(error, ""), f"{type(error).__name__}: {error}"
    if not fault and time.monotonic() - began > seconds:
        fault, told = "hangs", f"took {time.monotonic() - began:.0f} s"
    if not fault and _resident() - before > 1 << 30:
        fault, told = "over_memory", f"took {_resident() - before >> 20} MB"
    counts.add(name, fault, told)


def _answered(script: str) -> str:
    child = Child([sys.executable, "-c", script]).ready(_READY)
    try:
        child.ask({"text": "hello"}, _ANSWER)
    finally:
        child.kill()
    return "wrong: it was taken for an answer"


def _odd_processes(counts: Counts, quick: bool) -> None:
    for name, script in _ANSWERS.items():
        if quick and name in _SLOW:
            continue
        _judge(counts, f"a child answers {name}", lambda s=script: _answered(f"{_OK}; {s}"), _PATIENCE)
    for name in [] if quick else _GREETINGS:
        script = f"import sys, time; {_ANSWERS[name]}"
        _judge(counts, f"a child greets with {name}", lambda s=script: _answered(s), _PATIENCE)
    _judge(counts, "a child that is not there", lambda: str(Child(["/nowhere/child"]).ready(_READY)), _PATIENCE)


def _harm(pid: int | None, chance: Random, harm: str) -> None:
    if pid is not None:
        time.sleep(chance.choice((0.0, 0.0, 0.05)))
        with suppress(ProcessLookupError):
            os.kill(pid, _HARMS[harm])


def _spoken(voice: Voice, chance: Random, harm: str) -> str:
    voice.speak("Well.")
    _harm(voice.pid, chance, harm)
    after = voice.speak("Nothing is lost.")
    return "" if len(after.audio) > 8000 else "lost: the sentence was not said"


def _voices(counts: Counts, chance: Random, count: int) -> None:
    """Harm the voice's process; it has to speak again, leaving neither process nor file."""
    with Voice() as voice:
        for number in range(count):
            harm = chance.choice(list(_HARMS))
            _judge(counts, f"voice {number}, {harm}", lambda h=harm: _spoken(voice, chance, h), _PATIENCE)


def _heard(process: RecognizerProcess, chance: Random, harm: str) -> str:
    sound = np.zeros(8000, np.float32)
    process.start()
    process.hear(sound)
    _harm(process.pid, chance, harm)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            process.start()
            process.hear(sound)
            process.finish()
        except RuntimeError:
            time.sleep(0.1)  # told, and started again
        else:
            return ""
    return "hangs: it hears no more"


def _recognisers(counts: Counts, chance: Random, count: int) -> None:
    """Harm the recogniser's process; it has to hear again."""
    process = RecognizerProcess(Hearing(phrases=("hello", "how are you")))
    try:
        for number in range(count):
            harm = chance.choice(list(_HARMS))
            _judge(counts, f"recogniser {number}, {harm}", lambda h=harm: _heard(process, chance, h), _PATIENCE)
    finally:
        process.close()


def _recognisers_of_no_model(counts: Counts) -> None:
    with TemporaryDirectory(prefix="drill-") as folder:
        for name, data in (("empty", b""), ("garbage", b"garbage" * 100)):
            path = Path(folder) / f"{name}.pt"
            path.write_bytes(data)
            broken = RecognizerProcess(Hearing(path))
            _judge(counts, f"recogniser of an {name} file", lambda p=broken: f"wrong: {p.text()}", _PATIENCE)
            broken.close()


def drill(count: int, seed: int, quick: bool = False) -> Counts:
    """Harm voice and recogniser so many times each, and ask processes that answer with anything; quick: at once."""
    counts, chance = Counts(), Random(seed)
    _odd_processes(counts, quick)
    _voices(counts, chance, count)
    if not quick:  # to start a recogniser takes longer than all the rest
        _recognisers(counts, chance, count)
        _recognisers_of_no_model(counts)
    return counts
