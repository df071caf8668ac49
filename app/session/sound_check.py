"""The sound check of a live session: silence, a chirp, a spoken sentence; then the way to speak that suits is chosen."""

import time
from typing import TYPE_CHECKING, Final

from app.errors import MissingError
from app.settings import Mode
from app.timeline.timeline import USER
from audio_io.devices.sound_check import LONGEST_DELAY, SoundCheck, chirp, judged
from audio_io.notice import Notice, Tell
from audio_io.time.tape import SAMPLE_RATE

if TYPE_CHECKING:
    from app.session.session import Session

_SILENCE_SECONDS: Final = 1.0
_SETTLED_SECONDS: Final = 0.4  # until what was captured is on the tape
_SENTENCE: Final = "This is how I sound. One, two, three, four, five. Now I know the way from here to your microphone."
_LEARNING_SECONDS: Final = 2.5  # of the sentence, in which the canceller learns the room
_PATIENCE: Final = 15.0


def check_sound(session: "Session", say: Tell) -> SoundCheck:
    """Check the sound of a session, which listens meanwhile and does not answer; takes about ten seconds.

    Raises MissingError where microphone or loudspeaker is missing, RuntimeError where the sentence cannot be spoken or the
    session is closed.
    """
    for kind in ("microphone", "loudspeaker"):
        if session.devices.device(kind) is None:
            raise MissingError(f"the sound check needs a {kind}, and there is none")
    say(Notice("sound check: please be quiet for ten seconds"))
    session.conversation.dialogue.stop()
    session.check(True)
    try:
        return _measure(session)
    finally:
        session.check(False)


def _measure(session: "Session") -> SoundCheck:
    def wait_for(sample: float) -> None:
        _wait(session, max(sample / SAMPLE_RATE - session.clock.now() / SAMPLE_RATE, 0) + _SETTLED_SECONDS)

    wait_for(session.clock.now() + _SETTLED_SECONDS * SAMPLE_RATE)
    begin = int(session.clock.now())
    wait_for(begin + _SILENCE_SECONDS * SAMPLE_RATE)
    silence = session.captured.read(begin, round(_SILENCE_SECONDS * SAMPLE_RATE))
    tone = chirp()
    start = int(session.clock.now()) + round(0.3 * SAMPLE_RATE)
    session.heard.write(start, tone)
    count = len(tone) + round((LONGEST_DELAY + 0.2) * SAMPLE_RATE)
    wait_for(start + count)
    with_chirp = session.captured.read(start, count)
    begin, end = _spoken(session)
    wait_for(end)
    count = end - begin
    return judged(
        silence, with_chirp, session.played.read(begin, count), session.captured.read(begin, count),
        session.tapes[USER].read(begin, count),
    )  # fmt: skip


def _wait(session: "Session", seconds: float) -> None:
    if session.closed.wait(seconds):
        raise RuntimeError("the sound check ended with the session")


def _spoken(session: "Session") -> tuple[int, int]:
    """Speak the sentence; return the samples between which it is measured."""
    generation = session.speech.begin()
    session.speech.say(_SENTENCE, generation)
    until = time.monotonic() + _PATIENCE
    while session.speech.speaking and time.monotonic() < until:
        _wait(session, 0.05)
    begin = session.speech.first_sample(generation)
    if begin is None:
        raise RuntimeError("the sentence of the sound check was not spoken: run ./run doctor to see what is missing")
    return begin + round(_LEARNING_SECONDS * SAMPLE_RATE), int(session.clock.now())


def apply(session: "Session", found: SoundCheck) -> Mode:
    """Use the way to speak that a check found; return it."""
    mode = Mode(found.mode)
    session.use_mode(mode)
    return mode
