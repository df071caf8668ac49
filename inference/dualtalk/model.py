"""DualTalk live, as a `MotionModel`: a window of the past and a little future slides over both voices, hop by hop."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatar.rig.basis import FLAME
from avatar.rig.layout import MOTION_SIZE
from inference.dualtalk.duo import frame_features
from inference.dualtalk.graph import recorded
from inference.dualtalk.network import DualTalkNetwork
from inference.dualtalk.timing import FEATURE_REACH, FRAME, FRAMES_PER_SECOND
from inference.motion.model import NEUTRAL, Audio, Conditions, Motion

LONGEST_LOOK_AHEAD: Final = 8  # frames
_AGENT_LOOK_AHEAD: Final = 4  # frames; what the agent says is known ahead
_SEAM_FRAMES: Final = 3  # over which the jump between two windows' answers is spread, at least; half a longer hop
_REMEMBERED_SECONDS: Final = (
    30  # of sound whose loudness a voice is normalised by, about as long as the data set's clips
)
_LEAST_VARIANCE: Final = 1e-4  # -40 dB: what is quieter is a room, and is not blown up to a voice
PRECISIONS: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class LiveSettings:
    """How DualTalk runs live: seconds of window, of the user's look-ahead (in it) and of hop; precision of the encoders."""

    context: float
    future: float
    hop: float
    precision: str

    def __post_init__(self) -> None:
        frames = self.frames
        if self.precision not in PRECISIONS:
            raise ValueError(f"there is no precision {self.precision!r}: choose one of {', '.join(PRECISIONS)}")
        if (
            not 1 <= frames[2] <= frames[0] // 2
            or not 0 <= frames[1] <= LONGEST_LOOK_AHEAD
            or frames[0] < FRAMES_PER_SECOND
        ):
            raise ValueError(
                "the context is 1 s or more, the hop 0.04 s to half the context, the future 0 to 0.32 s, not "
                f"{self.context}, {self.hop} and {self.future} s"
            )

    @property
    def frames(self) -> tuple[int, int, int]:
        """Context, future and hop in frames."""
        context, future, hop = (round(t * FRAMES_PER_SECOND) for t in (self.context, self.future, self.hop))
        return context, future, hop


def best_device() -> str:
    """Return where networks run fastest here."""
    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def usable_device(name: str) -> str:
    """Return a device's name where this machine has it; raise LookupError where it has not."""
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise LookupError(f"there is no device {name!r} here ({reason}): leave --device out for the fastest") from error
    return name


def best_precision(device: str) -> str:
    """Return the fastest precision that a device computes in by itself and that is exact enough."""
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    quick = device == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "bfloat16" if quick else "float32"


def live_defaults(device: str) -> LiveSettings:
    """Return good settings for a device: a GPU answers every 80 ms with 8 s of context, a processor every 0.48 s with 2 s."""
    context, hop = (8.0, 0.08) if device == "cuda" else (4.0, 0.24) if device == "mps" else (2.0, 0.48)
    return LiveSettings(context, 0.08, hop, best_precision(device))


@dataclass(frozen=True)
class DualTalkState:
    """What a conversation remembers, first speaker first; each row ends where that speaker's sound ends.

    own, partner: features of both voices by the own and the partner's encoder, [2, W + ahead, C]. sums: sum and sum of
    squares of each frame's sound [2, up to 750, 2]. motion: what was shown [2, W + ahead, 56], its ends a look-ahead
    earlier.
    """

    ahead: int  # frames
    own: Tensor
    partner: Tensor
    sums: NDArray[np.float64]
    motion: Tensor


