"""app.ending: a process ends when it is asked to, whatever hangs in it, and tidies up where it can."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.bench.virtual import virtual_screen
from tests.conftest import PATIENCE, until

ROOT = Path(__file__).resolve().parents[1]
HANGS = """
import logging, sys, tempfile, threading
from pathlib import Path
from app.ending import end, end_soon, on_signal
folder = tempfile.TemporaryDirectory()
never = threading.Event()
threading.Thread(target=never.wait).start()  # Python would wait for it for ever
"""


def process(body: str, folder: Path) -> "subprocess.Popen[str]":
    """Start a process in which a thread hangs, with temporary files in a folder."""
    return subprocess.Popen(
        [sys.executable, "-c", HANGS + body], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(folder)},
    )  # fmt: skip


def test_it_ends_tidied_up_though_a_thread_hangs(tmp_path: Path) -> None:
    with process("print('told')\nend(3)", tmp_path) as ended:
        said, _ = ended.communicate(timeout=PATIENCE)
    assert (ended.returncode, said) == (3, "told\n")
    assert not list(tmp_path.iterdir())


def test_what_hangs_is_ended_and_logged(tmp_path: Path) -> None:
    hang = f"""
logging.basicConfig(filename={str(tmp_path / "run.log")!r}, level=logging.INFO)
end_soon()
end_soon()
def where_it_hangs():
    never.wait()
where_it_hangs()
"""
    with process(hang, tmp_path) as ended:
        assert ended.wait(PATIENCE) == 1
    assert "where_it_hangs" in (tmp_path / "run.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("close", "code"), [("lambda: end(0)", 0), ("never.wait", 1)])
def test_a_signal_closes_it_whatever_the_main_thread_is_at(
    number: signal.Signals, close: str, code: int, tmp_path: Path
) -> None:
    with process(f"on_signal({close})\nprint('ready', flush=True)\nnever.wait()", tmp_path) as ended:
        assert ended.stdout is not None
        assert ended.stdout.readline() == "ready\n"
        ended.send_signal(number)
        try:
            assert ended.wait(PATIENCE) == code
        finally:
            ended.kill()  # else leaving would wait for ever


@pytest.mark.skipif(sys.platform != "linux", reason="the screen is one of Linux")
def test_the_window_opens_without_a_home_and_closes_when_a_signal_asks(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment = inherited | {"HOME": "/dev/null/home", "PULSE_SERVER": "unix:/nowhere", "TMPDIR": str(tmp_path)}
    with virtual_screen() as display, (tmp_path / "errors").open("w") as errors:
        command = [sys.executable, str(ROOT / "main.py")]
        with subprocess.Popen(command, env=environment | {"DISPLAY": display}, stderr=errors) as window:
            search = ["xdotool", "search", "--onlyvisible", "--name", "DualTalk Live"]
            shown = until(lambda: subprocess.run(search, stdout=subprocess.DEVNULL, check=False).returncode == 0)
            window.send_signal(signal.SIGTERM)
            assert window.wait(PATIENCE) in (0, 1)  # 1 on a machine so busy that it had to be forced
    assert shown
    assert "Traceback" not in (tmp_path / "errors").read_text()
