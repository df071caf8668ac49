"""How long an answer took, step by step, as the person felt it: from when they really stopped."""

from dataclasses import dataclass
from typing import Any

from audio_io.time.tape import SAMPLE_RATE

_STEPS = ("endpoint", "text", "first_token", "first_sound", "mouth")


@dataclass
class Waterfall:
    """Samples of the timeline at which an answer got on; 0 where it has not. speech_end: the person's last voiced sample."""

    turn: int
    speech_end: int
    endpoint: int = 0
    text: int = 0
    first_token: int = 0
    first_sound: int = 0
    mouth: int = 0
    complete: bool = False  # whether the agent has given all of its text

    def milliseconds(self) -> dict[str, float]:
        """Return ms from the end of the person's speech to each step that was reached."""
        reached = ((name, getattr(self, name)) for name in _STEPS)
        return {name: round((at - self.speech_end) * 1000 / SAMPLE_RATE, 1) for name, at in reached if at}

    def facts(self) -> dict[str, Any]:
        """Return what is noted of it."""
        return {"turn": self.turn, "speech_end": self.speech_end, **self.milliseconds()}
