"""The agent's voice at the loudspeaker against the mouth shown: a recording of what is played, and the frames drawn."""

import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.bench.options import BenchOptions, progress
from app.timeline.timeline import AGENT
from audio_io.devices.listing import find
from audio_io.time.tape import SAMPLE_RATE

_TEXT: Final = (
    "One two three four five six seven. Peter Piper picked a peck of pickled peppers. Many men moved my boat."
)
_MINUTES, _QUICK_MINUTES = 1.0, 0.4
_WINDOW: Final = SAMPLE_RATE
_SEARCH: Final = 4800  # samples either way that a window of the recording is looked for


class _Ear:
    """Records the loudspeaker's monitor with the time (monotonic s) of each block's first sample."""

    def __init__(self) -> None:
        import sounddevice

        self.blocks: list[tuple[float, NDArray[np.float32]]] = []
        self._stream = sounddevice.InputStream(
            device=find("microphone", "vspeakermonitor").index,
            samplerate=SAMPLE_RATE,
            channels=1,
            blocksize=160,
            latency="low",
            dtype="float32",
            callback=self._hear,
        )
        self._stream.start()

    def _hear(self, block: Any, _frames: int, times: Any, _status: Any) -> None:
        ago = times.currentTime - times.inputBufferAdcTime
        self.blocks.append((time.monotonic() - max(ago, 0.0), block[:, 0].copy()))

    def close(self) -> None:
        self._stream.abort()
        self._stream.close()

    def heard(self) -> tuple[float, NDArray[np.float32]]:
        """Return the time of the first sample, by a fit over all blocks, and the recording."""
        starts = np.array([start for start, _ in self.blocks])
        expected = np.arange(len(starts)) * 0.01
        return float(np.median(starts - expected)), np.concatenate([block for _, block in self.blocks])


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return abs_p50, abs_p95 (ms), drift (ms over the whole time) and minutes."""
    from app.bench.live import live

    minutes = options.minutes or (_QUICK_MINUTES if options.quick else _MINUTES)
    with live() as running:
        ear = _Ear()
        session = running.session
        kept = _Keep(session)
        end = time.monotonic() + 60 * minutes
        while (left := end - time.monotonic()) > 0:
            progress(f"the agent speaks, {left:.0f} s more")
            if not session.speech.speaking:
                session.speech.say(_TEXT)
            running.run(1.0)
            kept.take()
        ear.close()
        at, sample, _ = running.frames()
    start, recording = ear.heard()
    moments, errors = _errors(kept, start, recording, at, sample)
    slope = np.polyfit(moments, errors, 1)[0] if len(moments) > 2 else 0.0
    return {
        "abs_p50": round(float(np.percentile(np.abs(errors), 50)), 2),
        "abs_p95": round(float(np.percentile(np.abs(errors), 95)), 2),
        "mean": round(float(np.mean(errors)), 2),
        "drift": round(float(slope * (moments[-1] - moments[0])), 2),
        "minutes": round(minutes, 2),
        "n": len(errors),
    }


class _Keep:
    """What was on the agent's tape, kept second by second as it passes."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.first = self._next = int(session.clock.now())
        self.audio: list[NDArray[np.float32]] = []

    def take(self) -> None:
        now = int(self._session.clock.now())
        self.audio.append(self._session.tapes[AGENT].read(self._next, now - self._next))
        self._next = now

    def all(self) -> NDArray[np.float32]:
        return np.concatenate(self.audio)


def _errors(
    kept: _Keep, start: float, recording: NDArray[np.float32], at: NDArray[np.float64], sample: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times (s) and errors (ms, positive where the mouth is late) of the frames shown while speech sounds."""
    tape = kept.all()
    moments, errors = [], []
    for begin in range(0, len(tape) - _WINDOW, _WINDOW // 2):
        piece = tape[begin : begin + _WINDOW]
        if np.sqrt(np.mean(piece**2)) < 0.01:
            continue
        middle = kept.first + begin + _WINDOW / 2
        near = int(np.argmin(np.abs(sample - middle)))
        expected = round((at[near] - start) * SAMPLE_RATE - _WINDOW / 2)
        low = expected - _SEARCH
        if low < 0 or low + _WINDOW + 2 * _SEARCH > len(recording):
            continue
        stretch = recording[low : low + _WINDOW + 2 * _SEARCH]
        match = np.fft.irfft(np.fft.rfft(stretch) * np.conj(np.fft.rfft(piece, len(stretch))), len(stretch))
        found = int(np.argmax(match[: 2 * _SEARCH]))
        # The sample `kept.first + begin` sounded at this time:
        sounded = start + (low + found) / SAMPLE_RATE
        inside = (sample >= kept.first + begin) & (sample < kept.first + begin + _WINDOW)
        for moment, shown in zip(at[inside], sample[inside], strict=True):
            voice = sounded + (shown - kept.first - begin) / SAMPLE_RATE
            moments.append(moment)
            errors.append((moment - voice) * 1000)
    return np.array(moments), np.array(errors)
