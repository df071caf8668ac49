"""The child process of a Piper voice (GPL-3.0, a program of its own): lines of JSON in and out, the sound in them.

python -m audio_io.voices.piper_child FILE.onnx NAME [SHA256]
"""

import base64
import contextlib
import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from audio_io.time.tape import SAMPLE_RATE, Audio
from audio_io.voices.piper_file import read_config, read_model, variant
from audio_io.voices.spelling import Reading, read_aloud
from audio_io.voices.word_times import Phoneme, word_times

_NATURAL_RATE: Final = 180  # at which espeak takes as long as joe does by itself, over 30 sentences
_SEMITONES: Final = 0.24  # a step of `pitch`, as espeak's
_LOUD, _PEAK = 0.09, 0.95  # rms of what is said, as espeak's; no sample is larger


class _Engine:
    """A Piper voice on one thread: a second makes no sentence sound sooner."""

    def __init__(self, file: Path, sha256: str) -> None:
        import onnxruntime
        from piper import PiperConfig, PiperVoice

        onnxruntime.set_seed(0)  # the same sentences sound the same at every start
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        config = PiperConfig.from_dict(read_config(file))
        session = onnxruntime.InferenceSession(read_model(file, sha256), options, providers=["CPUExecutionProvider"])
        self._voice: Any = PiperVoice(session, config)

    def speak(self, text: str, rate: int, semitones: float) -> tuple[Audio, list[tuple[float, int, int]]]:
        """Return text as sound [N] at 16 kHz, and its words (s, first letter, letters).

        semitones: how much higher: spoken slower and played faster, so that formants move along, as a smaller speaker's.
        """
        reading = self._read(text)
        higher = 2 ** (semitones / 12)
        sounds, phonemes, at = [], [], 0.0
        for signs in self._voice.phonemize(reading.text):
            if signs:
                sound, found = self._sentence(signs, higher, rate)
                phonemes += [Phoneme(one.sign, at + one.start) for one in found]
                at += len(sound) / SAMPLE_RATE
                sounds.append(sound)
        audio = np.concatenate([*sounds, np.zeros(0, np.float32)])
        return audio, self._words(reading, phonemes)

    def _read(self, text: str) -> Reading:
        """Return text as it is said; only of English is it known here what espeak reads wrong."""
        text = text.replace("[[", " [").replace("]]", "] ")  # Piper's own signs for phonemes
        english = self._voice.config.espeak_voice.startswith("en")
        return read_aloud(text) if english else Reading(text, tuple((i, i + 1) for i in range(len(text))))

    def _words(self, reading: Reading, phonemes: list[Phoneme]) -> list[tuple[float, int, int]]:
        """Return the words as they were written: one that is said as several begins with the first."""
        found: dict[int, tuple[float, int]] = {}
        for seconds, first, letters in word_times(reading.text, phonemes, self._alone) if phonemes else []:
            begin, count = reading.written(first, letters)
            found[begin] = found.get(begin, (seconds, 0))[0], count
        return [(seconds, first, letters) for first, (seconds, letters) in found.items()]

    def _alone(self, word: str) -> list[str]:
        return [sign for signs in self._voice.phonemize(word) for sign in signs]

    def _sentence(self, signs: list[str], higher: float, rate: int) -> tuple[Audio, list[Phoneme]]:
        from piper import SynthesisConfig

        config = self._voice.config
        scale = config.length_scale * higher * _NATURAL_RATE / rate
        ids = self._voice.phonemes_to_ids(signs)
        sound, lasting = self._voice.phoneme_ids_to_audio(ids, SynthesisConfig(length_scale=scale), True)
        audio = soxr.resample(np.asarray(sound, np.float32), config.sample_rate * higher, SAMPLE_RATE)
        if lasting is None:
            return audio, []
        known = [sign for sign in signs if sign in config.phoneme_id_map]
        # Begin and sign stand before, a pad between all: a sign sounds from the middle of the pad before it on.
        firsts = 2 + np.cumsum([0, *(len(config.phoneme_id_map[sign]) + 1 for sign in known)])[:-1]
        starts = (np.cumsum(lasting)[firsts - 1] - lasting[firsts - 1] / 2) / (config.sample_rate * higher)
        return audio, [Phoneme(sign, float(start)) for sign, start in zip(known, starts, strict=True)]


def _semitones(name: str, voices: list[str], pitch: int) -> float:
    """Return how much higher than it is the voice is asked for, by the pool's entry of its name and the pitch; never lower,
    where it would be hard to understand."""
    own = dict(map(variant, reversed(voices))).get(name, 0.0)
    return max(own + (pitch - 50) * _SEMITONES, 0.0)


def _sent(audio: Audio, volume: float) -> str:
    """Return sound [N] as loud as every voice is, as 16 bits a sample in base64."""
    loudness, peak = float(np.sqrt(np.mean(np.square(audio)))), float(np.abs(audio).max(initial=0))
    gain = min(_LOUD / max(loudness, 1e-6), _PEAK / max(peak, 1e-6)) * volume if len(audio) else 0.0
    return base64.b64encode((audio * gain * 32767).astype("<i2").tobytes()).decode()


def main(file: str, name: str, sha256: str = "") -> None:
    """Answer every request {text, voices, rate, pitch, volume} with {"ok": true, "sound": …, "words": […]}.

    sound: 16 kHz, 16 bits, in base64: nothing that is said is on the disk at any time.
    """

    def answer(**message: object) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    try:
        engine = _Engine(Path(file), sha256)
    except Exception as error:  # the package may be missing, the file any file
        answer(ok=False, error=f"the voice {name} cannot be used ({error})")
        return
    answer(ok=True)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            higher = _semitones(name, asked["voices"], asked["pitch"])
            audio, words = engine.speak(asked["text"], asked["rate"], higher)
        except Exception as error:  # a voice may be any graph
            answer(ok=False, error=str(error) or type(error).__name__)
        else:
            answer(ok=True, sound=_sent(audio, asked["volume"]), words=words)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main(*sys.argv[1:])
