"""A talk of two voices and faces whose clock a hand moves, to be recorded; and a program that records until it is killed."""

from pathlib import Path

import numpy as np

from app.timeline.recording import Recording
from app.timeline.timeline import Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.motion import MotionTrack
from tests.conftest import HandTime

ROOT = Path(__file__).resolve().parents[1]


WRITER = """
import itertools, sys
import numpy as np
from pathlib import Path
from app.timeline.recording import Recording
from app.timeline.timeline import Timeline
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from avatar.rig.motion import MotionTrack
times = itertools.count(100, 0.02)  # each look at the clock is 20 ms later, however busy the machine is
clock, tapes, tracks = Clock(lambda: next(times)), [Tape() for _ in range(4)], (MotionTrack(50), MotionTrack(50))
names = ("user_raw", "user", "agent_raw", "agent")
timeline = Timeline(dict(zip(names, tapes)), tracks)
recording = Recording(Path(sys.argv[1]), timeline, clock, {"seed": 3}, print)
number = 0
while len(sys.argv) < 3 or sys.stdin.read(1):
    now = int(clock.now())
    for tape in tapes:
        tape.write(now, np.full(32_000, 0.25, np.float32))
    for track in tracks:
        track.write(now // 320, np.full((100, 56), 0.1, np.float32))
    timeline.note("began", now, turn=number)
    timeline.note("turn", now, turn=number, text="how does it work")
    recording.step()
    number += 1
"""


class Session:
    """Two voices, two faces and a clock that a hand moves."""

    def __init__(self, clock: Clock, speech: np.ndarray) -> None:
        rng = np.random.default_rng(0)
        self.clock, self.tapes, self.tracks = clock, (Tape(), Tape()), (MotionTrack(50), MotionTrack(50))
        self.failed: list[str] = []
        for tape, shift in zip(self.tapes, (0, 60_000), strict=True):
            tape.write(0, speech[shift : shift + 96_000])
        for track in self.tracks:
            track.write(0, np.cumsum(rng.normal(size=(300, 56)), 0).astype(np.float32) * 0.01)

        voices = {"user_raw": self.tapes[0], "user": self.tapes[0], "agent_raw": self.tapes[1], "agent": self.tapes[1]}
        self.timeline = Timeline(voices, self.tracks, ("agent",))

    def recording(self, folder: Path, spare: Path | None = None) -> Recording:
        facts = {"seed": 5}
        if spare is None:
            return Recording(folder, self.timeline, self.clock, facts, self.failed.append)
        return Recording(folder, self.timeline, self.clock, facts, self.failed.append, lambda: spare)


def steps(recording: Recording, hand_time: HandTime, count: int) -> None:
    for _ in range(count):
        hand_time.now += 0.25
        recording.step()


def recorded(session: Session, hand_time: HandTime, folder: Path) -> Recording:
    timeline = session.timeline
    timeline.note("turn", 0, turn=0, text="said before anybody agreed")
    timeline.state("heads", 0, names=("theo", "mira"), identities=((), ()))
    timeline.state("basis", 0, name="named")
    recording = session.recording(folder)
    timeline.note("delay", recording.start, samples=1440)
    timeline.note("affect", 16_000, name="smile", strength=0.8)
    timeline.note("turn", 30_000, turn=1, text="how does it work")
    timeline.state("dials", 40_000, blinks=2.0, contact=0.5)
    timeline.note("said", 60_000, text="Quite well.", whole="Quite well. Thank you.")
    steps(recording, hand_time, 22)
    recording.close()
    return recording
