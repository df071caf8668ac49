"""The agent's voice: how soon it sounds, what it costs, and how many of its words are heard wrong."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import psutil

from app.agents.agents import load_agent
from app.bench.options import BenchOptions, progress
from app.bench.word_errors import word_errors
from app.conversation.voices import speaking
from app.session.hearing import chosen
from audio_io.time.tape import SAMPLE_RATE, Audio
from audio_io.voices.sentences import sentences
from audio_io.voices.voice import Command, Voice, VoiceSettings
from inference.recognition.process import RecognizerProcess

# Plain, and hard to guess, as the lists of Harvard (IEEE Trans. Audio Electroacoust. 17, 1969) are.
SENTENCES: Final = (
    "The old clock on the wall has stopped again.", "Bring the wooden chair into the kitchen, please.",
    "A cold wind came down from the hills at night.", "She paid for the bread with two silver coins.",
    "The children ran across the field behind the school.", "Open the blue door and leave the key on the table.",
    "He wrote a long letter to his sister in spring.", "Rain fell on the roof while we slept.",
    "The baker sold the last cake before noon.", "Put a little salt in the soup, and stir it well.",
    "Three boats waited for the tide near the shore.", "The teacher drew a circle on the board.",
    "My uncle keeps bees at the end of the garden.", "The train was late, so we walked home along the river.",
    "Fresh paint made the whole room smell.", "They planted a row of apple trees last autumn.",
    "The lamp fell off the desk and broke in half.", "A brown cat sat on top of the stone wall.",
    "The doctor told him to rest for a week.", "We cooked fish over an open fire on the beach.",
    "The farmer fixed the fence with wire and nails.", "Her green coat hung on a hook by the door.",
    "It takes four eggs and some milk to make this dish.", "The judge read the names from a sheet of paper.",
    "Thick smoke rose from the chimney all day.", "The dog dug a deep hole under the bush.",
    "He lost his ticket and had to buy another.", "Both sides of the street were full of people.",
    "The music was soft, but everyone could hear it.", "Turn left at the bridge and follow the road to the mill.",
)  # fmt: skip
_QUICK: Final = 10
_MARGIN: Final = np.zeros(SAMPLE_RATE // 5, np.float32)


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return what `measured` does of the voice that is asked for, as an agent speaks with it."""
    agent = load_agent(options.agent, lambda _: None) if options.agent else None
    count = options.count(len(SENTENCES), _QUICK)
    return measured(speaking(options.voice), SENTENCES[:count], agent.voice if agent else VoiceSettings())


def measured(
    command: Callable[[VoiceSettings], Command], said: Sequence[str], settings: VoiceSettings
) -> dict[str, Any]:
    """Return of sentences first_sound_p50 and p95 (ms from the text to the sound of its first clause), cpu (s of the
    processor for a second of speech), word_errors (%), who heard it, and n of the sentences."""
    waits, sounds, costs = [], [], 0.0
    with Voice(command, lambda notice: progress(str(notice))) as voice:
        voice.speak(said[0], settings)
        for number, sentence in enumerate(said):
            progress("sentences spoken", number + 1, len(said))
            spent = _processor(voice.pid)
            parts = []
            for part in sentences(sentence, early=True):
                began = time.perf_counter()
                parts.append(voice.speak(part, settings).audio)
                waits += [(time.perf_counter() - began) * 1000] if len(parts) == 1 else []
            costs += _processor(voice.pid) - spent
            sounds.append(np.concatenate(parts))
    seconds = sum(map(len, sounds)) / SAMPLE_RATE
    return {
        "first_sound_p50": round(float(np.percentile(waits, 50))), "first_sound_p95": round(float(np.percentile(waits, 95))),
        "cpu": round(costs / seconds, 3), **heard(said, sounds), "n": len(said),
    }  # fmt: skip


def _processor(pid: int | None) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def heard(said: Sequence[str], sounds: Sequence[Audio]) -> dict[str, Any]:
    """Return word_errors (%) of what this machine's recogniser hears of spoken sentences, and its name."""
    process, wrong, whole = RecognizerProcess(chosen("auto")), 0, 0
    try:
        for number, (text, sound) in enumerate(zip(said, sounds, strict=True)):
            progress("sentences heard", number + 1, len(said))
            process.start()
            process.hear(np.concatenate([_MARGIN, sound, _MARGIN]))
            errors, words = word_errors(text, process.finish().text)
            wrong, whole = wrong + errors, whole + words
    finally:
        process.close()
    return {"word_errors": round(100 * wrong / whole, 1), "heard_by": process.hearing.title}
