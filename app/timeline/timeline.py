"""What is true of a conversation, by sample: voices, both faces' motion, and all that happened. A recording writes it down."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.log import note_event
from audio_io.time.tape import Tape
from avatar.rig.motion import MotionTrack

USER, AGENT = 0, 1  # places in tapes, tracks, faces and heads; in entries, who
# The microphone as captured, and cleaned of echo; the agent's speech, and what the loudspeaker was really given.
VOICES: Final = ("user_raw", "user", "agent_raw", "agent")
FORGET: Final = "forget"
# Noted when it is planned: what is said, and what of it shows on the face.
WORDS: Final = "words"
AFFECT: Final = "affect"
PLANNED: Final = (WORDS, AFFECT)
# What holds until it is noted anew; a recording begins with what holds then.
STATES: Final = ("agent", "hearing", "model", "basis", "heads", "dials", "mood", "delay")
_MOST: Final = 50_000  # entries: the oldest give way, as sound does on a tape


@dataclass(frozen=True)
class Entry:
    """Something that happened, at a sample.

    generation: how often something had been forgotten before it was noted; time: unix s.
    """

    kind: str
    at: int
    generation: int = 0
    time: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


Follower = Callable[[Entry], object]


class Timeline:
    """Tapes by the voice's name, two motion tracks, user's first, and the entries. All from any thread.

    ahead: names of the voices that are written before they are heard, and forgotten where that is cut.
    """

    def __init__(
        self, voices: Mapping[str, Tape], tracks: tuple[MotionTrack, MotionTrack], ahead: Sequence[str] = ()
    ) -> None:
        self.voices, self.tracks = dict(voices), tracks
        self._ahead = [self.voices[name] for name in ahead]
        self._entries: deque[Entry] = deque()
        self._by_kind: defaultdict[str, deque[Entry]] = defaultdict(deque)
        self._states: dict[str, Entry] = {}
        self._generation = 0
        self._followers: tuple[Follower, ...] = ()
        self._lock = threading.Lock()

    @property
    def tapes(self) -> tuple[Tape, Tape]:
        """What both faces hear, user's first: of the agent, what it says, before it sounds where that is written ahead."""
        return self.voices["user"], self.voices.get("agent_raw", self.voices["agent"])

    def note(self, kind: str, at: int, **facts: Any) -> None:
        """Keep that something happened, or is so from a sample on."""
        with self._lock:
            self._keep(Entry(kind, at, self._generation, round(time.time(), 3), facts))

    def state(self, kind: str, at: int, **facts: Any) -> bool:
        """Keep and log what holds from a sample on, one of STATES, where it is another than before; return whether it was."""
        with self._lock:
            known = self._states.get(kind)
            if known is not None and known.facts == facts:
                return False
            self._keep(Entry(kind, at, self._generation, round(time.time(), 3), facts))
        note_event(kind, at, facts)
        return True

    def _keep(self, entry: Entry) -> None:
        if len(self._entries) == _MOST:
            self._by_kind[self._entries.popleft().kind].popleft()
        self._entries.append(entry)
        self._by_kind[entry.kind].append(entry)
        if entry.kind in STATES:
            self._states[entry.kind] = entry
        for follower in self._followers:
            follower(entry)

    def take(self, entries: Sequence[Entry]) -> None:
        """Keep entries as they are, as a file has them."""
        with self._lock:
            for entry in entries:
                self._keep(entry)

    def forget(self, sample: int) -> None:
        """Forget what was planned from a sample on: sound that is ahead of what is heard, motion, words and feelings."""
        for tape in self._ahead:
            tape.forget(sample)
        for track in self.tracks:
            track.forget(sample)
        with self._lock:
            self._generation += 1
            self._entries = deque(forgotten(self._entries, sample))
            for kind in PLANNED:
                self._by_kind[kind] = deque(entry for entry in self._entries if entry.kind == kind)
            for follower in self._followers:
                follower(Entry(FORGET, sample, self._generation, round(time.time(), 3)))

    def entries(self, *kinds: str) -> list[Entry]:
        """Return what happened, in the order in which it was noted; of some kinds only, where they are named."""
        with self._lock:
            if len(kinds) == 1:
                return list(self._by_kind.get(kinds[0], ()))
            return [entry for entry in self._entries if not kinds or entry.kind in kinds]

    def between(self, kind: str, after: float, last: float) -> list[Entry]:
        """Return the entries of a kind after a sample, up to a last one, in the order of their samples."""
        with self._lock:
            found = [entry for entry in self._by_kind.get(kind, ()) if after < entry.at <= last]
        return sorted(found, key=lambda entry: entry.at)

    def standing(self, sample: int) -> list[Entry]:
        """Return what holds now, and what is planned from a sample on."""
        with self._lock:
            return self._standing(sample)

    def _standing(self, sample: int) -> list[Entry]:
        planned = [entry for entry in self._entries if entry.kind in PLANNED and entry.at >= sample]
        return [*self._states.values(), *planned]

    def at(self, kind: str, sample: float) -> Entry | None:
        """Return which entry of a kind is the last at a sample; before the first, the first, if it holds a state."""
        found = self.entries(kind)
        before = [entry for entry in found if entry.at <= sample]
        return before[-1] if before else found[0] if found and kind in STATES else None

    def follow(self, follower: Follower, sample: int) -> list[Entry]:
        """Hand over every entry from now on, that something is forgotten as one of kind FORGET.

        Return what holds now, and what is planned from a sample on. The follower must return at once.
        """
        with self._lock:
            self._followers = (*self._followers, follower)
            return self._standing(sample)

    def leave(self, follower: Follower) -> None:
        """Hand over no more."""
        with self._lock:
            self._followers = tuple(one for one in self._followers if one != follower)


def forgotten(entries: Sequence[Entry] | deque[Entry], sample: int) -> list[Entry]:
    """Return entries without what was planned from a sample on; a sentence under way then is `cut` there."""
    kept = []
    for entry in entries:
        if entry.kind in PLANNED and entry.at >= sample:
            continue
        if entry.kind == WORDS and entry.facts["end"] > sample and "cut" not in entry.facts:
            entry = replace(entry, facts={**entry.facts, "cut": sample})
        kept.append(entry)
    return kept
