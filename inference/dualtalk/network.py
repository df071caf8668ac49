"""DualTalk's network (Peng et al., CVPR 2025): both voices and the partner's face in, one's own face out, at 25 frames/s.

Names are the official checkpoint's, so that it loads strictly. The wav2vec 2.0 layers are transformers'. Not causal.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import Wav2Vec2Config, Wav2Vec2Model

from avatar.rig.layout import MOTION_SIZE
from inference.dualtalk.timing import FEATURE_REACH, FRAME, frames_of

_HEADS: Final = 4
_MODULATION: Final = 0.1
VARIANCE_FLOOR: Final = 1e-7
# facebook/wav2vec2-large-960h-lv60-self.
LARGE: Final[dict[str, Any]] = {
    "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
    "do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True,
}  # fmt: skip


@dataclass(frozen=True)
class DualTalkSettings:
    """Sizes: wav2vec 2.0's (keys of `Wav2Vec2Config`), and the width of a feature beside them."""

    wav2vec: dict[str, Any] = field(default_factory=lambda: dict(LARGE))
    feature_dim: int = 256

    def config(self) -> Wav2Vec2Config:
        """Return transformers' configuration; nothing of an encoder is masked or left out by chance."""
        off = {"apply_spec_augment": False, "layerdrop": 0.0}
        config = Wav2Vec2Config(**{**self.wav2vec, **off})
        config._attn_implementation = "sdpa"
        return config


def normalised(audio: Tensor) -> Tensor:
    """Return audio [B, N] with zero mean and unit variance in each row, as wav2vec 2.0 was trained on."""
    audio = audio.float()
    variance = audio.var(-1, correction=0, keepdim=True)
    return (audio - audio.mean(-1, keepdim=True)) / (variance + VARIANCE_FLOOR).sqrt()


class AudioEncoder(Wav2Vec2Model):
    """wav2vec 2.0 whose features are brought to the frames of motion between its two halves."""

    def features(self, audio: Tensor) -> Tensor:
        """Return what the convolutions make of normalised audio [B, N]: [B, about N / 320, C]."""
        short = FEATURE_REACH - audio.shape[-1]
        heard = F.pad(audio, (0, short)) if short > 0 else audio
        found: Tensor = self.feature_extractor(heard)
        return found.transpose(1, 2)

    def contextualised(self, features: Tensor) -> Tensor:
        """Return [B, T, H] of features [B, T, C]: projection, positions, transformer; in and out are float32."""
        hidden, _ = self.feature_projection(features.to(self.precision))
        encoded: Tensor = self.encoder(hidden).last_hidden_state
        return encoded.float()

    @property
    def precision(self) -> torch.dtype:
        """What the transformer computes in. The convolutions stay in float32: most of the loss of bfloat16 is theirs."""
        precision: torch.dtype = self.feature_projection.projection.weight.dtype
        return precision

    def compute_in(self, precision: torch.dtype) -> None:
        """Let the transformer, which holds nearly all the weights, compute in a precision."""
        self.feature_projection.to(precision)
        self.encoder.to(precision)


def resampled(features: Tensor, frames: int) -> Tensor:
    """Return features [B, N, C] at exactly `frames` places, linearly between them, ends on ends."""
    if features.shape[1] == 2 * frames - 1:  # of whole frames of sound, every second feature is exactly that
        return features[:, ::2]
    moved = F.interpolate(features.transpose(1, 2), size=frames, mode="linear", align_corners=True)
    return moved.transpose(1, 2)


