"""One open stream: the callback that joins a device to its block function, and the calls a driver may never return from."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from audio_io.devices.blocks import Player, Recorder
from audio_io.devices.library import portaudio
from audio_io.devices.listing import Device

STALL_SECONDS: Final = 0.7  # without a callback for so long a running stream is taken for lost
_START_SECONDS: Final = 3.0  # the first callbacks may come late and with gaps
_BLOCK_SECONDS: Final = 0.01
# s of sound that the loudspeaker holds, against gaps when the machine is busy; the clock knows of it.
_OUTPUT_LATENCY: Final = 0.1


@dataclass
class Opened:
    """An open stream of one copy of PortAudio: when it was opened and when it last called back (monotonic s).

    over: set when it is given up, so that a stalled one that wakes again touches neither tapes nor clock.
    """

    device: Device
    side: Player | Recorder
    opened: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)
    over: bool = False
    _stream: Any = None
    _library: Any = None  # the copy that it was opened with, whichever is in use by now
    _lock: threading.Lock = field(default_factory=threading.Lock)  # PortAudio's calls on one stream, one at a time

    def start(self, make: Callable[..., Any], **form: Any) -> None:
        """Make the stream, and let it call back. Raises PortAudioError."""
        size = int(self.device.rate * _BLOCK_SECONDS)
        with self._lock:
            self._library = portaudio()._lib
            self._stream = make(
                samplerate=self.device.rate, blocksize=size, device=self.device.index, dtype="float32",
                channels=min(2, self.device.channels), **form,
            )  # fmt: skip
            try:
                self._start()
            except Exception:  # whatever it was is raised on; an opened stream would keep the device
                self._library.Pa_CloseStream(self._stream._ptr)
                raise

    def _start(self) -> None:
        portaudio()._check(self._library.Pa_StartStream(self._stream._ptr), "it does not start")

    @property
    def latency(self) -> float:
        """The latency that the driver says the stream has (s)."""
        return float(self._stream.latency)

    def lost(self, now: float) -> bool:
        """Tell whether it no longer calls back."""
        patience = STALL_SECONDS if now - self.opened > _START_SECONDS else _START_SECONDS
        if now - self.last > patience:
            return True
        if not self._lock.acquire(blocking=False):
            return False  # it is just being restarted
        try:
            return bool(self._library.Pa_IsStreamActive(self._stream._ptr) != 1)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Give the device back; a stalled driver may never return from this."""
        self.over = True
        with self._lock:
            self._library.Pa_AbortStream(self._stream._ptr)  # to stop would wait for what was not played yet
            self._library.Pa_CloseStream(self._stream._ptr)

    def drop(self) -> None:
        """Drop what the device was given and has not sounded, and begin anew."""
        with self._lock:
            if self.over:
                return
            self._library.Pa_AbortStream(self._stream._ptr)
            if isinstance(self.side, Player):
                self.side.restart()
            self.last = time.monotonic()
            self._start()


def open_loudspeaker(device: Device, player: Player, dropped: Callable[[], None]) -> Opened:
    """Play what `player` gives; dropped: told each time that the loudspeaker had to wait. Raises PortAudioError."""
    library, opened = portaudio(), Opened(device, player)

    def play(out: Any, frames: int, times: Any, status: Any) -> None:
        if opened.over:
            out.fill(0)
            raise library.CallbackAbort
        if status.output_underflow:
            dropped()
        now = time.monotonic()
        ahead = times.outputBufferDacTime - times.currentTime
        out[:] = player.block(frames, now + (ahead if ahead > 0 else opened.latency))[:, None]
        opened.last = now

    opened.start(library.OutputStream, callback=play, latency=_OUTPUT_LATENCY)
    return opened


def open_microphone(device: Device, recorder: Recorder, muted: Callable[[], bool]) -> Opened:
    """Give `recorder` what is captured. Raises PortAudioError."""
    library, opened = portaudio(), Opened(device, recorder)

    def record(block: Any, _frames: int, times: Any, _status: Any) -> None:
        if opened.over:
            raise library.CallbackAbort
        now = time.monotonic()
        ago = times.currentTime - times.inputBufferAdcTime
        recorder.block(block.mean(1), now - (ago if 0 < ago < 1 else opened.latency), muted())
        opened.last = now

    opened.start(library.InputStream, callback=record, latency="low")
    return opened
