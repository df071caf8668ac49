"""Speaks the test turns with flite's free voices (Debian package flite) into this folder."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

FOLDER = Path(__file__).parent
VOICES = ("slt", "rms", "awb")
TEXTS = (
    "what is your name", "how does it work", "where do you live", "do you like music", "how old are you", "are you a robot",
    "tell me a joke", "what can you do", "what do you like", "do you need the internet", "who made you", "thank you very much",
    "can you hear me", "what is this program", "do you like animals",
    "can you tell me about the", "paper", "what is", "your favourite film", "i like music and", "i like dogs",
    "would you", "please tell me a joke", "i am a student and", "i work with computers",
    "uh huh", "right", "yeah", "okay",
)  # fmt: skip
RATE, LOUDNESS = 16_000, 0.08


def spoken(text: str, voice: str) -> np.ndarray:
    """Return a text as sound at 16 kHz, without the silence around it, at one loudness."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turn.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        audio, rate = soundfile.read(path, dtype="float32")
    audio = soxr.resample(audio, rate, RATE)
    loud = np.flatnonzero(np.abs(audio) > 0.02 * np.abs(audio).max())
    audio = audio[loud[0] : loud[-1] + 1]
    return (audio * (LOUDNESS / np.sqrt(np.mean(audio**2)))).astype(np.float32)


if __name__ == "__main__":
    for number, text in enumerate(TEXTS):
        for voice in (VOICES[number % 3], VOICES[(number + 1) % 3]):
            soundfile.write(FOLDER / f"{text.replace(' ', '_')}.{voice}.flac", spoken(text, voice), RATE)
