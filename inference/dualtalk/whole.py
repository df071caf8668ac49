"""Recordings to motion by DualTalk: a clip at once, as in the paper; an hour by overlapping windows in flat memory."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch

from avatar.rig.layout import MOTION_SIZE
from inference.dualtalk.duo import clip_features, duo_motion, duo_voices
from inference.dualtalk.network import VARIANCE_FLOOR, DualTalkNetwork, normalised
from inference.dualtalk.timing import FRAME, FRAMES_PER_SECOND, frames_of
from inference.motion.model import Audio, Motion
from inference.motion.recording import Recording

WHOLE_SECONDS: Final = 60  # a recording up to so long is one window
WINDOW: Final = 30 * FRAMES_PER_SECOND
OVERLAP: Final = 4 * FRAMES_PER_SECOND
_FADE: Final = 2 * FRAMES_PER_SECOND  # in the middle of the overlap: the edges of a window know least
_PIECE: Final = 50
_AT_ONCE: Final = {"cuda": 8}  # windows; the recurrence is one step after the other, however many there are


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
    windows = windows_of(frames_of(recording.samples))
    before = np.zeros((2, 0, MOTION_SIZE), np.float32)  # of the last window, what overlaps the next
    following = [first for first, _ in windows[1:]] + [windows[-1][1]]
    drawn = _windows_motion(network, _window_sound(recording, blocks, windows), windows, partner_motion)
    for (first, _), end, motion in zip(windows, following, drawn, strict=True):
        motion[:, : before.shape[1]] = _faded(before, motion[:, : before.shape[1]])
        for start in range(0, end - first, _PIECE):
            yield motion[:, start : min(start + _PIECE, end - first)]
        before = motion[:, end - first :]


def _window_sound(recording: Recording, blocks: Iterator[Audio], windows: list[tuple[int, int]]) -> Iterator[Audio]:
    """Yield the normalised sound [2, N] of each window."""
    mean, variance = recording.statistics()
    scale = 1 / np.sqrt(variance + VARIANCE_FLOOR)
    first_heard, heard = 0, np.zeros((2, 0), np.float32)
    for first, last in windows:
        end = min(last * FRAME, recording.samples)
        while first_heard + heard.shape[1] < end:
            heard = np.concatenate([heard, next(blocks)], 1)
        heard, first_heard = heard[:, first * FRAME - first_heard :], first * FRAME
        sound = ((heard[:, : end - first_heard] - mean[:, None]) * scale[:, None]).astype(np.float32)
        missing = (last - first) * FRAME - sound.shape[1]
        yield sound if len(windows) == 1 else np.pad(sound, ((0, 0), (0, missing)))
    for _ in blocks:  # what pads the last block belongs to nobody, but whoever delivers wants to be done
        pass


def _windows_motion(
    network: DualTalkNetwork, sounds: Iterator[Audio], windows: list[tuple[int, int]], partner_motion: Motion | None
) -> Iterator[Motion]:
    """Yield each window's motion [2, T, 56], as many windows computed at once as the device takes gladly."""
    at_once = _AT_ONCE.get(network.joint_encoder.audio_projection.weight.device.type, 1)
    for start in range(0, len(windows), at_once):
        group = windows[start : start + at_once]
        audio = np.stack([next(sounds) for _ in group], 1)
        given = None if partner_motion is None else np.stack([partner_motion[first:last] for first, last in group])
        yield from _batch_motion(network, audio, given).swapaxes(0, 1)
    next(sounds, None)  # it has to hear the end


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
def _batch_motion(network: DualTalkNetwork, audio: Audio, given: Motion | None) -> Motion:
    """Return motion [2, B, T, 56] of normalised sound [2, B, N]. given: the second speakers' motion [B, T, 56]."""
    device = network.joint_encoder.audio_projection.weight.device
    count = audio.shape[1]
    own, partner = duo_voices(network, torch.from_numpy(audio).flatten(0, 1).to(device))
    if given is not None:
        real = torch.from_numpy(given).to(device)
        motion = torch.cat([network.respond(own[:count], partner[:count], real), real])
    else:
        motion = duo_motion(network, own, partner, torch.zeros(*own.shape[:2], MOTION_SIZE, device=device))
    return np.asarray(motion.unflatten(0, (2, count)).cpu().numpy(), np.float32)


def _faded(old: Motion, new: Motion) -> Motion:
    """Return frames [2, n, 56] that go over from old to new in the middle."""
    count = old.shape[1]
    place = (np.arange(count) - count / 2 + _FADE / 2 + 0.5) / _FADE
    share = np.clip(place, 0, 1).astype(np.float32)[:, None]
    return np.asarray(old + (new - old) * share, np.float32)
