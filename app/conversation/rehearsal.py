"""What the agent is likely to say next is spoken beforehand, while nobody talks, so that it sounds as soon as it is decided."""

import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from app.agents.persona.persona import Persona
from app.agents.persona.state import PersonaState
from app.conversation.lines import lines_of
from app.conversation.speech import Synthesiser
from audio_io.voices.voice import Spoken, VoiceSettings

_MOST: Final = 300  # first sentences that are kept, some 25 MB
_QUICK_SECONDS: Final = 0.05  # a voice that takes no longer has no need of it
_REST: Final = 3.0  # times as long as it worked: a quarter of a core, for some minutes
_LEAST_REST: Final = 0.02  # s
_NEEDLESS_REST: Final = 30.0  # s until it is tried again: another voice may have come

Likely = tuple[Persona, PersonaState]


class Rehearsal:
    """A voice that remembers what it has rehearsed. `speak` and `step` on one loop."""

    def __init__(self, voice: Synthesiser) -> None:
        self._voice = voice
        self._spoken: OrderedDict[tuple[str, VoiceSettings], Spoken] = OrderedDict()
        self._about: Likely | None = None
        self._sentences: Iterator[str] = iter(())
        self._rest_until = 0.0

    def speak(self, sentence: str, settings: VoiceSettings) -> Spoken:
        """Return a sentence as sound; raise as the voice does."""
        spoken = self._spoken.get((sentence, settings))
        return spoken if spoken is not None else self._voice.speak(sentence, settings)

    def step(self, likely: Likely | None) -> bool:
        """Rehearse how the next answer may begin, one at a time; likely: who would give it, from which state, None where
        nobody knows or somebody speaks. Return False: it never keeps its loop from resting."""
        begun = time.monotonic()
        if likely is None or begun < self._rest_until:
            return False
        if likely != self._about:
            self._about, self._sentences = likely, _beginnings(*likely)
        sentence, settings = next(self._sentences, ""), likely[0].voice
        new = bool(sentence) and (sentence, settings) not in self._spoken
        needless = new and not self._rehearsed(sentence, settings)
        worked = time.monotonic() - begun
        self._rest_until = begun + worked + (_NEEDLESS_REST if needless else max(_REST * worked, _LEAST_REST))
        return False

    def _rehearsed(self, sentence: str, settings: VoiceSettings) -> bool:
        """Keep a sentence's sound; return whether that helps: not where the voice is quick, or cannot speak just now."""
        begun = time.monotonic()
        try:
            spoken = self._voice.speak(sentence, settings)
        except RuntimeError:
            return False  # it is told when something has to be said
        if time.monotonic() - begun < _QUICK_SECONDS:
            return False
        self._spoken[sentence, settings] = spoken
        if len(self._spoken) > _MOST:
            self._spoken.popitem(last=False)
        return True


def _beginnings(persona: Persona, state: PersonaState) -> Iterator[str]:
    """Yield the first sentence of a persona's answer to each phrase that it expects."""
    for phrase in persona.phrases:
        pieces = tuple(persona.reply(state, phrase).pieces)
        lines = lines_of(pieces[0], early=True) if pieces else []
        yield lines[0][0] if lines else ""
