"""Recordings to motion by DualTalk: a clip at once, as in the paper; an hour by overlapping windows in flat memory."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch

from avatar.layout import MOTION_SIZE
from inference.dualtalk.duo import clip_features, duo_motion, duo_voices
from inference.dualtalk.network import DualTalkNetwork, normalised
from inference.dualtalk.timing import FRAME, FRAMES_PER_SECOND, frames_of
from inference.model import Audio, Motion
from inference.recording import Recording

WHOLE_SECONDS: Final = 60  # a recording up to so long is one window
WINDOW: Final = 30 * FRAMES_PER_SECOND
OVERLAP: Final = 4 * FRAMES_PER_SECOND
_FADE: Final = 2 * FRAMES_PER_SECOND  # in the middle of the overlap: the edges of a window know least
_PIECE: Final = 50
_VARIANCE_FLOOR: Final = 1e-7


def windows_of(frames: int) -> list[tuple[int, int]]:
    """Return first and last frame + 1 of each window; the last ends with the recording."""
    if frames <= WHOLE_SECONDS * FRAMES_PER_SECOND:
        return [(0, frames)]
    starts = [*range(0, frames - WINDOW, WINDOW - OVERLAP), frames - WINDOW]
    return [(start, start + WINDOW) for start in starts]


def animate_whole(
    network: DualTalkNetwork, recording: Recording, blocks: Iterator[Audio], partner_motion: Motion | None = None
) -> Iterator[Motion]:
    """Yield motion [2, n, 56] of both speakers, in pieces, for a recording whose sound `blocks` [2, M] delivers.

    Each voice is normalised over all of the recording. partner_motion: [T, 56] at 25 frames/s, the second speaker's real
    motion, which is then its own; else both heads are generated together, each feeding the other.
    """
    frames = frames_of(recording.samples)
    mean, variance = recording.statistics()
    scale = 1 / np.sqrt(variance + _VARIANCE_FLOOR)
    before = np.zeros((2, 0, MOTION_SIZE), np.float32)  # of the last window, what overlaps the next
    first_heard, heard = 0, np.zeros((2, 0), np.float32)
    windows = windows_of(frames)
    for number, (first, last) in enumerate(windows):
        end = min(last * FRAME, recording.samples)
        while first_heard + heard.shape[1] < end:
            heard = np.concatenate([heard, next(blocks)], 1)
        heard, first_heard = heard[:, first * FRAME - first_heard :], first * FRAME
        audio = (heard[:, : end - first_heard] - mean[:, None]) * scale[:, None]
        given = None if partner_motion is None else partner_motion[first:last]
        motion = _window_motion(network, audio.astype(np.float32), before, given)
        motion[:, : before.shape[1]] = _faded(before, motion[:, : before.shape[1]])
        following = windows[number + 1][0] if number + 1 < len(windows) else last
        for start in range(0, following - first, _PIECE):
            yield motion[:, start : min(start + _PIECE, following - first)]
        before = motion[:, following - first :]
    for _ in blocks:  # what pads the last block belongs to nobody, but whoever delivers wants to be done
        pass


@torch.inference_mode()
def answer(network: DualTalkNetwork, own_audio: Audio, partner_audio: Audio, partner_motion: Motion) -> Motion:
    """Return a clip's motion [T, 56] from both voices [N] and the partner's real motion [T, 56], T = N / 640 rounded up.

    It is what the network gives at once; the convolutions, which would need the most memory, go piece by piece.
    """
    device = network.joint_encoder.audio_projection.weight.device
    audio = normalised(torch.from_numpy(np.stack([own_audio, partner_audio])).to(device))
    own, partner = (clip_features(encoder, audio[row : row + 1]) for row, encoder in enumerate(network.encoders))
    motion = network.respond(*network.contextualised(own, partner), torch.from_numpy(partner_motion)[None].to(device))
    return np.asarray(motion[0].cpu().numpy(), np.float32)


@torch.inference_mode()
def _window_motion(network: DualTalkNetwork, audio: Audio, before: Motion, given: Motion | None) -> Motion:
    device = network.joint_encoder.audio_projection.weight.device
    own, partner = duo_voices(network, torch.from_numpy(audio).to(device))
    if given is not None:
        partner_motion = torch.from_numpy(given)[None].to(device)
        drawn = network.respond(own[:1], partner[:1], partner_motion)
        return np.asarray(torch.cat([drawn, partner_motion]).cpu().numpy(), np.float32)
    guess = torch.zeros(2, own.shape[1], MOTION_SIZE, device=device)
    guess[:, : before.shape[1]] = torch.from_numpy(before)
    return np.asarray(duo_motion(network, own, partner, guess).cpu().numpy(), np.float32)


def _faded(old: Motion, new: Motion) -> Motion:
    """Return frames [2, n, 56] that go over from old to new in the middle."""
    count = old.shape[1]
    place = (np.arange(count) - count / 2 + _FADE / 2 + 0.5) / _FADE
    share = np.clip(place, 0, 1).astype(np.float32)[:, None]
    return np.asarray(old + (new - old) * share, np.float32)
