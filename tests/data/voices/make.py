"""Makes the clips of the voices that training does not hear, with the times of their phones: ./run train duet needs them not.

Run from the project's folder: python -m tests.data.voices.make
"""

import json
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from inference.data.sentences import sentences
from inference.data.voices import HELD_OUT, speak
from inference.duet.timing import FRAME

FOLDER: Final = Path(__file__).parent
_SENTENCES: Final = 16
_LEVEL: Final = 0.05


def main() -> None:
    """Write NAME.flac for each held-out voice, and phones.json."""
    texts = [text for text in sentences(77) if 6 <= len(text.split()) <= 16]
    told = {}
    for number, name in enumerate(HELD_OUT):
        rng = np.random.default_rng(number)
        audio, phones, at = [], [], 0.0
        for spoken in speak(name, texts[number * _SENTENCES : (number + 1) * _SENTENCES], number):
            gap = np.zeros(int(rng.uniform(12, 45)) * FRAME, np.float32)
            sound = spoken.audio[: len(spoken.audio) // FRAME * FRAME]
            audio += [sound / np.sqrt((sound**2).mean()) * _LEVEL, gap]
            phones += [[p.name.upper(), round(at + p.start, 3), round(at + p.end, 3)] for p in spoken.phones]
            phones.append(["SIL", phones[-1][2], round(at + (len(sound) + len(gap)) / 16_000, 3)])
            at += (len(sound) + len(gap)) / 16_000
        soundfile.write(FOLDER / f"{name}.flac", np.clip(np.concatenate(audio), -1, 1), 16_000, subtype="PCM_16")
        told[name] = {"text": " ".join(texts[number * _SENTENCES : (number + 1) * _SENTENCES]), "phones": phones}
    (FOLDER / "phones.json").write_text(json.dumps(told) + "\n", "utf-8")


if __name__ == "__main__":
    main()
