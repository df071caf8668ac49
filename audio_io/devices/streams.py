"""Microphone and loudspeaker, live: PortAudio callbacks, and a watch that notices a device that is gone or stalled.

Concurrent here: PortAudio's two callback threads, which only call block functions, and whoever calls `Duplex.watch`.
"""

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from audio_io.devices.blocks import Cleaning, Player, Recorder
from audio_io.devices.listing import Device, Kind, devices, find, finish_listing, portaudio, refresh, start_listing
from audio_io.notice import Notice, Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape

STALL_SECONDS: Final = 0.7  # without a callback for so long a running stream is taken for lost
_START_SECONDS: Final = 3.0  # the first callbacks may come late and with gaps
_RETRY_SECONDS: Final = 1.0
_PROBE_SECONDS: Final = 4.0  # between looks by a process of its own, which cost
_CLOSE_SECONDS: Final = 2.0  # a stalled driver may never return from closing
_BLOCK_SECONDS: Final = 0.01
# s of sound that the loudspeaker holds, against gaps when the machine is busy; the clock knows of it.
_OUTPUT_LATENCY: Final = 0.1


@dataclass
class _Running:
    """An open stream: when it was opened and when it last called back (monotonic s)."""

    device: Device
    stream: Any
    side: Player | Recorder
    opened: float
    last: float
    lock: threading.Lock = field(default_factory=threading.Lock)  # PortAudio's calls on one stream, one at a time

    def lost(self, now: float) -> bool:
        patience = STALL_SECONDS if now - self.opened > _START_SECONDS else _START_SECONDS
        return now - self.last > patience or not self.stream.active


def _closing(running: _Running) -> Callable[[], None]:
    def close() -> None:
        with running.lock:
            running.stream.abort()  # `stop` waits for a stalled driver for ever
            running.stream.close()

    return close


def _visible(kind: Kind, name: str | None) -> bool:
    try:
        find(kind, name)
    except LookupError:
        return False
    return True


