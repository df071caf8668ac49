"""The motion vector: 56 floats a frame, and the eye layer of 6 beside it.

Expression 0-49, jaw 50-52, neck 53-55 (axis-angle, radians), as in DualTalk (CVPR 2025).
The bundled heads name their 50 expression slots; a FLAME file's are principal components.
"""

from typing import Final

SAMPLE_RATE: Final = 16_000
TRACK_RATE: Final = 50  # frames a second of a conversation's motion tracks
DATA_SET_RATE: Final = 25  # of the DualTalk data set, its model, and pictures
EXPRESSION: Final = slice(0, 50)
JAW: Final = slice(50, 53)
NECK: Final = slice(53, 56)
MOTION_SIZE: Final = 56

# Gaze of each eye as (yaw, pitch) in radians, then how far each lid is closed (0 open, 1 closed).
GAZE_LEFT: Final = slice(0, 2)
GAZE_RIGHT: Final = slice(2, 4)
EYELIDS: Final = slice(4, 6)
EYES_SIZE: Final = 6

# ARKit's face units less those that joints and eyelids make, then tongue shapes and correctives.
_PAIRED: Final = (
    "browDown", "browOuterUp", "cheekSquint", "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown",
    "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer",
)  # fmt: skip
_SINGLE: Final = (
    "browInnerUp", "cheekPuff", "jawForward", "mouthClose", "mouthFunnel", "mouthLeft", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "tongueOut",
    "tongueTh", "tongueL", "tongueN", "tongueBack", "tongueLeft", "tongueRight", "nostrilFlareLeft",
    "nostrilFlareRight", "mouthCornerSeal", "lowerLipSmooth", "lipsPart",
)  # fmt: skip
EXPRESSION_NAMES: Final[tuple[str, ...]] = (
    tuple(f"{name}{side}" for name in _PAIRED for side in ("Left", "Right")) + _SINGLE
)
SLOT: Final[dict[str, int]] = {name: index for index, name in enumerate(EXPRESSION_NAMES)}

# The jaw angle (rad, about x) at which the mouth is as open as ARKit's jawOpen at 1.
JAW_OPEN_RADIANS: Final = 0.361


def samples_per_frame(frames_per_second: int) -> int:
    """Return the samples at 16 kHz in one frame; raise ValueError where that is not a whole number."""
    count, rest = divmod(SAMPLE_RATE, frames_per_second)
    if rest:
        raise ValueError(f"{frames_per_second} frames/s is not a whole number of samples at 16 kHz")
    return count


if len(EXPRESSION_NAMES) != EXPRESSION.stop or len(SLOT) != EXPRESSION.stop:
    raise ValueError("the expression layout must name 50 different slots")
