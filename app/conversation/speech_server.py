"""The child process of an OpenAI-compatible speech server (POST audio/speech): lines of JSON in and out, the sound in them.

python -m app.conversation.speech_server ADDRESS[#[MODEL:]VOICE]
"""

import base64
import contextlib
import io
import json
import sys
import time
from typing import Any, Final

import numpy as np
import soundfile
import soxr

from app.agents.language_model.server import ServerError, accept, client, in_our_words, key_for, plain
from app.errors import MissingError
from audio_io.time.tape import SAMPLE_RATE, Audio
from audio_io.voices.voice import Command

_MODEL, _VOICE = "tts-1", "alloy"
_RATE: Final = 165  # words a minute that a server's own speed stands for
_SLOWEST, _FASTEST = 0.25, 4.0  # that servers take
_SILENT_SECONDS: Final = 4.0  # without a byte
_WHOLE_SECONDS: Final = 12.0
_MOST_BYTES: Final = 20_000_000


def command(address: str) -> Command:
    """Return the command of the child that speaks through a server; raise MissingError where the address is none."""
    try:
        plain(address.partition("#")[0])
    except ServerError as error:
        raise MissingError(f"no speech server can be at {address.partition('#')[0]!r}: {error}") from error
    return (sys.executable, "-m", "app.conversation.speech_server", address)


def spoken(asking: Any, body: dict[str, Any]) -> Audio:
    """Return what a server speaks, as sound [N] at 16 kHz; raise ServerError where it fails, is slow or sends no sound."""
    until, data = time.monotonic() + _WHOLE_SECONDS, bytearray()
    with in_our_words(), asking.stream("POST", "audio/speech", json=body) as answer:
        accept(answer.status_code)
        for piece in answer.iter_raw():
            data += piece
            if len(data) > _MOST_BYTES or time.monotonic() > until:
                raise ServerError("its answer has no end")
    try:
        sound, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ServerError("it sent no sound") from error
    if not len(sound) or not np.isfinite(sound).all():
        raise ServerError("it sent no sound")
    audio: Audio = soxr.resample(sound.mean(1), rate, SAMPLE_RATE).astype(np.float32)
    return audio


def main(address: str) -> None:
    """Answer every request {text, rate, volume} with {"ok": true, "sound": …}, 16 kHz, 16 bits, in base64."""

    def answer(**message: object) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    place, _, names = address.partition("#")
    model, _, voice = names.rpartition(":")
    with client(place, key_for(place), _SILENT_SECONDS) as asking:
        answer(ok=True)
        for line in sys.stdin:
            asked = json.loads(line)
            speed = min(max(asked["rate"] / _RATE, _SLOWEST), _FASTEST)
            body = {
                "model": model or _MODEL, "voice": voice or _VOICE, "input": asked["text"], "response_format": "wav",
                "speed": round(speed, 3),
            }  # fmt: skip
            try:
                audio = np.clip(spoken(asking, body) * asked["volume"], -1, 1)
            except Exception as error:  # servers fail in every way
                reason = str(error) if isinstance(error, ServerError) else type(error).__name__
                answer(ok=False, error=f"the speech server at {plain(place)} failed ({reason})")
            else:
                answer(ok=True, sound=base64.b64encode((audio * 32767).astype("<i2").tobytes()).decode())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.argv[1])
