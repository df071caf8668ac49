"""What is shown of a timeline at any of its samples: faces, heads, basis, dials, captions. Knows no clock."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from app.conversation.conversation import SHOWN_SECONDS
from app.conversation.utterance import Utterance, shown
from app.session.faces import Faces
from app.session.flame_head import Identity
from app.timeline.stored import Stored
from app.timeline.timeline import AGENT, WORDS, Entry, Timeline
from audio_io.time.tape import SAMPLE_RATE
from audio_io.voices.voice import Word
from avatar.life.blinks import Dials
from avatar.rig.basis import NAMED

Cast = tuple[tuple[str, str], tuple[Identity, Identity]]  # heads by name, user's first, and the shapes of FLAME's
Captions = tuple[tuple[str, bool], tuple[str, int]]
_SENTENCES: Final = 32  # of a reply, that a caption looks back and ahead for


class _Row:
    """Entries of some kinds in the order of their samples."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.at)
        self._at = [entry.at for entry in self.entries]

    def before(self, at: float) -> int:
        """Return how many there are up to a sample."""
        return bisect_right(self._at, at)

    def state(self, at: float) -> Entry | None:
        """Return what holds at a sample: before the first, the first."""
        return self.entries[max(self.before(at) - 1, 0)] if self.entries else None


class Shown:
    """A timeline as it is seen, once all its entries are noted; sound and motion may still come. seed: of the eyes' chance."""

    def __init__(self, timeline: Timeline, seed: int) -> None:
        self.timeline = timeline
        self._states = {kind: _Row(timeline.entries(kind)) for kind in ("delay", "basis", "heads", "dials", "agent")}
        self._said = _Row(timeline.entries("partial", "turn", "typed"))
        self._words = _Row([entry for entry in timeline.entries(WORDS) if entry.facts["who"] == AGENT])
        self._faces = Faces.over(timeline, seed)

    def faces(self, at: float) -> Faces:
        """Return both faces, with the dials of a sample."""
        found = self._states["dials"].state(at)
        dials = Dials(found.facts["blinks"], found.facts["contact"]) if found and found.at <= at else Dials()
        return replace(self._faces, dials=(dials, dials))

    def delay(self, at: float) -> float:
        """Return the samples by which the person's face is shown late at a sample."""
        found = self._states["delay"].state(at)
        return float(found.facts["samples"]) if found else 0.0

    def basis(self, at: float) -> str:
        """Return what the expressions of the motion at a sample mean."""
        found = self._states["basis"].state(at)
        return str(found.facts["name"]) if found else NAMED

    def cast(self, at: float) -> Cast | None:
        """Return whose heads are shown at a sample, None where it is not known."""
        found = self._states["heads"].state(at)
        return (found.facts["names"], found.facts["identities"]) if found else None

    def agent(self, at: float) -> str:
        """Return the agent's name at a sample, empty where there is none."""
        found = self._states["agent"].state(at)
        return str(found.facts["name"]) if found else ""

    def captions(self, at: float) -> Captions:
        """Return what is written under the heads; see `Conversation.captions`. Of the agent's text, what was really said."""
        number = self._said.before(at)
        last = self._said.entries[number - 1] if number else None
        own = last is not None and at - last.at < SHOWN_SECONDS * SAMPLE_RATE
        person = (last.facts["text"], last.kind != "partial") if last is not None and own else ("", True)
        number = self._words.before(at)
        near = self._words.entries[max(number - _SENTENCES, 0) : number + _SENTENCES]
        return person, shown([_utterance(entry) for entry in near], at)


class Replayed(Shown):
    """A stored session as it was seen. seed: another chance for the eyes than was recorded."""

    def __init__(self, stored: Stored, seed: int | None = None) -> None:
        super().__init__(stored.timeline, stored.facts.seed if seed is None else seed)
        self.stored = stored


def _utterance(entry: Entry) -> Utterance:
    """Return a sentence as the timeline kept it, without its sound."""
    facts = entry.facts
    words = tuple(Word(start - entry.at, first, last) for start, _, first, last in facts["words"])
    silence = np.broadcast_to(np.float32(0), (max(facts["end"] - entry.at, 0),))
    whole = Utterance(
        facts["reply"], facts["text"], entry.at, silence, words, murmur=facts["murmur"], letters=facts["letters"]
    )  # fmt: skip
    return whole.cut(facts["cut"]) if "cut" in facts else whole
