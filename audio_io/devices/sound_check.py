"""What a chirp and a sentence, played and captured again, tell of loudspeaker, microphone and room."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from audio_io.time.tape import SAMPLE_RATE, Audio, level

CHIRP_SECONDS: Final = 0.5
_LOWEST, _HIGHEST = 300.0, 4000.0  # Hz
_CHIRP_VOLUME: Final = 0.3
LONGEST_DELAY: Final = 1.0  # s that is looked for
_CANCELLED_DELAY: Final = 0.5  # s, above which WebRTC's canceller finds no echo (it fails at 600 ms)
_HEARD: Final = 8.0  # by which the chirp's match has to exceed the noise's
_CLIPPED: Final = 0.98
_CLIPPED_SHARE: Final = 0.001
_ENOUGH_CANCELLED: Final = 15.0  # dB
_LOUD_RESIDUE: Final = -50.0  # dB
_NOISY: Final = -45.0  # dB


@dataclass(frozen=True)
class SoundCheck:
    """What was found. delay: ms from loudspeaker to microphone, None where no echo comes back (headphones); echo_loss: dB by
    which the echo is quieter than what was played; cancelled: dB that the canceller takes off; noise: dB; clipped: whether
    the microphone was too loud; mode: how the person should speak, of app.settings."""

    delay: float | None
    echo_loss: float | None
    cancelled: float | None
    noise: float
    clipped: bool
    mode: str

    def told(self) -> str:
        """Return the result in words."""
        heard = "No echo comes back (headphones, or a muted loudspeaker)"
        if self.delay is not None:
            heard = (
                f"Echo after {self.delay:.0f} ms, {self.echo_loss:.0f} dB down, {self.cancelled:.0f} dB of it taken out"
            )
        advice = {
            "barge-in": "interrupt at any time", "half-duplex": "take turns: what is left of the echo is too loud",
            "push-to-talk": "hold F8 to talk: it is too noisy here",
        }[self.mode]  # fmt: skip
        clipped = "; the microphone is too loud, turn it down" if self.clipped else ""
        return f"{heard}; noise {self.noise:.0f} dB{clipped}. Best: {advice}."


def chirp() -> Audio:
    """Return a rising tone [8000] that is found again whatever the room does to it."""
    time = np.arange(round(CHIRP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    rate = (_HIGHEST - _LOWEST) / CHIRP_SECONDS
    tone = np.sin(2 * np.pi * (_LOWEST * time + rate * time**2 / 2))
    edge = np.clip(np.minimum(time, time[::-1]) / 0.02, 0, 1)
    return (_CHIRP_VOLUME * tone * edge).astype(np.float32)


def echo_delay(captured: Audio) -> float | None:
    """Return after how many seconds the chirp is found in captured sound [N] that begins with it; None where it is not.

    The place of the matched filter's largest output, where that stands out from its median.
    """
    tone = chirp()
    size = 1 << (len(captured) + len(tone) - 1).bit_length()
    match = np.fft.irfft(np.fft.rfft(captured, size) * np.conj(np.fft.rfft(tone, size)), size)
    match = np.abs(match[: min(len(captured) - len(tone), round(LONGEST_DELAY * SAMPLE_RATE))])
    if not len(match):
        return None
    best = int(np.argmax(match))
    return best / SAMPLE_RATE if match[best] > _HEARD * np.median(match) + 1e-6 else None


def judged(silence: Audio, chirp_captured: Audio, played: Audio, captured: Audio, cleaned: Audio) -> SoundCheck:
    """Return the check of what was captured in silence, with the chirp, and while a sentence was played.

    played, captured, cleaned: the sentence as played, as captured and without its echo, [N] each.
    """
    delay = echo_delay(chirp_captured)
    noise = level(silence)
    clipped = float(np.mean(np.abs(captured) > _CLIPPED)) > _CLIPPED_SHARE
    if delay is None:
        return SoundCheck(None, None, None, noise, clipped, "push-to-talk" if noise > _NOISY else "barge-in")
    loss = level(played) - level(captured)
    cancelled = level(captured) - level(cleaned)
    residue = level(cleaned)
    able = delay < _CANCELLED_DELAY and not clipped
    good = cancelled >= _ENOUGH_CANCELLED or residue < max(noise + 6, _LOUD_RESIDUE)
    mode = "push-to-talk" if noise > _NOISY else "barge-in" if able and good else "half-duplex"
    return SoundCheck(delay * 1000, loss, cancelled, noise, clipped, mode)
