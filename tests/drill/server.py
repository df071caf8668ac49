"""The sound server's drill: it is killed again and again; each time both devices have to come back, and the program to end.

`kills` runs the trials in a process of their own, for PortAudio's state is a process's.
"""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from app.bench.virtual import kill_sound, restart_sound, virtual_sound
from audio_io.devices.streams import Duplex
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape, level

_PATIENCE: Final = 60.0  # s that a busy machine may take to come back
_END_SECONDS: Final = 5.0  # in which the process has to end, whatever hangs
_HEARD: Final = -40.0  # dB of the tone at the microphone
_ROOT: Final = Path(__file__).resolve().parents[2]


def kills(count: int = 50, seed: int = 0, progress: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Kill the virtual sound server `count` times; return how often the microphone (`deaf`) or the loudspeaker (`mute`) did
    not come back, and whether the process did not end after it was closed (`hung`)."""
    command = [sys.executable, "-m", "tests.drill.server", str(count), str(seed)]
    found = {"trials": 0, "deaf": 0, "mute": 0, "hung": 0}
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as trials:
        assert trials.stdout is not None
        for line in trials.stdout:
            progress(line.strip())
            told = json.loads(line)
            if "closing" in told:
                break
            found["trials"] += 1
            found["deaf"] += told["deaf"]
            found["mute"] += told["mute"]
        try:
            trials.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            found["hung"] += 1
            trials.kill()
    return found


class _Loop:
    """A tone through a real loudspeaker into a real microphone, both watched as the program watches them."""

    def __init__(self) -> None:
        self._clock, self._microphone, self._agent = Clock(), Tape(), Tape()
        self.said: list[str] = []
        self.duplex = Duplex(self._microphone, [self._agent], self._clock, self.said.append)
        self._tone = (0.3 * np.sin(np.arange(SAMPLE_RATE // 5) * 2 * np.pi * 440 / SAMPLE_RATE)).astype(np.float32)
        self._told = 0
        self.duplex.open()

    def live(self, until: Callable[[], bool], seconds: float) -> bool:
        """Let time go on, the tone with it, until something is so; return whether it came to be."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.duplex.watch()
            now = int(self._clock.now())
            while self._agent.end < now + SAMPLE_RATE:
                self._agent.write(max(self._agent.end, now), self._tone)
            if until():
                return True
            time.sleep(0.05)
        return False

    def hearing(self) -> Callable[[], bool]:
        """Return what tells whether the microphone has taken a second more than now."""
        begin = self._microphone.end
        return lambda: self._microphone.end > begin + SAMPLE_RATE

    def heard(self) -> bool:
        """Tell whether the tone came back just now."""
        return level(self._microphone.read(self._microphone.end - SAMPLE_RATE // 2, SAMPLE_RATE // 2)) > _HEARD

    def trial(self, chance: random.Random) -> dict[str, object]:
        """Kill the server, now and then again while it is coming back, and wait for both devices."""
        begun = time.monotonic()
        for _ in range(chance.choice((1, 1, 2))):
            self.live(lambda: False, chance.uniform(0, 2.5))
            kill_sound()
            self.live(lambda: False, chance.uniform(0, 2.5))
            restart_sound()
        _loop_back()
        deaf = not self.live(self.hearing(), _PATIENCE)
        mute = not deaf and not self.live(self.heard, _PATIENCE)
        aside = sum(thread.name == "sound-aside" for thread in threading.enumerate())
        return {"deaf": deaf, "mute": mute, "seconds": round(time.monotonic() - begun, 1), "aside": aside}


def _loop_back() -> None:
    """Lead the loudspeaker's sound into the microphone."""
    loop = ["module-loopback", "source=vspeaker.monitor", "sink=vmic_in", "latency_msec=20"]
    subprocess.run(["pactl", "load-module", *loop], check=True, stdout=subprocess.DEVNULL)


def _run(count: int, seed: int) -> None:
    chance = random.Random(seed)
    with virtual_sound():
        _loop_back()
        loop = _Loop()
        for _ in range(count):
            print(json.dumps(loop.trial(chance)), flush=True)
    print(json.dumps({"closing": True}), flush=True)
    loop.duplex.close()


if __name__ == "__main__":
    _run(int(sys.argv[1]), int(sys.argv[2]))
