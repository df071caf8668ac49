"""A conversation that is recorded already, on a timeline as a live session writes it: stretch by stretch, as far as needed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.session.flame_head import Identity
from app.session.models import animate_recording, block_samples, fitting_looks
from app.session.mood import conditions_of
from app.session.shown import Shown
from app.timeline.stored import HEARD
from app.timeline.timeline import Timeline
from audio_io.time.tape import SAMPLE_RATE, Tape
from avatar.rig.motion import MotionTrack

if TYPE_CHECKING:
    from inference.motion.model import Audio, Motion, MotionModel
    from inference.motion.recording import Recording

_KEPT_SECONDS: Final = 400.0  # of sound: DualTalk hears minutes, on a GPU, before it shows them


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of both faces, the first speaker's first.

    look_ahead: seconds that a model that streams may hear ahead, None for the most. partner_motion: [T, 56] at the model's
    rate, the second speaker's real motion. moods: in the words of `app.session.mood`. heads: by name, None for what fits the
    model; identities: shapes of those that are FLAME's.
    """

    seed: int = 0
    look_ahead: float | None = None
    partner_motion: "Motion | None" = None
    moods: tuple[str, str] = ("", "")
    heads: tuple[str | None, str | None] = (None, None)
    identities: tuple[Identity, Identity] = ((), ())


class OfflineSession:
    """Two voices and the motion of both faces on `timeline`, as far as `stretches` was iterated.

    blocks: the voices' sound [2, N] from the first sample on; moved: takes them, and yields the motion [2, n, 56] of them.
    """

    def __init__(
        self, blocks: "Iterator[Audio]", moved: "Callable[[Iterator[Audio]], Iterator[Motion]]", frames_per_second: int,
        seed: int = 0,
    ) -> None:  # fmt: skip
        voices = {name: Tape(_KEPT_SECONDS) for name in HEARD}
        tracks = MotionTrack(frames_per_second), MotionTrack(frames_per_second)
        self.timeline = Timeline(voices, tracks)
        self._seed = seed
        self._motion = moved(self._heard(blocks))

    def _heard(self, blocks: "Iterator[Audio]") -> "Iterator[Audio]":
        at = 0
        for block in blocks:
            for tape, row in zip(self.timeline.voices.values(), block, strict=True):
                tape.write(at, row)
            at += block.shape[1]
            yield block

    def stretches(self) -> "Iterator[Motion]":
        """Yield the next frames of motion [2, n, 56], which lie on the timeline by then, as does the sound below them."""
        frames = 0
        for motion in self._motion:
            for track, rows in zip(self.timeline.tracks, motion, strict=True):
                track.write(frames, rows)
            frames += motion.shape[1]
            yield motion

    def shown(self) -> Shown:
        """Return the timeline as it is seen; to be asked for when all is noted that there is besides sound and motion."""
        return Shown(self.timeline, self._seed)

    def cast(self, names: tuple[str, str], identities: tuple[Identity, Identity], basis: str) -> None:
        """Note whose heads are shown, and what the motion's expressions mean."""
        self.timeline.state("basis", 0, name=basis)
        self.timeline.state("heads", 0, names=names, identities=identities)


def animated(recording: "Recording", model: "MotionModel[Any]", asked: Asked) -> OfflineSession:
    """Return a recording as a motion model moves its faces; see `animate_recording` for what it raises."""
    conditions = conditions_of(asked.moods[0]), conditions_of(asked.moods[1])

    def moved(blocks: "Iterator[Audio]") -> "Iterator[Motion]":
        return animate_recording(
            model, recording, blocks, asked.seed, asked.look_ahead, asked.partner_motion, conditions
        )

    session = OfflineSession(recording.blocks(block_samples(model)), moved, model.frames_per_second, asked.seed)
    fitting = fitting_looks(model.basis)
    session.cast((asked.heads[0] or fitting[0], asked.heads[1] or fitting[1]), asked.identities, model.basis)
    session.timeline.state("model", 0, name=model.name)
    session.timeline.state("mood", 0, user=asked.moods[0], agent=asked.moods[1])
    return session


def with_motion(
    recording: "Recording", motion: "Motion", basis: str, frames_per_second: int, seed: int = 0
) -> OfflineSession:
    """Return a recording whose faces' motion [2, T, 56] is known; beyond its end there are no frames."""

    def moved(blocks: "Iterator[Audio]") -> "Iterator[Motion]":
        first = 0
        for block in blocks:
            last = first + block.shape[1] * frames_per_second // SAMPLE_RATE
            yield motion[:, first:last]
            first = last

    session = OfflineSession(recording.blocks(SAMPLE_RATE), moved, frames_per_second, seed)
    session.cast(fitting_looks(basis), ((), ()), basis)
    return session
