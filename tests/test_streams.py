"""audio_io.devices.streams and devices: real callbacks on virtual devices; lost, stalled and returning devices."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE

# PortAudio reads its devices once a process: each of these runs in a process of its own, on its own sound server.
PRELUDE = """
import os, subprocess, time
import numpy as np
from audio_io.time.clock import Clock
from audio_io.devices.listing import default, devices, find
from audio_io.devices.streams import Duplex
from audio_io.time.tape import Tape, level
from app.bench.virtual import virtual_sound
from tests.conftest import PATIENCE

def pactl(*words):
    return subprocess.run(["pactl", *words], capture_output=True, text=True, check=False).stdout.strip()

def until(condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        duplex.watch()
        if condition():
            return True
        time.sleep(0.05)
    return False

said = []
microphone, agent, clock = Tape(), Tape(), Clock()
with virtual_sound():
    duplex = Duplex(microphone, [agent], clock, said.append)
"""


def alone(body: str) -> None:
    """Run a test's body after the prelude in a new process."""
    code = PRELUDE + "\n".join("    " + line for line in body.strip().splitlines()) + "\n    duplex.close()\n"
    root = Path(__file__).resolve().parents[1]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_loop_through_loudspeaker_and_microphone() -> None:
    alone("""
pactl("load-module", "module-loopback", "source=vspeaker.monitor", "sink=vmic_in", "latency_msec=20")
duplex.open()
assert until(lambda: duplex.device("microphone") and duplex.device("loudspeaker"))
rng = np.random.default_rng(0)
sound = np.convolve(0.4 * rng.standard_normal(16000), np.ones(24) / 24, "same").astype(np.float32)
heard_so_far = []

def comes_back_whole():
    start = int(clock.now()) + 8000
    agent.write(start, sound)
    assert until(lambda: microphone.end > start + 32000)
    heard = microphone.read(start, 32000)
    delay = int(np.argmax(np.abs(np.correlate(heard, sound, "valid"))))
    alike = np.corrcoef(heard[delay:delay + 16000], sound)[0, 1]
    before = level(heard[:max(delay - 400, 1)])
    heard_so_far.append((delay, alike, before))
    return delay < 6400 and alike > 0.9 and before < -40  # the timeline puts it within 400 ms

assert until(comes_back_whole), heard_so_far  # a stream that has just begun, or a busy machine, leaves some out: once more
""")


def test_devices_are_found_by_name_or_their_absence_is_told() -> None:
    alone("""
assert find("microphone", "vmic").name == "vmic"
assert default("loudspeaker") is not None
try:
    find("microphone", "Studio Nine")
except LookupError as error:
    assert "Studio Nine" in str(error) and "vmic" in str(error)
else:
    raise AssertionError("a device that is not there was found")
""")


def test_a_device_plugged_in_later_is_listed_and_can_be_chosen() -> None:
    alone("""
duplex.open()
assert until(lambda: microphone.end > 0)
conf = os.environ["VIRTUAL_AUDIO_DIR"] + "/asoundrc"
extra = 'pcm.late { type pulse device vmic hint { show on description "Late" } }'
open(conf, "a").write(chr(10) + extra + chr(10))
assert "late" not in duplex.present["microphone"]
end = microphone.end
duplex.look_again()
assert until(lambda: "late" in duplex.present["microphone"]), duplex.present
assert until(lambda: microphone.end > end), said  # nothing was interrupted
duplex.choose("microphone", "late")
assert until(lambda: duplex.device("microphone") and duplex.device("microphone").name == "late"), said
end = microphone.end
assert until(lambda: microphone.end > end + 4000), said
""")


def test_a_device_that_settings_name_in_vain_is_told_and_gives_way_to_the_systems_own() -> None:
    alone("""
from app.session.start import give_way
duplex.names = {"microphone": "Studio Nine", "loudspeaker": "SPEAKER"}
duplex.open()
assert until(lambda: all(duplex.present.values())), said
give_way(duplex, said.append)
assert until(lambda: duplex.device("microphone") and duplex.device("loudspeaker")), said
assert duplex.device("loudspeaker").name == "vspeaker"
assert duplex.names == {"microphone": None, "loudspeaker": "SPEAKER"}
assert any("the microphone 'Studio Nine' is not there: the system's own" in text for text in said), said
""")


def test_a_stalled_microphone_is_noticed_told_and_picked_up_again() -> None:
    alone("""
duplex.names = {"microphone": "vmic", "loudspeaker": "vspeaker"}
duplex.open()
assert until(lambda: microphone.end > 0)
assert until(lambda: microphone.end > 56_000), said  # it has run for a while
server = open(os.environ["XDG_RUNTIME_DIR"] + "/pulse/pid").read().strip()
os.kill(int(server), 19)  # the sound server stalls: streams stay "active" and call back no more
noticed = until(lambda: any("is gone" in text for text in said))
os.kill(int(server), 18)
assert noticed, said
assert until(lambda: duplex.device("microphone") and duplex.device("loudspeaker")), said
before = clock.now()
end = microphone.end
assert until(lambda: microphone.end > end + 8000), said
assert clock.now() > before
""")


def test_a_lost_server_is_told_and_a_new_one_picked_up() -> None:
    alone("""
duplex.open()
assert until(lambda: microphone.end > 0)
subprocess.run(["pulseaudio", "--kill"], check=False)
assert until(lambda: any("is gone" in text for text in said)), said
end = microphone.end
now = clock.now()
assert until(lambda: clock.now() > now + 8000)  # the conversation's time goes on
folder = os.environ["XDG_RUNTIME_DIR"]
subprocess.run(
    ["bash", "-c", ". app/bench/virtual_audio.sh; virtual_audio_start"], check=False,
    env=os.environ | {"VIRTUAL_AUDIO_DIR": folder}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
assert until(lambda: microphone.end > end + 16000), said
""")


def test_a_stream_that_never_closes_is_left_behind_and_another_opened() -> None:
    alone("""
from app.bench.virtual import restart_sound
duplex.open()
assert until(lambda: microphone.end > 0)
pulse = os.environ["XDG_RUNTIME_DIR"] + "/pulse"
server = int(open(pulse + "/pid").read())
os.kill(server, 19)  # it hangs for good, its streams never close; another server takes its place
os.unlink(pulse + "/pid")
os.unlink(pulse + "/native")
restart_sound()
assert until(lambda: any("is gone" in text for text in said)), said
assert until(lambda: duplex.device("microphone") and duplex.device("loudspeaker")), said
end, before = microphone.end, clock.now()
assert until(lambda: microphone.end > end + 16000), said
assert clock.now() > before
duplex.close()
os.kill(server, 9)
""")


def test_without_any_device_the_absence_is_told_and_nothing_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    code = """
from audio_io.time.clock import Clock
from audio_io.devices.streams import Duplex
from audio_io.time.tape import Tape
said = []
duplex = Duplex(Tape(), [Tape()], Clock(), said.append)
duplex.open()
for _ in range(3):
    duplex.watch()
assert any("no microphone was found" in t for t in said) and any("no loudspeaker was found" in t for t in said), said
assert duplex.level("microphone") == -120
duplex.close()
"""
    root = Path(__file__).resolve().parents[1]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert result.returncode == 0, result.stderr
