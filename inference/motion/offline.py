"""Whole recordings to motion by a model that streams: memory stays flat however long they are."""

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import numpy as np

from avatar.rig.layout import samples_per_frame
from inference.motion.model import NEUTRAL, Audio, Conditions, Motion, MotionModel


def animate(
    model: MotionModel[Any], audio: Iterator[Audio], seed: int = 0, look_ahead: float | None = None,
    conditions: tuple[Conditions, Conditions] = (NEUTRAL, NEUTRAL), partner_motion: Motion | None = None,
) -> Iterator[Motion]:  # fmt: skip
    """Yield motion [2, T, 56] for blocks of audio [2, N], N a whole number of frames, in step with the sound.

    look_ahead: seconds that the faces may hear ahead; the most that the model can where None. The frames yielded are
    as many as the audio's; the face leads its sound as it does live. conditions: what is asked of each face.
    partner_motion: [T, 56], in step with the sound, which the second face shows and the first one answers, where the
    model lets it be told.
    """
    index = len(model.look_aheads) - 1
    if look_ahead is not None:
        index = max(i for i, ahead in enumerate(model.look_aheads) if ahead <= look_ahead + 1e-6)
    step = samples_per_frame(model.frames_per_second)
    late = round((model.look_aheads[index] + model.lead_seconds) * model.frames_per_second)
    silence = np.zeros((2, late * step), np.float32)
    state, dropped, known = model.start(seed), 0, None
    if partner_motion is not None:
        known = np.concatenate([np.repeat(partner_motion[:1], late, 0), partner_motion])
    for block in chain(audio, repeat(silence, 1)):
        frames = block.shape[1] // step
        seen = None if known is None else _first(known, frames)
        motion, state = model.step(block, state, (index, index), conditions, seen)
        if known is not None:
            known = known[min(frames, len(known) - 1) :]
        skip = min(late - dropped, motion.shape[1])
        dropped += skip
        if motion.shape[1] > skip:
            yield motion[:, skip:]


def _first(motion: Motion, frames: int) -> Motion:
    """Return the first frames, the last one held where there are not so many."""
    return motion[np.minimum(np.arange(frames), len(motion) - 1)]
