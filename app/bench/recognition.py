"""How many words the recogniser gets wrong, in quiet and in noise, what it costs, and what it hears where nobody speaks."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from app.agents.wording import words_of
from app.bench.disturbances import babble, disturbed, music, typing
from app.bench.options import BenchOptions, progress
from app.bench.word_errors import word_errors
from app.errors import MissingError
from app.session.hearing import chosen
from audio_io.activity import CHUNK, VoiceActivity
from audio_io.files import pieces
from audio_io.time.tape import SAMPLE_RATE, Audio
from inference.recognition.process import RecognizerProcess

CONDITIONS: Final = ("clean", "babble:15", "babble:5", "white:15", "reverb", "telephone")
_SPEECH: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "speech"
_MARGIN: Final = np.zeros(SAMPLE_RATE // 5, np.float32)
_PIECE: Final = 5 * SAMPLE_RATE  # of sound without a near voice
_VOICED: Final = 8  # 32 ms of it that are taken for speech, from which on it is listened to
_FAR: Final = 0.02  # loudness (rms) of voices that are not near
_MINUTES: Final = (3.0, 0.5)  # of each sound without a voice, quickly
# As people write what they say: other spellings of the same words.
_NUMBERS: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_SAME: Final = {"mr": "mister", "mrs": "missus", "okay": "ok"} | {str(n): name for n, name in enumerate(_NUMBERS)}


def plain(text: str) -> str:
    """Return a text with its words as they are said."""
    return " ".join(_SAME.get(word, word) for word in words_of(re.sub(r"[-–]", " ", text)))


@dataclass
class _Row:
    """What was found in one condition: errors, words, s of the processor and of sound, ms that final texts took."""

    errors: int = 0
    words: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        p50, p95 = (round(float(np.percentile(self.waits, share))) for share in (50, 95))
        return {
            "wer": round(100 * self.errors / max(self.words, 1), 1), "words": self.words,
            "cpu_s_per_s": round(self.cpu / self.seconds, 3), "final_p50": p50, "final_p95": p95,
        }  # fmt: skip


def measure(options: BenchOptions) -> dict[str, Any]:
    """Return wer (%), words, cpu_s_per_s (of sound), final_p50 and p95 (ms from a sentence's end to its text) in quiet, by
    condition in `rows`, and phantom_words by minutes of sounds without a near voice. Raises MissingError, ValueError."""
    clips = _clips(options.speech or _SPEECH)
    process = RecognizerProcess(chosen(options.hearing))
    try:
        process.start()
        rows = {name: _heard(process, clips, name) for name in options.noise or CONDITIONS}
        minutes = _MINUTES[1] if options.quick else options.minutes or _MINUTES[0]
        phantoms = _phantoms(process, [sound for sound, _ in clips], minutes)
    finally:
        process.close()
    first = next(iter(rows.values()))
    return {
        "hearing": process.hearing.title, **first, "rows": rows, "phantom_words": sum(phantoms.values()),
        "phantoms": phantoms, "phantom_minutes": 3 * minutes, "n": len(clips),
    }  # fmt: skip


def _clips(folder: Path) -> list[tuple[Audio, str]]:
    """Return a folder's recordings with their texts, as its phones.json has them."""
    try:
        texts = json.loads((folder / "phones.json").read_text("utf-8"))
        found = [(folder / f"{name}.flac", str(entry["text"])) for name, entry in texts.items()]
        return [(np.concatenate(list(pieces(path))), text) for path, text in found]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise MissingError(
            f"{folder} is no folder of speech ({error}): it needs NAME.flac, and phones.json with each one's text"
        ) from error


def _cost(process: RecognizerProcess) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def _text(process: RecognizerProcess, sound: Audio) -> str:
    process.start()
    process.hear(sound)
    return process.finish().text


def _heard(process: RecognizerProcess, clips: list[tuple[Audio, str]], condition: str) -> dict[str, Any]:
    row, rng = _Row(), np.random.default_rng(0)
    for number, (sound, text) in enumerate(clips):
        progress(condition, number + 1, len(clips))
        others = [other for other, _ in clips if other is not sound]
        heard = disturbed(np.concatenate([_MARGIN, sound, _MARGIN]), condition, others, rng)
        before, began = _cost(process), time.perf_counter()
        errors, words = word_errors(plain(text), plain(_text(process, heard)))
        row.waits.append(1000 * (time.perf_counter() - began))
        row.cpu += _cost(process) - before
        row.seconds += len(heard) / SAMPLE_RATE
        row.errors, row.words = row.errors + errors, row.words + words
    return row.figures()


def _phantoms(process: RecognizerProcess, voices: list[Audio], minutes: float) -> dict[str, int]:
    """Return how many words are heard in music, typing and far voices, wherever voice activity is taken for speech."""
    rng, length = np.random.default_rng(1), round(minutes * 60 * SAMPLE_RATE)
    far = babble(voices, length, rng)
    sounds = {"music": music(length, rng), "typing": typing(length, rng), "far_babble": far * (_FAR / np.std(far))}
    found = dict.fromkeys(sounds, 0)
    for name, sound in sounds.items():
        activity = VoiceActivity()
        for begin in range(0, length - _PIECE + 1, _PIECE):
            progress(name, begin // _PIECE + 1, length // _PIECE)
            piece = sound[begin : begin + _PIECE].astype(np.float32)
            chances = [activity.probability(piece[at : at + CHUNK]) for at in range(0, _PIECE - CHUNK + 1, CHUNK)]
            if sum(chance > 0.5 for chance in chances) >= _VOICED:
                found[name] += len(words_of(_text(process, piece)))
    return found
