"""Takes the loudspeaker's sound out of the microphone's: WebRTC's canceller, run locally. Knows no device and no tape."""

from typing import Any, Final

import numpy as np

from audio_io.time.tape import SAMPLE_RATE, Audio, Tape

BLOCK: Final = 160  # samples at 16 kHz: the canceller takes 10 ms, no more and no less
# The canceller must be given the loudspeaker's sound before its echo comes back, also where drivers report times wrongly.
REFERENCE_AHEAD: Final = 480  # samples
# s of loudspeaker sound after which the echo is gone: in a new room, and where the way has only become a little longer.
_LEARNED_SECONDS, _ADJUSTED_SECONDS = 3.0, 1.3
# Samples that are compared with what was played, up to so much earlier and later; above which likeness it is its echo.
_COMPARED, _LATEST_ECHO, _EARLIEST_ECHO, _OWN = 2560, 9600, 480, 0.17
_AUDIBLE: Final = 1e-3


class EchoCanceller:
    """`clean` block after block. Automatic gain is off: it would lift what remains of the echo by some 15 dB."""

    def __init__(self) -> None:
        from livekit import rtc  # a fifth of a second

        self._frame: Any = rtc.AudioFrame
        self._canceller: Any = rtc.AudioProcessingModule(
            echo_cancellation=True, noise_suppression=True, high_pass_filter=True, auto_gain_control=False
        )
        # Samples of loudspeaker sound until it has adapted; the thread that cleans alone counts them.
        self._to_hear = round(_LEARNED_SECONDS * SAMPLE_RATE)
        self._unsettled = False

    def unsettle(self) -> None:
        """Say, from any thread, that the way from loudspeaker to microphone has changed, the stream having been restarted."""
        self._unsettled = True

    @property
    def adapted(self) -> bool:
        """Whether it has heard enough of the loudspeaker to have learned the room."""
        return self._to_hear <= 0 and not self._unsettled

    def clean(self, captured: Audio, played: Audio) -> Audio:
        """Return captured sound [160] without the echo of what was played; `played` [160] is REFERENCE_AHEAD later."""
        if self._unsettled:
            self._unsettled = False
            self._to_hear = max(self._to_hear, round(_ADJUSTED_SECONDS * SAMPLE_RATE))
        if np.abs(played).max() > _AUDIBLE:
            self._to_hear -= BLOCK
        self._canceller.process_reverse_stream(self._as_frame(played))
        frame = self._as_frame(captured)
        self._canceller.process_stream(frame)
        cleaned: Audio = np.frombuffer(frame.data, np.int16).astype(np.float32) / np.float32(32768)
        return cleaned

    def _as_frame(self, audio: Audio) -> Any:
        samples = (np.clip(audio, -1, 1) * 32767).astype(np.int16)
        return self._frame(samples.tobytes(), SAMPLE_RATE, 1, BLOCK)


def likeness(cleaned: Audio, played: Audio) -> float:
    """Return how much of a piece of cleaned sound [N] is what was played [M > N] at any delay: the largest normalised
    cross-correlation, 0 to 1. Differences of samples are compared, so that low hum does not count."""
    piece, reference = np.diff(cleaned, prepend=np.float32(0)), np.diff(played, prepend=np.float32(0))
    count, size = len(piece), 1 << (len(piece) + len(reference) - 1).bit_length()
    spectrum = np.fft.rfft(reference, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: len(reference) - count + 1]
    energy = np.concatenate([[0.0], np.cumsum(np.square(reference, dtype=np.float64))])
    energy = energy[count:] - energy[:-count]
    return float(np.max(np.abs(products) / np.sqrt(energy * np.sum(piece * piece) + 1e-9)))


def is_own(canceller: EchoCanceller, cleaned: Tape, played: Tape, at: int) -> bool:
    """Tell whether the microphone's sound just before a sample is what was played, while the canceller still adapts."""
    if canceller.adapted:
        return False
    piece = cleaned.read(at - _COMPARED, _COMPARED)
    around = played.read(at - _COMPARED - _LATEST_ECHO, _COMPARED + _LATEST_ECHO + _EARLIEST_ECHO)
    return likeness(piece, around) > _OWN