class JointEncoder(nn.Module):
    """Both voices and the partner's face as features [B, T, D]."""

    def __init__(self, settings: DualTalkSettings) -> None:
        super().__init__()
        config, width = settings.config(), settings.feature_dim
        self.audio_encoder1 = AudioEncoder(config)
        self.audio_encoder2 = AudioEncoder(config)
        self.audio_projection = nn.Linear(config.hidden_size, width)
        self.blendshape_encoder = nn.Sequential(
            nn.Linear(MOTION_SIZE, width // 2), nn.ReLU(), nn.Linear(width // 2, width), nn.ReLU()
        )


class TemporalEnhancer(nn.Module):
    """The partner's voice looks at the partner's face; a recurrence in both directions follows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cross_attention = nn.MultiheadAttention(width, _HEADS, batch_first=True)
        self.temporal_lstm = nn.LSTM(width, width // 2, 2, batch_first=True, bidirectional=True)

    def forward(self, voice: Tensor, face: Tensor) -> Tensor:
        """Return [B, T, D] of the partner's voice and face [B, T, D]."""
        attended, _ = self.cross_attention(voice, face, face, need_weights=False)
        followed: Tensor = self.temporal_lstm(attended)[0]
        return followed


class InteractionModule(nn.Module):
    """One's own voice beside what the partner does."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, _HEADS, batch_first=True)
        self.interaction_encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.self_attention = nn.MultiheadAttention(width, _HEADS, batch_first=True)
        self.dropout = nn.Dropout(0.5)

    def forward(self, own: Tensor, partner: Tensor) -> Tensor:
        """Return [B, T, 2 D] of two features [B, T, D]."""
        encoded = self.interaction_encoder(torch.cat([own, partner], -1))
        attended: Tensor = self.self_attention(encoded, encoded, encoded, need_weights=False)[0]
        dropped: Tensor = self.dropout(attended)
        return dropped


class SynthesisModule(nn.Module):
    """Features to motion, with adaptive expression modulation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layer = nn.TransformerDecoderLayer(width, _HEADS, batch_first=True)
        self.synthesis_decoder = nn.TransformerDecoder(layer, 1)
        self.blendshape_predictor = nn.Linear(width, MOTION_SIZE)
        self.modulation_layer = nn.Linear(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Return motion [B, T, 56] of features [B, T, 2 D]."""
        decoded = self.synthesis_decoder(features, features)
        motion: Tensor = self.blendshape_predictor(decoded + _MODULATION * self.modulation_layer(decoded))
        return motion


class DualTalkNetwork(nn.Module):
    """One's own motion from both voices and the partner's motion."""

    def __init__(self, settings: DualTalkSettings) -> None:
        super().__init__()
        self.settings = settings
        self.joint_encoder = JointEncoder(settings)
        self.temporal_enhancer = TemporalEnhancer(settings.feature_dim)
        self.interaction_module = InteractionModule(2 * settings.feature_dim)
        self.synthesis_module = SynthesisModule(2 * settings.feature_dim)

    @property
    def encoders(self) -> tuple[AudioEncoder, AudioEncoder]:
        """The encoders of one's own and of the partner's voice."""
        return self.joint_encoder.audio_encoder1, self.joint_encoder.audio_encoder2

    def contextualised(self, own: Tensor, partner: Tensor) -> tuple[Tensor, Tensor]:
        """Return both voices [B, T, D] of their convolutional features [B, T, C], by the own and the partner's encoder."""
        joint = self.joint_encoder
        return (
            joint.audio_projection(joint.audio_encoder1.contextualised(own)),
            joint.audio_projection(joint.audio_encoder2.contextualised(partner)),
        )

    def voices(self, own_audio: Tensor, partner_audio: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Return both voices [B, T, D], T = frames, of normalised audio [B, N]."""
        own, partner = self.encoders
        return self.contextualised(
            resampled(own.features(own_audio), frames), resampled(partner.features(partner_audio), frames)
        )

    def respond(self, own: Tensor, partner: Tensor, partner_motion: Tensor) -> Tensor:
        """Return motion [B, T, 56] of both voices [B, T, D] and the partner's motion [B, T, 56]."""
        face = self.joint_encoder.blendshape_encoder(partner_motion)
        motion: Tensor = self.synthesis_module(self.interaction_module(own, self.temporal_enhancer(partner, face)))
        return motion

    def forward(self, own_audio: Tensor, partner_audio: Tensor, partner_motion: Tensor) -> Tensor:
        """Return one's own motion [B, T, 56], float32.

        own_audio, partner_audio: [B, N] at 16 kHz, raw; each row is normalised here. partner_motion: [B, T, 56] with
        T = N / 640, rounded up (one more where N is whole frames, as some ways of rounding give). Raises ValueError
        for other shapes.
        """
        if own_audio.ndim != 2 or own_audio.shape != partner_audio.shape or not own_audio.shape[1]:
            raise ValueError(f"both voices are [B, N], not {tuple(own_audio.shape)} and {tuple(partner_audio.shape)}")
        rows, samples = own_audio.shape
        frames = partner_motion.shape[1] if partner_motion.ndim == 3 else 0
        if partner_motion.shape != (rows, frames, MOTION_SIZE) or not 0 <= frames * FRAME - samples <= FRAME:
            wanted = (rows, frames_of(samples), MOTION_SIZE)
            raise ValueError(f"the partner's motion is {wanted} for this sound, not {tuple(partner_motion.shape)}")
        return self.respond(*self.voices(normalised(own_audio), normalised(partner_audio), frames), partner_motion)

    def compute_in(self, precision: torch.dtype) -> None:
        """Let the encoders' transformers compute in float32, bfloat16 or float16; all else stays in float32."""
        for encoder in self.encoders:
            encoder.compute_in(precision)

    def fuse(self) -> None:
        """Replace the weight norm of the positional convolutions by the weight it stands for: less work, same result."""
        for encoder in self.encoders:
            conv = encoder.encoder.pos_conv_embed.conv
            if parametrize.is_parametrized(conv):
                parametrize.remove_parametrizations(conv, "weight")
