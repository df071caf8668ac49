"""audio_io.voices.child: one that does nothing is ended; one that is at work is waited for; what is no answer is none."""

import sys
import threading

import pytest

from audio_io.voices.child import Child
from tests.conftest import PATIENCE

CHILD = """
import json, sys, time
print(json.dumps({"ok": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    time.sleep(asked["idle"])
    end = time.monotonic() + asked["work"]
    while time.monotonic() < end:
        pass
    print(json.dumps({"ok": True, "text": "done"}), flush=True)
"""


@pytest.fixture
def child() -> Child:
    return Child([sys.executable, "-c", CHILD]).ready(PATIENCE)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says what another process has used")
def test_one_that_is_at_work_is_waited_for(child: Child) -> None:
    assert child.ask({"idle": 0, "work": 1.3}, 1.0)["text"] == "done"
    child.kill()


def test_one_that_does_nothing_is_ended(child: Child) -> None:
    with pytest.raises(TimeoutError, match=r"no answer within 0\.2 s"):
        child.ask({"idle": 10 * PATIENCE, "work": 0}, 0.2)
    child.kill()


@pytest.mark.parametrize("said", ["'Segmentation fault'", "'[1]'", "'null'", "'[' * 100_000", "'9' * 2_000_000"])
def test_what_is_no_answer_ends_it(said: str) -> None:
    script = f"import sys; print('{{\"ok\": true}}', flush=True); sys.stdin.readline(); print({said})"
    child = Child([sys.executable, "-c", script]).ready(PATIENCE)
    with pytest.raises(OSError, match="gave no answer but"):
        child.ask({}, PATIENCE)
    child.kill()


def test_one_that_loads_is_ended_by_another_thread() -> None:
    child = Child([sys.executable, "-c", f"import time; time.sleep({10 * PATIENCE})"])
    over: list[Exception] = []

    def wait() -> None:
        try:
            child.ready(5 * PATIENCE)
        except (OSError, ValueError) as error:
            over.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    child.kill()
    waiting.join(PATIENCE)
    assert not waiting.is_alive() and over
