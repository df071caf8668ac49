"""Microphone and loudspeaker, live: both opened, watched, and opened again when a device is gone, stalled or back.

Concurrent here: the streams' callbacks, threads that ask drivers what they may never answer, and whoever calls; `_lock` is
held for moments, never while a driver is asked. A driver that does not answer is left behind, with its copy of PortAudio.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Final

from audio_io.devices.blocks import Cleaning, Player, Recorder
from audio_io.devices.library import leave, portaudio, refresh, renew
from audio_io.devices.listing import Device, Kind, Look, devices, find, visible
from audio_io.devices.opened import Opened, open_loudspeaker, open_microphone
from audio_io.notice import Notice, Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape

_RETRY_SECONDS: Final = 1.0
_PROBE_SECONDS: Final = 4.0  # between looks by a process of its own, which cost
_ANSWER_SECONDS, _LONGEST_SECONDS = 4.0, 60.0  # that a driver has to answer; more each time that none did
_CLOSE_SECONDS: Final = 1.0  # in all, at the end
_KINDS: Final[tuple[Kind, Kind]] = ("loudspeaker", "microphone")  # the loudspeaker first: it moves the clock


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
        self._running: dict[Kind, Opened] = {}
        self._told: dict[Kind, str] = {}
        self._retry_at = self._probe_at = 0.0
        self._asked: dict[threading.Thread, float] = {}  # what drivers have to answer; since when (monotonic s)
        self._patience = _ANSWER_SECONDS
        self._era = 0  # counts the copies of PortAudio: what was asked of an earlier one comes too late
        self._fresh = self._closed = False
        self._probe: Look | None = None
        self._looks: list[Look] = []
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
        """Open what is there, waiting a while for the drivers; what is missing is said, and tried again by `watch`."""
        worker = self._ask(self._open_missing)
        worker.join(_ANSWER_SECONDS)

    def _open_missing(self) -> None:
        era = self._era
        for kind in _KINDS:
            if kind not in self._running:
                self._open(kind, era)
            with contextlib.suppress(LookupError, OSError):  # told by `_open`
                self.present[kind] = [device.name for device in devices(kind)]
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _open(self, kind: Kind, era: int) -> None:
        name = self.names[kind]
        try:
            device = find(kind, name)
            opened = self._opened(kind, device)
        except (LookupError, RuntimeError, OSError) as error:
            self._tell(kind, Trouble(error), era)
        except portaudio().PortAudioError as error:
            self._tell(
                kind, Trouble(f"the {kind} {name or ''} cannot be opened ({error}): is another program using it?"), era
            )
        else:
            if self._take(kind, name, opened, era):
                self._tell(kind, Notice(f"{kind}: {device.name}"), era)
            else:
                opened.close()

    def _opened(self, kind: Kind, device: Device) -> Opened:
        if kind == "loudspeaker":
            played = self.cleaning.played if self.cleaning else None
            player = Player(self._loudspeaker, self._clock, device.rate, played)
            return open_loudspeaker(device, player, self._count_dropout)
        recorder = Recorder(self._microphone, self._clock, device.rate, self.cleaning)
        return open_microphone(device, recorder, lambda: self.muted)

    def _take(self, kind: Kind, name: str | None, opened: Opened, era: int) -> bool:
        """Use a device, unless it came too late or is no longer the one that was asked for."""
        with self._lock:
            wanted = era == self._era and name == self.names[kind]
            if wanted:
                self._running[kind] = opened
            else:
                opened.over = True
            return wanted

    def _count_dropout(self) -> None:
        self.dropouts += 1

    def _tell(self, kind: Kind, text: Notice, era: int) -> None:
        if era == self._era and self._told.get(kind) != text:
            self._told[kind] = text
            self._say(text)

    def watch(self) -> None:
        """Notice lost devices, say so, and open them again when they are back. Call a few times a second."""
        with self._lock:
            now = time.monotonic()
            self._take_looks()
            self._give_up_lost(now)
            waiting = self._waiting(now)
            if len(self._running) == len(_KINDS):
                self._patience = _ANSWER_SECONDS
            elif not (self._closed or waiting or now < self._retry_at):
                self._find_missing()

    def _find_missing(self) -> None:
        # PortAudio's list of devices is frozen while a stream is open, and a fresh one costs that stream a gap:
        # a working device is interrupted only where another program's view shows the missing one.
        if not self._running and not self._fresh:
            self._ask(refresh)
            self._fresh = True
        elif not self._fresh and self._returned():
            self._close_all()  # the list is refreshed next, once they have closed
        else:
            self._fresh = False
            self._ask(self._open_missing)

    def _give_up_lost(self, now: float) -> None:
        for kind in [kind for kind, opened in self._running.items() if opened.lost(now)]:
            opened = self._running.pop(kind)
            self._tell(
                kind,
                Trouble(f"the {kind} {opened.device.name} is gone; it is picked up again when it is back"),
                self._era,
            )
            self._shut(opened)
            self._retry_at = now + _RETRY_SECONDS

    def _waiting(self, now: float) -> bool:
        """Tell whether a driver still has to answer what was asked of it; one that never does is left behind."""
        self._asked = {worker: since for worker, since in self._asked.items() if worker.is_alive()}
        if self._asked and now - min(self._asked.values()) > self._patience:
            self._era += 1
            self._asked.clear()
            self._patience = min(2 * self._patience, _LONGEST_SECONDS)
            self._ask(renew)
            self._fresh = True
        return bool(self._asked)

    def _returned(self) -> bool:
        """Tell whether a device that this process cannot see, and wants, is there for a new process."""
        if self._probe is None:
            absent = [kind for kind in _KINDS if kind not in self._running]
            unseen = [kind for kind in absent if not visible(kind, self.names[kind])]
            if unseen and time.monotonic() > self._probe_at:
                self._probe_at = time.monotonic() + _PROBE_SECONDS
                self._probe = Look(unseen[0])
            return False
        if not self._probe.done:
            return False
        wanted, names = self.names[self._probe.kind], self._probe.names()
        self._probe = None
        return any(wanted is None or wanted.lower() in name.lower() for name in names)

    def look_again(self) -> None:
        """List in `present`, a moment later, what is plugged in now; no sound is interrupted."""
        with self._lock:
            if not self._looks:
                self._looks = [Look(kind) for kind in _KINDS]

    def _take_looks(self) -> None:
        for look in [look for look in self._looks if look.done]:
            self._looks.remove(look)
            self.present[look.kind] = look.names()

    def silence(self) -> None:
        """Drop what the loudspeaker was given and has not sounded: it is silent within some milliseconds, not a tenth of a
        second."""
        with self._lock:
            opened = self._running.get("loudspeaker")
            if opened is not None:
                if self.cleaning is not None:
                    self.cleaning.canceller.unsettle()
                self._ask(opened.drop)

    def choose(self, kind: Kind, name: str | None) -> None:
        """Use another device: `watch` opens it next."""
        with self._lock:
            self.names[kind] = name
            opened = self._running.pop(kind, None)
            if opened:
                self._shut(opened)
            self._retry_at = self._probe_at = 0.0

    def close(self) -> None:
        """Close both devices; returns soon even where a driver hangs, which is then left to the end of the process."""
        end = time.monotonic() + _CLOSE_SECONDS
        with self._lock:
            self._closed = True
            self._era += 1  # what is just being opened is closed again
            self._close_all()
            asked = list(self._asked)
            for look in (*self._looks, *([self._probe] if self._probe else [])):
                look.end()
        for worker in asked:
            worker.join(max(0.0, end - time.monotonic()))
        if self._era > 1 or any(worker.is_alive() for worker in asked):
            leave()

    def _close_all(self) -> None:
        for opened in list(self._running.values()):
            self._shut(opened)
        self._running.clear()

    def _shut(self, opened: Opened) -> None:
        opened.over = True  # at once: its thread may come late
        self._ask(opened.close)

    def _ask(self, action: Callable[[], None]) -> threading.Thread:
        """Ask on a thread of its own what a driver may never answer."""
        worker = threading.Thread(target=_attempt, args=(action,), name="sound-aside", daemon=True)
        with self._lock:
            self._asked[worker] = time.monotonic()
            worker.start()
        return worker


def _attempt(action: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):  # PortAudio's own errors and OSError: either way the stream is gone
        action()
