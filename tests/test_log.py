"""app.log, app.errors, `report`: what threads and helpers died of is kept, what people say is not; errors take one line."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app import log
from app.errors import MissingError, in_words
from tests.test_cli import ROOT, run

_BEGIN = """
import logging, sys, threading
from app import log
from audio_io.notice import Notice, Quote, Trouble
"""


def script(text: str, folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a few lines of Python in the project, logs being kept under `folder`."""
    env = os.environ | {"XDG_STATE_HOME": str(folder), "PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-c", _BEGIN + text, *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False, cwd=folder)


def logs(folder: Path) -> list[Path]:
    return sorted(folder.glob("dualtalk-live/log/*"))


def test_what_loops_threads_helpers_and_the_program_die_of_is_kept(tmp_path: Path) -> None:
    ended = script(
        """
from app.session.threads import Loop
from audio_io.voices.child import Child
log.begin("window")
failed = threading.Event()
def step(): raise ValueError("a loop's end")
loop = Loop("listening", step, 0.1, lambda name, error: failed.set())
loop.start(); failed.wait(60); loop.stop(); loop.join(60)
def die(): raise KeyError("a thread's end")
thread = threading.Thread(target=die, name="answer"); thread.start(); thread.join()
try:
    Child([sys.executable, "-c", "raise SystemError('a helper ends')"]).ready(60.0)
except TimeoutError:
    pass
for thread in threading.enumerate():
    if thread.name == "child-errors": thread.join()
raise ZeroDivisionError("the program's end")
""",
        tmp_path,
    )
    (path,) = logs(tmp_path)
    text = path.read_text()
    assert text.startswith("window; Python")
    for words in ("a loop's end", "a thread's end", "SystemError: a helper ends", "the program's end"):
        assert words in text
    assert text.count("Traceback") == 4 and "answer" in text
    assert "Traceback" not in ended.stderr and ended.stderr.count("a fault of the program") == 2


def test_notices_are_kept_and_what_people_say_only_if_asked(tmp_path: Path) -> None:
    lines = """
log.begin("window", bool(sys.argv[1:]))
log.note(Notice("ready")); log.note(Trouble("the microphone is gone")); log.note(Quote("the agent says: my secret"))
log.note_event("typed", 160, {"text": "my\\nsecret", "turn": 3, "name": "Mira"})
"""
    for place, words in (("without", ()), ("with", ("speech",))):
        folder = tmp_path / place
        folder.mkdir()
        assert not script(lines, folder, *words).stderr
        text = logs(folder)[0].read_text()
        assert "INFO MainThread app.log: told: ready" in text and "WARNING" in text and "'turn': 3" in text
        assert text.count("secret") == 2 * len(words)
        assert all(f" {log.SPEECH.name}: " in line for line in text.splitlines() if "secret" in line)


def test_a_few_runs_of_limited_size_are_kept_and_none_without_anything_to_tell(tmp_path: Path) -> None:
    lines = """
log.FILE_BYTES = 2000
log.begin(sys.argv[1])
for number in range(int(sys.argv[2])): log.note(Notice(f"{number} " + 100 * "x"))
"""
    script(lines, tmp_path, "quiet", "0")
    assert not logs(tmp_path)
    for name in "abcdef":
        script(lines, tmp_path, name, "1")
    kept = logs(tmp_path)
    assert len(kept) == log.FILES and [path.name.split("_")[2] for path in kept] == list("bcdef")
    script(lines, tmp_path, "long", "200")
    kept = logs(tmp_path)
    assert len(kept) == log.FILES and all(path.stat().st_size < 2300 for path in kept)
    assert "199 x" in "".join(path.read_text() for path in kept)


@pytest.mark.parametrize(
    "home", [{"XDG_STATE_HOME": "/dev/null/nowhere"}, {"XDG_STATE_HOME": "", "HOME": "/dev/null/nowhere"}]
)
def test_where_nothing_can_be_kept_the_program_goes_on(tmp_path: Path, home: dict[str, str]) -> None:
    lines = 'log.begin("window"); log.note(Trouble("the microphone is gone")); print(log.files(), "goes on")'
    ended = script(lines, tmp_path, **home)
    assert (ended.stdout, ended.stderr) == ("[] goes on\n", "")


def test_a_fault_of_the_program_is_told_as_one_and_not_in_bare_words(tmp_path: Path) -> None:
    lines = """
from app.commands import cli, heads
def broken(options): raise {"missing": cli.MissingError, "words": ValueError}.get(sys.argv[1], KeyError)(sys.argv[1])
heads.run = broken
sys.exit(cli.main(["heads", "-o", "heads.png"]))
"""
    told = {word: script(lines, tmp_path, word) for word in ("missing", "words", "event")}
    assert [ended.returncode for ended in told.values()] == [2, 1, 1]
    assert told["missing"].stderr == "heads: missing\n" and told["words"].stderr == "heads: words\n"
    assert "a fault of the program (KeyError: 'event')" in told["event"].stderr
    assert "Traceback" not in told["event"].stderr and "./run report" in told["event"].stderr
    assert all("Traceback" in path.read_text() for path in logs(tmp_path)) and len(logs(tmp_path)) == 3


def test_errors_in_words() -> None:
    assert in_words(MissingError("there is no head")) == "there is no head"
    assert in_words(LookupError("no microphone")) == "no microphone"
    for fault in (KeyError("event"), IndexError("list index out of range"), TypeError("None"), ValueError()):
        assert in_words(fault).startswith(f"a fault of the program ({type(fault).__name__}")


def test_a_report_holds_log_doctor_and_settings_and_nothing_private(tmp_path: Path) -> None:
    home, state = tmp_path / "home" / "jane", tmp_path / "state"
    home.mkdir(parents=True)
    state.mkdir()
    lines = """
log.begin("window", speech=True)
log.note(Notice(f"recording to {sys.argv[1]}/talk")); log.note(Quote("my secret"))
log.note(Trouble("the key sesame-open-the-door, Bearer abcdef, http://jane:pass@host/ and sk-0123456789abcdef are wrong"))
"""
    environment = {"HOME": str(home), "OPENAI_API_KEY": "sesame-open-the-door"}
    script(lines, state, str(home), **environment)
    path = tmp_path / "report.zip"
    ended = run("report", "-o", path, XDG_STATE_HOME=str(state), XDG_DATA_HOME=str(home / "data"), **environment)
    assert ended.returncode == 0, ended.stderr
    with zipfile.ZipFile(path) as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    assert {"doctor.json", "settings.json"} < set(files) and any(name.startswith("logs/") for name in files)
    assert all(name in ended.stdout for name in files)
    whole = "\n".join(files.values())
    assert "recording to ~/talk" in whole and '"OPENAI_API_KEY"' in files["settings.json"] and "torch" in whole
    for private in (str(home), "secret ", "my secret", "sesame", "abcdef", "jane"):
        assert private not in whole, private
    again = run("report", "-o", path, XDG_STATE_HOME=str(state), **environment)
    assert again.returncode == 2 and "is there already" in again.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "report.zip", "state"]
