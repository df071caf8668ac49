"""What is heard as the conversation: the microphone, recordings that play, or the microphone for a sound check."""

import threading
from collections.abc import Callable

from app.session.playback import Playback, Replay
from audio_io.devices.streams import Duplex
from audio_io.notice import Notice, Tell

Playing = Playback | Replay


class Source:
    """Says whether the microphone is muted. `step` on one loop, all else from any thread.

    forget: called where recordings end, of which sound is still ahead.
    """

    def __init__(self, devices: Duplex, forget: Callable[[], None], say: Tell) -> None:
        self._devices, self._forget, self._say = devices, forget, say
        self._lock = threading.RLock()  # of the three that follow
        self.playback: Playing | None = None
        self.checking = False  # while the sound is checked, nobody is answered
        self._listening = True  # as the person wants it

    @property
    def replay(self) -> Replay | None:
        """The stored session that plays, if one does."""
        playback = self.playback
        return playback if isinstance(playback, Replay) else None

    @property
    def answered(self) -> bool:
        """Whether what the microphone hears is said to the agent."""
        return self.playback is None and not self.checking

    def step(self) -> bool:
        """Read recordings on, and end them once they have been heard; return whether there was anything to read."""
        playback = self.playback
        if playback and playback.done and self.stop(playback):
            self._say(Notice("the recording has ended"))
        return bool(playback and playback.step())

    def listen(self, on: bool) -> None:
        """Let the microphone be heard by the conversation, or not."""
        with self._lock:
            self._listening = on
            self._mute()

    def check(self, on: bool) -> None:
        """Let the microphone be heard for a sound check, and answer nobody, or end that."""
        with self._lock:
            self.checking = on
            self._mute()

    def _mute(self) -> None:
        self._devices.muted = not self.checking and (self.playback is not None or not self._listening)

    def play(self, playback: Playing, before: Callable[[], None]) -> None:
        """Let recordings be heard from now on, in place of others. before: called once those have ended."""
        with self._lock:
            self.stop()
            before()
            self.playback = playback
            self._mute()

    def stop(self, only: Playing | None = None) -> bool:
        """End the recordings, or `only` these, and return whether they played; the microphone is heard again if it was."""
        with self._lock:
            playback = self.playback
            if playback is None or only not in (None, playback):
                return False
            playback.stop()
            self.playback = None
            self._forget()
            self._mute()
            return True
