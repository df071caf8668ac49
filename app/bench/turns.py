"""A hundred turns of a person's: plain questions, fast replies, pauses inside sentences, words over the agent's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from audio_io.time.tape import SAMPLE_RATE

RATE: Final = SAMPLE_RATE
CLIPS: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "turns"
# "|" is a pause inside a sentence, whose length (s) goes round.
_PAUSES: Final = (0.3, 0.45, 0.6, 0.8)
_PLAIN: Final = (
    "what is your name", "how does it work", "where do you live", "do you like music", "how old are you", "are you a robot",
    "tell me a joke", "what can you do", "what do you like", "do you need the internet", "who made you", "thank you very much",
    "can you hear me", "what is this program", "do you like animals",
)  # fmt: skip
_PAUSED: Final = (
    "can you tell me about the|paper", "what is|your favourite film", "i like music and|i like dogs",
    "would you|please tell me a joke", "i am a student and|i work with computers",
)  # fmt: skip
BACKCHANNELS: Final = ("uh huh", "right", "yeah", "okay")
_KINDS: Final = ("plain", "overlap", "plain", "fast", "overlap", "paused", "plain", "overlap", "fast", "paused")
_COUNT: Final = 100


@dataclass(frozen=True)
class ScriptedTurn:
    """A turn as sound [N]: when it is said, and its words."""

    kind: str
    text: str
    audio: np.ndarray

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.audio) / RATE

    def means(self, heard: str) -> bool:
        """Tell whether most of its words were heard."""
        words = self.text.replace("|", " ").split()
        return sum(word in heard.lower().split() for word in words) >= 0.6 * len(words)


def clip(text: str, number: int = 0) -> np.ndarray:
    """Return a spoken phrase [N] by one of its two voices."""
    found = sorted(CLIPS.glob(f"{text.replace(' ', '_')}.*.flac"))
    audio: np.ndarray = soundfile.read(found[number % len(found)], dtype="float32")[0]
    return audio


def scripted_turns() -> list[ScriptedTurn]:
    """Return the hundred turns."""
    made = []
    for number in range(_COUNT):
        kind = _KINDS[number % len(_KINDS)]
        texts = _PAUSED if kind == "paused" else _PLAIN
        text = texts[number // 2 % len(texts)]
        parts = [clip(part, number // len(_KINDS)) for part in text.split("|")]
        gap = np.zeros(round(_PAUSES[number // 4 % len(_PAUSES)] * RATE), np.float32)
        made.append(
            ScriptedTurn(kind, text, parts[0] if len(parts) == 1 else np.concatenate([parts[0], gap, parts[1]]))
        )
    return made


def pausing_turns(count: int) -> list[ScriptedTurn]:
    """Return turns, every other one with a pause of 0.3 to 1.5 s inside its sentence."""
    gaps = np.linspace(0.3, 1.5, 25)
    made = []
    for number in range(count):
        voice, texts = number // 10, (_PAUSED if number % 2 == 0 else _PLAIN)
        text = texts[number // 2 % len(texts)]
        gap = np.zeros(round(gaps[number // 2 * 7 % len(gaps)] * RATE), np.float32)
        first, *rest = [clip(part, voice) for part in text.split("|")]
        made.append(
            ScriptedTurn("paused" if rest else "plain", text, np.concatenate([first, *([gap, *rest] if rest else [])]))
        )
    return made
