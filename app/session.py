"""One conversation, built once: clock, tapes, tracks, devices, voice, model, and the loops that move them.

Concurrent here: the sound callbacks (`audio_io.streams`), three loops (devices, speech, animation), and the caller.
Shared mutable state is the clock, the tapes and the tracks alone.
"""

import argparse
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.animation import Animation, Offer
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

FRAMES_PER_SECOND: Final = 50
SAMPLE: Final = Path(__file__).resolve().parent.parent / "resources" / "sample"
# Sound callbacks wait for the interpreter at most this long (s); the default lets a drawing window make them late.
_SWITCH_SECONDS: Final = 0.0005


class Session:
    """The live conversation. Construct, `start`, and `close` at the end.

    say: told in words what happens and what is wrong, from any thread; offer: of a motion model that cannot keep up.
    options: how DualTalk runs, see `app.models`.
    """

    def __init__(
        self, say: Callable[[str], None], seed: int = 0, offer: Callable[[Offer], None] = lambda _: None,
        options: argparse.Namespace | None = None,
    ) -> None:  # fmt: skip
        self._say = say
        self.clock = Clock()
        self.tapes = (Tape(), Tape())
        self.heard = Tape()  # the user's side of recordings: heard, not said
        self.tracks = (MotionTrack(FRAMES_PER_SECOND), MotionTrack(FRAMES_PER_SECOND))
        self.stage = Stage(self.tapes, self.tracks, seed)
        self.devices = Duplex(self.tapes[USER], [self.tapes[AGENT], self.heard], self.clock, say)
        self.voice = Voice()
        self.animation = Animation(
            self.clock, self.tapes, self.tracks, seed, say, offer, options or argparse.Namespace()
        )
        self.speech = Speech(
            self.voice, self.tapes[AGENT], self.clock, self.animation.forget, self.animation.speech_lead
        )
        self.playback: Playback | None = None
        self.opened = threading.Event()  # set once the devices were looked for
        self._loops: list[Loop] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the loops: one opens the devices and watches them, one loads the motion model and runs it."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        for name, step, rest in (
            ("devices", self._watch, 0.2), ("speech", self._speak, 0.02), ("animation", self.animation.step, 0.002),
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

    @property
    def ready(self) -> bool:
        """Whether a motion model is loaded."""
        return bool(self.animation.name)

    @property
    def user_delay(self) -> float:
        """Samples by which the user's face is shown late; a recording's is known ahead and is not."""
        return 0.0 if self.playback else self.animation.user_delay

    def poses(self, facing: str, ahead: float) -> list[Pose]:
        """Return both faces, user first, as they shall be `ahead` seconds from now, when they are on the screen."""
        now = self.clock.now() + ahead * SAMPLE_RATE
        return [self.stage.pose(USER, now, facing, self.user_delay), self.stage.pose(AGENT, now, facing)]

    def listen(self, on: bool) -> None:
        """Let the microphone be heard by the conversation, or not."""
        self.devices.muted = not on

    def play(self, own: Path, partner: Path) -> None:
        """Play two recordings as the conversation; raise ValueError where one holds no sound."""
        playback = Playback(own, partner, self.tapes, self.heard, self.clock, self.animation.speech_lead)
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
            self.animation.forget(now)
            self.devices.muted = not self._listening

    def close(self) -> None:
        """Stop the loops, the voice and the devices."""
        for loop in self._loops:
            loop.stop()
        self.devices.close()
        self.voice.close()