class Duplex:
    """A microphone and a loudspeaker on one timeline, each there or not. Construct, `open`, call `watch` often, `close`.

    say: told in words of every device found, lost and found again. Names are part of device names; None is the default.
    While `muted` is set the microphone only moves its level. cleaning: how the microphone is freed of echo, if it shall be.
    """

    def __init__(
        self, microphone: Tape, loudspeaker: list[Tape], clock: Clock, say: Tell,
        cleaning: Cleaning | None = None,
    ) -> None:  # fmt: skip
        self._microphone, self._loudspeaker, self._clock, self._say = microphone, loudspeaker, clock, say
        self.cleaning = cleaning
        self.names: dict[Kind, str | None] = {"microphone": None, "loudspeaker": None}
        self.muted = False
        self.dropouts = 0  # times that the loudspeaker had to wait for sound
        self.present: dict[Kind, list[str]] = {"microphone": [], "loudspeaker": []}  # names, as last looked at
        self._running: dict[Kind, _Running] = {}
        self._told: dict[Kind, str] = {}
        self._retry_at = self._probe_at = 0.0
        self._pending: list[threading.Thread] = []
        self._fresh = False
        self._probe: subprocess.Popen[str] | None = None
        self._listings: list[subprocess.Popen[str]] = []
        self._lock = threading.RLock()

    def device(self, kind: Kind) -> Device | None:
        """Return the device in use, None where there is none."""
        running = self._running.get(kind)
        return running.device if running else None

    def level(self, kind: Kind) -> float:
        """Return the level (dB) of the last block of a device, -120 where there is none."""
        running = self._running.get(kind)
        return running.side.level if running else -120.0

    def open(self) -> None:
        """Open what is there; what is missing is said, and tried again by `watch`."""
        with self._lock:
            for kind in ("loudspeaker", "microphone"):  # the loudspeaker first: it moves the clock
                if kind not in self._running:
                    self._open(kind)
                self._list(kind)
            self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _list(self, kind: Kind) -> None:
        with contextlib.suppress(LookupError, OSError):  # told by `_open`
            self.present[kind] = [device.name for device in devices(kind)]

    def _open(self, kind: Kind) -> None:
        try:
            device = find(kind, self.names[kind])
            self._running[kind] = self._start(kind, device)
        except (LookupError, RuntimeError, OSError) as error:
            self._tell(kind, Trouble(error))
        except portaudio().PortAudioError as error:
            self._tell(
                kind,
                Trouble(
                    f"the {kind} {self.names[kind] or ''} cannot be opened ({error}): is another program using it?"
                ),
            )
        else:
            self._tell(kind, Notice(f"{kind}: {device.name}"))

    def _tell(self, kind: Kind, text: Notice) -> None:
        if self._told.get(kind) != text:
            self._told[kind] = text
            self._say(text)

    def _start(self, kind: Kind, device: Device) -> _Running:
        library = portaudio()
        size, opened = int(device.rate * _BLOCK_SECONDS), time.monotonic()
        common = {"samplerate": device.rate, "blocksize": size, "device": device.index, "dtype": "float32"}
        if kind == "loudspeaker":
            played = self.cleaning.played if self.cleaning else None
            player = Player(self._loudspeaker, self._clock, device.rate, played)
            channels = min(2, device.channels)

            def play(out: Any, frames: int, times: Any, status: Any) -> None:
                self.dropouts += bool(status.output_underflow)
                now = time.monotonic()
                ahead = times.outputBufferDacTime - times.currentTime
                out[:] = player.block(frames, now + (ahead if ahead > 0 else stream.latency))[:, None]
                running.last = now

            stream = library.OutputStream(channels=channels, callback=play, latency=_OUTPUT_LATENCY, **common)
            running = _Running(device, stream, player, opened, opened)
        else:
            recorder = Recorder(self._microphone, self._clock, device.rate, self.cleaning)

            def record(block: Any, _frames: int, times: Any, _status: Any) -> None:
                now = time.monotonic()
                ago = times.currentTime - times.inputBufferAdcTime
                recorder.block(block.mean(1), now - (ago if 0 < ago < 1 else stream.latency), self.muted)
                running.last = now

            stream = library.InputStream(channels=min(2, device.channels), callback=record, latency="low", **common)
            running = _Running(device, stream, recorder, opened, opened)
        stream.start()
        return running

    def watch(self) -> None:
        """Notice lost devices, say so, and open them again when they are back. Call a few times a second."""
        with self._lock:
            now = time.monotonic()
            self._take_listings()
            for kind in [kind for kind, running in self._running.items() if running.lost(now)]:
                running = self._running.pop(kind)
                self._tell(
                    kind, Trouble(f"the {kind} {running.device.name} is gone; it is picked up again when it is back")
                )
                self._aside(_closing(running))
                self._retry_at = now + _RETRY_SECONDS
            if len(self._running) == 2 or now < self._retry_at or self._waiting():
                return
            # PortAudio's list of devices is frozen while a stream is open, and a fresh one costs that stream a gap:
            # a working device is interrupted only where another program's view shows the missing one.
            if not self._running and not self._fresh:
                self._aside(refresh)
                self._fresh = True
            elif not self._fresh and self._returned():
                self._close_all()  # the list is refreshed next, once they have closed
            else:
                self._fresh = False
                self.open()

    def _waiting(self) -> bool:
        """Tell whether a driver still has to answer what was asked of it aside."""
        self._pending = [worker for worker in self._pending if worker.is_alive()]
        return bool(self._pending)

    def _returned(self) -> bool:
        """Tell whether a device that this process cannot see, and wants, is there for a new process."""
        if self._probe is None:
            absent: list[Kind] = [kind for kind in ("microphone", "loudspeaker") if kind not in self._running]
            unseen = [kind for kind in absent if not _visible(kind, self.names[kind])]
            if unseen and time.monotonic() > self._probe_at:
                self._probe_at = time.monotonic() + _PROBE_SECONDS
                self._probe = start_listing(unseen[0])
            return False
        if self._probe.poll() is None:
            return False
        kind, names = finish_listing(self._probe)
        self._probe = None
        wanted = self.names[kind]
        return any(wanted is None or wanted.lower() in name.lower() for name in names)

    def look_again(self) -> None:
        """List in `present`, a moment later, what is plugged in now; no sound is interrupted."""
        with self._lock:
            if not self._listings:
                self._listings = [start_listing("microphone"), start_listing("loudspeaker")]

    def _take_listings(self) -> None:
        for listing in [process for process in self._listings if process.poll() is not None]:
            self._listings.remove(listing)
            kind, names = finish_listing(listing)
            self.present[kind] = names

    def silence(self) -> None:
        """Drop what the loudspeaker was given and has not sounded: it is silent within some milliseconds, not a tenth of a
        second."""
        running = self._running.get("loudspeaker")
        if running is not None:
            if self.cleaning is not None:
                self.cleaning.canceller.unsettle()
            self._aside(partial(_drop, running))

    def choose(self, kind: Kind, name: str | None) -> None:
        """Use another device: `watch` opens it next."""
        with self._lock:
            self.names[kind] = name
            running = self._running.pop(kind, None)
            if running:
                self._aside(_closing(running))
            self._retry_at = self._probe_at = 0.0

    def close(self) -> None:
        """Close both devices; returns soon even where a driver hangs."""
        if self._lock.acquire(timeout=_CLOSE_SECONDS):
            try:
                self._close_all()
            finally:
                self._lock.release()
            for worker in self._pending:
                worker.join(_CLOSE_SECONDS)

    def _close_all(self) -> None:
        for running in list(self._running.values()):
            self._aside(_closing(running))
        self._running.clear()

    def _aside(self, action: Callable[[], None]) -> None:
        """Do on a thread of its own what a stalled driver may never return from."""
        worker = threading.Thread(target=_attempt, args=(action,), name="sound-aside", daemon=True)
        self._pending.append(worker)
        worker.start()


def _drop(running: _Running) -> None:
    with running.lock:
        if running.stream.closed:
            return
        running.stream.abort()
        if isinstance(running.side, Player):
            running.side.restart()
        running.last = time.monotonic()
        running.stream.start()


def _attempt(action: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):  # PortAudio's own errors and OSError: either way the stream is gone
        action()
