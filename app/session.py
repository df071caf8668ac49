"""One conversation, built once: clock, tapes, tracks, devices, voice, model, and the loops that move them.

Concurrent here: the sound callbacks (`audio_io.streams`), three loops (devices, speech, animation), and the caller.
Shared mutable state is the clock, the tapes and the tracks alone.
"""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.playback import Playback
from app.speech import Speech
from app.stage import AGENT, USER, Stage
from app.threads import Loop
from audio_io.clock import Clock
from audio_io.streams import Duplex
from audio_io.tape import SAMPLE_RATE, Tape
from audio_io.voice import Voice
from avatar.head import Pose
from avatar.motion import MotionTrack

if TYPE_CHECKING:  # torch is loaded once the window is up
    from inference.streaming import Animator

FRAMES_PER_SECOND: Final = 50
SAMPLE: Final = Path(__file__).resolve().parent.parent / "resources" / "sample"
# Sound callbacks wait for the interpreter at most this long (s); the default lets a drawing window make them late.
_SWITCH_SECONDS: Final = 0.0005
_LEAD_SECONDS: Final = 0.36  # of speech before it sounds, while no model says how much it needs


class Session:
    """The live conversation. Construct, `start`, and `close` at the end.

    say: told in words what happens and what is wrong, from any thread.
    """

    def __init__(self, say: Callable[[str], None], seed: int = 0) -> None:
        self._say, self._seed = say, seed
        self.clock = Clock()
        self.tapes = (Tape(), Tape())
        self.heard = Tape()  # the user's side of recordings: heard, not said
        self.tracks = (MotionTrack(FRAMES_PER_SECOND), MotionTrack(FRAMES_PER_SECOND))
        self.stage = Stage(self.tapes, self.tracks, seed)
        self.devices = Duplex(self.tapes[USER], [self.tapes[AGENT], self.heard], self.clock, say)
        self.voice = Voice()
        self.speech = Speech(self.voice, self.tapes[AGENT], self.clock, self._forget_motion, self._speech_lead)
        self.playback: Playback | None = None
        self.opened = threading.Event()  # set once the devices were looked for
        self._animator: Animator | None = None
        self._loops: list[Loop] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the loops: one opens the devices and watches them, one loads the motion model and runs it."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        for name, step, rest in (
            ("devices", self._watch, 0.2), ("speech", self._speak, 0.02), ("animation", self._animate, 0.002),
        ):  # fmt: skip
            loop = Loop(name, step, rest, self._failed)
            self._loops.append(loop)
            loop.start()

    def _failed(self, name: str, error: Exception) -> None:
        self._say(f"{name}: {error}")

    def _watch(self) -> bool:
        if not self.opened.is_set():
            self.devices.open()
            self.opened.set()
        self.devices.watch()
        return False

    def _speak(self) -> bool:
        playback = self.playback
        if playback and playback.done:
            self.stop_playback()
            self._say("the recording has ended")
        return bool(playback and playback.step()) or self.speech.step()

    def _animate(self) -> bool:
        if self._animator is None:
            self._animator = self._load_animator()
        return self._animator.step()

    def _load_animator(self) -> "Animator":
        import torch

        from inference.duet.model import load_duet
        from inference.streaming import Animator

        torch.set_num_threads(1)  # a second thread would make the small layers slower, and the sound wait
        return Animator(load_duet(), self.clock, self.tapes, self.tracks, seed=self._seed)

    @property
    def ready(self) -> bool:
        """Whether the motion model is loaded."""
        return self._animator is not None

    def _speech_lead(self) -> float:
        return self._animator.speech_lead if self._animator else _LEAD_SECONDS

    def _forget_motion(self, sample: int) -> None:
        if self._animator is not None:
            self._animator.forget(sample)

    @property
    def user_delay(self) -> float:
        """Samples by which the user's face is shown late; a recording's is known ahead and is not."""
        if self.playback or self._animator is None:
            return 0.0
        return self._animator.user_delay

    def poses(self, facing: str, ahead: float) -> list[Pose]:
        """Return both faces, user first, as they shall be `ahead` seconds from now, when they are on the screen."""
        now = self.clock.now() + ahead * SAMPLE_RATE
        return [self.stage.pose(USER, now, facing, self.user_delay), self.stage.pose(AGENT, now, facing)]

    def listen(self, on: bool) -> None:
        """Let the microphone be heard by the conversation, or not."""
        self.devices.muted = not on

    def play(self, own: Path, partner: Path) -> None:
        """Play two recordings as the conversation; raise ValueError where one holds no sound."""
        playback = Playback(own, partner, self.tapes, self.heard, self.clock)
        self.stop_playback()
        self.speech.stop()
        self._listening = not self.devices.muted
        self.devices.muted = True
        self.playback = playback

    def stop_playback(self) -> None:
        """End the recordings; the microphone is heard again if it was before."""
        with self._lock:
            if self.playback is None:
                return
            self.playback.stop()
            self.playback = None
            now = int(self.clock.now())
            for tape in (*self.tapes, self.heard):
                tape.forget(now)
            for track in self.tracks:
                track.forget(now)
            self._forget_motion(now)
            self.devices.muted = not self._listening

    def close(self) -> None:
        """Stop the loops, the voice and the devices."""
        for loop in self._loops:
            loop.stop()
        self.devices.close()
        self.voice.close()
