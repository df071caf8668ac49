"""The child process of a Piper voice (package piper-tts, installed by who wants it): lines of JSON in, WAV files out."""

import contextlib
import json
import sys
import wave

_NATURAL_RATE = 165  # words a minute that a Piper voice speaks at, about


def main(voice_file: str) -> None:
    """Answer every request {text, path, rate, volume} with one line of JSON."""

    def answer(**message: object) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    try:
        from piper import PiperVoice, SynthesisConfig

        voice = PiperVoice.load(voice_file)
    except Exception as error:  # the package may be missing, the file any file
        answer(ok=False, error=f"the Piper voice {voice_file} cannot be used: {error}")
        return
    answer(ok=True)
    for line in sys.stdin:
        request = json.loads(line)
        settings = SynthesisConfig(length_scale=_NATURAL_RATE / request["rate"], volume=request["volume"])
        try:
            with wave.open(request["path"], "wb") as file:
                voice.synthesize_wav(request["text"], file, syn_config=settings)
        except Exception as error:
            answer(ok=False, error=str(error) or type(error).__name__)
        else:
            answer(ok=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.argv[1])
