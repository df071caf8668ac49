"""From a sound in the microphone to the motion it causes on screen, through a virtual microphone and the real window."""

import time
from typing import Any, Final

import numpy as np

from app.bench.options import BenchOptions, progress
from audio_io.devices.listing import find
from audio_io.time.tape import SAMPLE_RATE

_BURSTS, _QUICK_BURSTS = 40, 12
_GAP_SECONDS: Final = (0.9, 1.3)
_OPENED: Final = 0.02  # rad that the jaw has moved when the frame counts as caused by the sound
_RATE: Final = 48_000
_LATEST: Final = 0.8


class _Feed:
    """Plays bursts into the virtual microphone and notes when each is emitted, by the stream's DAC time."""

    def __init__(self, burst: Any) -> None:
        import sounddevice

        self._burst, self._place = burst, len(burst)
        self._pending = False
        self.emitted: list[float] = []
        self._stream = sounddevice.OutputStream(
            device=find("loudspeaker", "vmicfeed").index,
            samplerate=_RATE,
            channels=1,
            blocksize=240,
            latency="low",
            dtype="float32",
            callback=self._play,
        )
        self._stream.start()

    def _play(self, out: Any, frames: int, times: Any, _status: Any) -> None:
        if self._pending:
            self._pending, self._place = False, 0
            ahead = times.outputBufferDacTime - times.currentTime
            self.emitted.append(time.monotonic() + max(ahead, 0.0))
        piece = self._burst[self._place : self._place + frames]
        out[: len(piece), 0], out[len(piece) :, 0] = piece, 0.0
        self._place += frames

    def burst(self) -> None:
        self._pending = True

    def close(self) -> None:
        self._stream.abort()
        self._stream.close()


def _stimulus() -> Any:
    """A spoken "aah" that starts at once."""
    import soxr

    from audio_io.voices.voice import Voice

    with Voice() as voice:
        audio = voice.speak("Ah.").audio
    loud = np.abs(audio) > 0.15 * np.abs(audio).max()
    audio = audio[np.argmax(loud) :][:6000]
    audio = audio * np.minimum(1, (len(audio) - np.arange(len(audio))) / 800)
    return soxr.resample(audio, SAMPLE_RATE, _RATE).astype(np.float32) * 0.6


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return p50, p95 (ms) and n: bursts that moved the mouth."""
    from app.bench.live import live

    rng = np.random.default_rng(0)
    stimulus = _stimulus()
    with live() as running:
        feed = _Feed(stimulus)
        running.run(1.5)
        bursts = options.count(_BURSTS, _QUICK_BURSTS)
        for number in range(bursts):
            progress("sounds into the microphone", number + 1, bursts)
            feed.burst()
            running.run(float(rng.uniform(*_GAP_SECONDS)))
        feed.close()
        at, _, jaws = running.frames()
        delay = running.session.user_delay / 16
    delays = []
    for emitted in feed.emitted:
        before = jaws[(at > emitted - 0.2) & (at < emitted), 0]
        after = (at > emitted) & (at < emitted + _LATEST)
        if len(before) and after.any():
            moved = np.flatnonzero(jaws[after, 0] > before[-1] + _OPENED)
            if len(moved):
                delays.append((at[after][moved[0]] - emitted) * 1000)
    return {
        "p50": round(float(np.percentile(delays, 50)), 1),
        "p95": round(float(np.percentile(delays, 95)), 1),
        "n": len(delays),
        "user_delay": round(delay, 1),
    }
