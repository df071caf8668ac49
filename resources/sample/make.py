"""Speaks the sample conversation with flite's free voices (Debian package flite): python resources/sample/make.py"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

FOLDER = Path(__file__).resolve().parent
RATE = 16_000
# Speaker, seconds after the last turn's end (negative: while it still goes on), what is said.
TURNS = (
    ("own", 0.3, "Hello! Is this thing on?"),
    ("partner", 0.3, "Hi there. Yes, I can hear you, and I can see you talking, too."),
    ("own", 0.25, "So my head moves when I speak, and yours moves when you do?"),
    ("partner", -0.2, "Exactly."),
    ("partner", 0.35, "One model hears both of us at once. It moves the lips of whoever speaks, "
     "and lets the other one nod, look and smile."),
    ("own", -2.2, "Mm hmm."),
    ("own", 0.3, "That is quite nice. And what happens when I stop?"),
    ("partner", 0.25, "Then you listen. Watch: now I am talking, and your lips rest."),
    ("own", 0.3, "I see. Does it need a network for that?"),
    ("partner", 0.2, "No. Everything you see runs on this computer, even without a graphics card."),
    ("own", -0.3, "Oh wow."),
    ("own", 0.3, "Then let me try it with my own voice."),
    ("partner", 0.3, "Please do. Start the microphone and say hello."),
)  # fmt: skip
VOICES = {"own": ("rms", 1.0), "partner": ("slt", 1.0)}


def speak(speaker: str, text: str) -> np.ndarray:
    """Return a line as audio [N] at 16 kHz."""
    voice, stretch = VOICES[speaker]
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "line.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-t", text, str(wav)]
        subprocess.run(command, check=True)
        audio, rate = soundfile.read(wav, dtype="float32")
    audio = soxr.resample(audio, rate, RATE)
    sounding = np.flatnonzero(np.abs(audio) > 0.004)
    return audio[sounding[0] : sounding[-1] + 800] * 0.25 / (np.abs(audio).max() + 1e-6) * 2


def main() -> None:
    """Write own.flac and partner.flac."""
    placed, end = [], 0.0
    for speaker, pause, text in TURNS:
        audio = speak(speaker, text)
        start = end + pause
        placed.append((speaker, round(start * RATE), audio))
        end = max(end, start + len(audio) / RATE)
    for speaker in VOICES:
        track = np.zeros(round((end + 0.8) * RATE), np.float32)
        for who, start, audio in placed:
            if who == speaker:
                track[start : start + len(audio)] += audio
        soundfile.write(FOLDER / f"{speaker}.flac", track, RATE, subtype="PCM_16")
    print(f"{end:.1f} s")


if __name__ == "__main__":
    main()