class DualTalkModel:
    """A step costs one pass of the window for both heads: two batched encoder passes, whatever the hop.

    Convolutional features of the past are kept: they are each frame's own but for the normalisation, which is that of the
    last half minute when the frame was new.
    """

    name = "dualtalk"
    frames_per_second = FRAMES_PER_SECOND
    look_aheads = tuple(n / FRAMES_PER_SECOND for n in range(LONGEST_LOOK_AHEAD + 1))
    lead_seconds = 0.0  # learned from real faces, it is in the weights
    basis = FLAME

    def __init__(self, network: DualTalkNetwork, settings: LiveSettings) -> None:
        self.network, self.settings = network, settings
        self._window, future, _ = settings.frames
        self.hop_seconds, self.context_seconds = settings.hop, settings.context
        self.live_look_aheads = future, max(future, _AGENT_LOOK_AHEAD)
        self.device = network.joint_encoder.audio_projection.weight.device
        if self.device.type == "cuda":
            self._beside = torch.cuda.Stream()
        with torch.inference_mode():
            silence = torch.zeros(1, FEATURE_REACH, device=self.device)
            self._silence = [encoder.features(silence) for encoder in network.encoders]
            features = self._silence[0].repeat(2, self._window, 1)
            motion = torch.zeros(2, self._window, MOTION_SIZE, device=self.device)
        self._answer = recorded(self._compute, features, features, motion)

    def _compute(self, own: Tensor, partner: Tensor, partner_motion: Tensor) -> Tensor:
        voices = self._side_by_side(own, partner) if own.is_cuda else self.network.contextualised(own, partner)
        return self.network.respond(*voices, partner_motion)

    def _side_by_side(self, own: Tensor, partner: Tensor) -> tuple[Tensor, Tensor]:
        """Return both voices, the two encoders at the same time: a short window fills a large GPU by far not."""
        here = torch.cuda.current_stream()
        self._beside.wait_stream(here)
        first, second = self.network.encoders
        with torch.cuda.stream(self._beside):
            theirs = second.contextualised(partner)
        mine = first.contextualised(own)
        here.wait_stream(self._beside)
        project = self.network.joint_encoder.audio_projection
        return project(mine), project(theirs)

    @torch.inference_mode()
    def start(self, seed: int = 0, ahead: int = 0) -> DualTalkState:  # noqa: ARG002 - nothing here is left to chance
        """Return the state of a conversation that begins. See `MotionModel.start`."""
        frames = ahead // FRAME
        if ahead % FRAME or not 0 <= frames < self._window:
            raise ValueError(
                f"a speaker can be ahead by whole frames of {FRAME} samples less than the context, not {ahead}"
            )
        kept = self._window + frames
        own, partner = (silence.repeat(2, kept, 1) for silence in self._silence)
        motion = torch.zeros(2, kept, MOTION_SIZE, device=self.device)
        return DualTalkState(frames, own, partner, np.zeros((2, 0, 2)), motion)

    @torch.inference_mode()
    def step(
        self, audio: Audio, state: DualTalkState, look_aheads: tuple[int, int],
        conditions: tuple[Conditions, Conditions] = (NEUTRAL, NEUTRAL),  # noqa: ARG002 - it was not trained to follow any
        partner_motion: Motion | None = None,  # noqa: ARG002 - live, it answers what it made itself
    ) -> tuple[Motion, DualTalkState]:  # fmt: skip
        """Return motion [2, T, 56] of audio [2, T * 640] and the next state. See `MotionModel.step`."""
        if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] % FRAME or not audio.shape[1]:
            raise ValueError(f"audio is [2, T * {FRAME}], not {audio.shape}")
        shown = []
        part = self._window // 2 * FRAME
        for start in range(0, audio.shape[1], part):
            motion, state = self._hop(audio[:, start : start + part], state, look_aheads)
            shown.append(motion)
        return np.concatenate(shown, 1), state

    def _hop(self, audio: Audio, state: DualTalkState, look: tuple[int, int]) -> tuple[Motion, DualTalkState]:
        hop, window, ahead = audio.shape[1] // FRAME, self._window, state.ahead
        heard, sums = self._normalised(audio, state.sums)
        kept = window + ahead
        features = [
            torch.cat([past, frame_features(encoder, heard)], 1)[:, -kept:]
            for past, encoder in zip((state.own, state.partner), self.network.encoders, strict=True)
        ]
        own, partner = features
        unheard = self._silence[1][0].expand(
            ahead, -1
        )  # the first speaker has not spoken yet while the second is ahead
        partners = torch.stack([partner[1, :window], torch.cat([partner[0, -(window - ahead) :], unheard])])
        faces = torch.stack([
            _ending(state.motion[1], ahead - hop - look[1], window),
            _ending(state.motion[0], -(ahead + hop + look[0]), window),
        ])  # fmt: skip
        answer = self._answer(own[:, -window:].contiguous(), partners, faces)
        new = torch.stack([self._seamless(answer[row], state.motion[row, -1], hop, look[row]) for row in (0, 1)])
        motion = torch.cat([state.motion, new], 1)[:, -kept:]
        return new.cpu().numpy(), DualTalkState(ahead, own, partner, sums, motion)

    def _normalised(self, audio: Audio, sums: NDArray[np.float64]) -> tuple[Tensor, NDArray[np.float64]]:
        """Return new audio normalised by the half minute that ends with it, and that half minute's sums."""
        frames = audio.reshape(2, -1, FRAME).astype(np.float64)
        added = np.stack([frames.sum(-1), np.square(frames).sum(-1)], -1)
        sums = np.concatenate([sums, added], 1)[:, -_REMEMBERED_SECONDS * FRAMES_PER_SECOND :]
        mean, square = np.moveaxis(sums.mean(1) / FRAME, -1, 0)
        scale = 1 / np.sqrt(np.maximum(square - mean**2, _LEAST_VARIANCE))
        heard = ((audio - mean[:, None]) * scale[:, None]).astype(np.float32)
        return torch.from_numpy(heard).to(self.device), sums

    @staticmethod
    def _seamless(answer: Tensor, shown: Tensor, hop: int, look_ahead: int) -> Tensor:
        """Return the hop's frames [hop, 56] of a window's answer [W, 56], led over from the last frame shown [56].

        Both windows drew that frame; their difference there fades over the frames that follow.
        """
        first = len(answer) - look_ahead - hop
        fading = 1 - torch.arange(1, hop + 1, device=answer.device) / (max(_SEAM_FRAMES, hop // 2) + 1)
        jump = shown - answer[first - 1]
        return answer[first : first + hop] + fading.clamp(min=0)[:, None] * jump


def _ending(motion: Tensor, later: int, frames: int) -> Tensor:
    """Return motion [frames, 56] that ends `later` frames before motion [K, 56] does; what is not there yet is held."""
    if later >= 0:
        return motion[len(motion) - later - frames : len(motion) - later]
    known = max(frames + later, 0)
    return torch.cat([motion[len(motion) - known :], motion[-1:].expand(frames - known, -1)])
