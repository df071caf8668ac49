"""Free voices that say when each phone sounds: flite, festival, espeak-ng (all Debian packages)."""

import ctypes
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from audio_io.time.tape import SAMPLE_RATE
from inference.data.phones import Phone, from_arpabet, from_ipa


@dataclass(frozen=True)
class Utterance:
    """Speech [samples] float32 at 16 kHz with its text and the times of its phones."""

    text: str
    audio: NDArray[np.float32]
    phones: list[Phone]


def _read(path: Path) -> NDArray[np.float32]:
    audio, rate = soundfile.read(path, dtype="float32")
    return _at_16k(audio, rate)


def _at_16k(audio: NDArray[np.floating], rate: int) -> NDArray[np.float32]:
    return np.asarray(soxr.resample(audio, rate, SAMPLE_RATE), np.float32)


_FLITE_PITCH: Final = {"awb": 130, "rms": 105, "slt": 190, "kal16": 105}
# One festival process speaks a batch: starting it costs more than speaking.
_FESTIVAL_BATCH: Final = 40


def _flite(voice: str, texts: list[str], rng: random.Random) -> Iterator[Utterance]:
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        for text in texts:
            shift = float(np.exp(rng.uniform(-0.25, 0.35)))
            settings = {
                "duration_stretch": f"{rng.uniform(0.72, 1.25):.2f}",
                "int_f0_target_mean": f"{_FLITE_PITCH[voice] * shift:.0f}",
                "int_f0_target_stddev": f"{rng.uniform(8, 28):.0f}",
            }
            flags = [part for key, value in settings.items() for part in ("--setf", f"{key}={value}")]
            command = ["flite", "-voice", voice, *flags, "-psdur", "-t", text, str(wav)]
            spoken = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            phones, start = [], 0.0
            for token in spoken.split():
                symbol, end = token.rsplit(":", 1)
                phones.append(Phone(from_arpabet(symbol), start, float(end)))
                start = float(end)
            yield Utterance(text, _read(wav), phones)


def _festival(voice: str, texts: list[str], rng: random.Random) -> Iterator[Utterance]:
    for first in range(0, len(texts), _FESTIVAL_BATCH):
        batch = [text.replace('"', "").replace("\\", "") for text in texts[first : first + _FESTIVAL_BATCH]]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            lines = [f"({voice})"]
            for index, text in enumerate(batch):
                lines += [
                    f"(Parameter.set 'Duration_Stretch {rng.uniform(0.75, 1.25):.2f})",
                    f'(set! u (utt.synth (Utterance Text "{text}")))',
                    f'(utt.save.wave u "{folder}/{index}.wav")',
                    f'(utt.save.segs u "{folder}/{index}.lab")',
                ]
            script = folder / "speak.scm"
            script.write_text("\n".join(lines) + "\n")
            subprocess.run(["festival", "-b", str(script)], capture_output=True, check=False)
            for index in range(len(batch)):
                wav = folder / f"{index}.wav"
                if wav.exists():  # festival gives up on a few lines
                    yield Utterance(batch[index], _read(wav), _segments(wav.with_suffix(".lab")))


def _segments(path: Path) -> list[Phone]:
    phones, start = [], 0.0
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0].replace(".", "").isdigit():
            phones.append(Phone(from_arpabet(fields[2]), start, float(fields[0])))
            start = float(fields[0])
    return phones


class _EspeakEvent(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("milliseconds", ctypes.c_int), ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p), ("phone", ctypes.c_char * 8),
    )  # fmt: skip


_PHONEME_EVENT: Final = 7
_ESPEAK_CALLBACK: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent)
)
_SYNCHRONOUS, _PHONEMES_AS_IPA, _RATE, _PITCH, _UTF8 = 2, 3, 1, 3, 1


def _espeak(voices: str, texts: list[str], rng: random.Random) -> Iterator[Utterance]:
    library = ctypes.CDLL("libespeak-ng.so.1")
    rate = library.espeak_Initialize(_SYNCHRONOUS, 2000, None, _PHONEMES_AS_IPA)
    audio: list[NDArray[np.int16]] = []
    marks: list[tuple[float, str]] = []

    def receive(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            audio.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type:
            if events[index].type == _PHONEME_EVENT:
                marks.append((events[index].milliseconds / 1000, events[index].phone.decode("utf-8", "ignore")))
            index += 1
        return 0

    callback = _ESPEAK_CALLBACK(receive)
    library.espeak_SetSynthCallback(callback)
    for text in texts:
        audio.clear()
        marks.clear()
        library.espeak_SetVoiceByName(rng.choice(voices.split()).encode())
        library.espeak_SetParameter(_RATE, rng.randint(135, 210), 0)
        library.espeak_SetParameter(_PITCH, rng.randint(25, 75), 0)
        encoded = text.encode()
        library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        if audio:
            sound = np.concatenate(audio).astype(np.float32) / 32768
            ends = [start for start, _ in marks[1:]] + [len(sound) / rate]
            phones = [Phone(from_ipa(s), a, b) for (a, s), b in zip(marks, ends, strict=True) if b > a]
            yield Utterance(text, _at_16k(sound, rate), phones)


_Engine = Callable[[str, list[str], random.Random], Iterator[Utterance]]
_ENGLISH_A: Final = "en-us en-us+f2 en-us+m3 en-gb en-gb+f4 en-us+m7 en-gb-scotland en-us+Annie en-us+f5 en-029"
_ENGLISH_B: Final = "en-us+m1 en-us+f1 en-gb+m5 en-gb-x-rp+m2 en-us+f3 en-us+m4 en-us+klatt2 en-gb+f5 en-us+m6"
_ENGLISH_C: Final = (
    "en-us+Andy en-gb+Alicia en-us+linda en-gb-x-gbcwmd en-us+zac en-us+grandma en-us+f4 en-gb+m2 en-us+victor en-us+steph "
    "en-gb+quincy en-us+edward en-us+belinda en-gb+travis"
)
_OTHERS: Final = "de fr-fr es it pt-br nl pl sv cs tr de+f2 fr-fr+f3 es+f4 it+f1 nl+f2 pl+f3 sv+f5 tr+f1"
# Name: engine, its voice or voices, and how many sentences it speaks. Every one of them is free to use.
VOICES: Final[dict[str, tuple[_Engine, str, int]]] = {
    "flite_rms": (_flite, "rms", 700), "flite_slt": (_flite, "slt", 700), "flite_awb": (_flite, "awb", 700),
    "flite_kal16": (_flite, "kal16", 500), "festival_ked": (_festival, "voice_ked_diphone", 500),
    "festival_slt": (_festival, "voice_cmu_us_slt_arctic_hts", 500), "espeak_english_a": (_espeak, _ENGLISH_A, 600),
    "espeak_english_b": (_espeak, _ENGLISH_B, 500), "espeak_english_c": (_espeak, _ENGLISH_C, 500),
    "espeak_others": (_espeak, _OTHERS, 500),
}  # fmt: skip
HELD_OUT: Final[dict[str, tuple[_Engine, str, int]]] = {
    "festival_kal": (_festival, "voice_kal_diphone", 60), "espeak_clan": (_espeak, "en-gb-x-gbclan+f1", 60),
}  # fmt: skip


def speak(name: str, texts: list[str], seed: int) -> Iterator[Utterance]:
    """Yield what the named voice makes of the texts, varying rate and pitch; short failures are left out."""
    engine, voice, _ = (VOICES | HELD_OUT)[name]
    for utterance in engine(voice, texts, random.Random(seed)):
        if len(utterance.audio) >= 3200 and utterance.phones:
            yield utterance
