"""Phones to mouth movement: articulation targets of each phone, blended by dominance functions.

Formula: Cohen & Massaro, "Modeling coarticulation in synthetic visual speech" (1993). Knows nothing of audio.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.duet.articulation import CHANNEL, CHANNELS
from inference.duet.timing import FRAME, FRAMES_PER_SECOND


@dataclass(frozen=True)
class Phone:
    """One phone with its start and end in seconds, by a name of `PHONES`."""

    name: str
    start: float
    end: float


# Vowels: one target, or two for a diphthong, as (jaw, round, spread), each 0 to 1.
_VOWELS: Final[dict[str, tuple[tuple[float, float, float], ...]]] = {
    "aa": ((0.85, 0.10, 0.10),), "ae": ((0.80, 0.0, 0.45),), "ah": ((0.55, 0.05, 0.15),),
    "ax": ((0.38, 0.08, 0.15),), "ao": ((0.70, 0.50, 0.0),), "eh": ((0.58, 0.0, 0.40),),
    "er": ((0.35, 0.45, 0.0),), "ih": ((0.32, 0.0, 0.45),), "iy": ((0.20, 0.0, 0.80),),
    "uh": ((0.32, 0.55, 0.0),), "uw": ((0.20, 0.90, 0.0),), "yy": ((0.18, 0.85, 0.0),),
    "oe": ((0.40, 0.75, 0.0),),
    "aw": ((0.85, 0.05, 0.20), (0.35, 0.75, 0.0)), "ay": ((0.85, 0.0, 0.20), (0.30, 0.0, 0.60)),
    "ey": ((0.48, 0.0, 0.55), (0.25, 0.0, 0.65)), "ow": ((0.52, 0.60, 0.0), (0.28, 0.85, 0.0)),
    "oy": ((0.60, 0.65, 0.0), (0.28, 0.0, 0.50)),
}  # fmt: skip

# Consonants: targets (jaw, close, round, spread, fv, tongue, raise, voice) and how strongly each group
# of channels insists on them (jaw, close, lips, fv, tongue).
_Consonant = tuple[tuple[float, ...], tuple[float, ...]]
_BILABIAL: Final = (1.2, 8, 1, 1, 1)
_LABIODENTAL: Final = (1.5, 3, 1, 8, 1)
_ALVEOLAR: Final = (1.3, 2, 0.4, 1, 3)
_POSTALVEOLAR: Final = (3.5, 2, 3, 1, 2)
_VELAR: Final = (0.6, 1.5, 0.3, 0.6, 1)
_CONSONANTS: Final[dict[str, _Consonant]] = {
    "p": ((0.10, 1, 0.15, 0, 0, 0, 0, 0), _BILABIAL), "b": ((0.10, 1, 0.15, 0, 0, 0, 0, 1), _BILABIAL),
    "m": ((0.10, 1, 0.15, 0, 0, 0, 0, 1), _BILABIAL),
    "f": ((0.15, 0.35, 0, 0.15, 1, 0, 0.15, 0), _LABIODENTAL),
    "v": ((0.15, 0.35, 0, 0.15, 1, 0, 0.15, 1), _LABIODENTAL),
    "th": ((0.22, 0, 0, 0.15, 0, 0.9, 0, 0), (1.5, 2, 0.6, 2, 4)),
    "dh": ((0.22, 0, 0, 0.15, 0, 0.9, 0, 1), (1.2, 2, 0.6, 2, 4)),
    "t": ((0.18, 0, 0, 0.25, 0, 0.8, 0, 0), _ALVEOLAR), "d": ((0.18, 0, 0, 0.25, 0, 0.8, 0, 1), _ALVEOLAR),
    "n": ((0.20, 0, 0, 0.20, 0, 0.8, 0, 1), (1.0, 2, 0.4, 1, 3)),
    "s": ((0.06, 0, 0, 0.50, 0, 0.5, 0.15, 0), (3.5, 2, 1, 1, 2)),
    "z": ((0.06, 0, 0, 0.50, 0, 0.5, 0.15, 1), (3.5, 2, 1, 1, 2)),
    "sh": ((0.10, 0, 0.75, 0, 0, 0.4, 0.60, 0), _POSTALVEOLAR),
    "zh": ((0.10, 0, 0.75, 0, 0, 0.4, 0.60, 1), _POSTALVEOLAR),
    "ch": ((0.10, 0, 0.70, 0, 0, 0.5, 0.55, 0), _POSTALVEOLAR),
    "jh": ((0.10, 0, 0.70, 0, 0, 0.5, 0.55, 1), _POSTALVEOLAR),
    "k": ((0.25, 0, 0, 0.10, 0, 0.1, 0, 0), _VELAR), "g": ((0.25, 0, 0, 0.10, 0, 0.1, 0, 1), _VELAR),
    "ng": ((0.25, 0, 0, 0.10, 0, 0.1, 0, 1), _VELAR),
    "l": ((0.30, 0, 0.05, 0.10, 0, 0.9, 0, 1), (0.9, 1.5, 0.5, 1, 4)),
    "r": ((0.22, 0, 0.50, 0, 0, 0.3, 0.30, 1), (1, 1.5, 1.6, 1, 1)),
    "w": ((0.15, 0.25, 1.0, 0, 0, 0, 0, 1), (1.3, 2.5, 4, 1, 1)),
    "y": ((0.18, 0, 0, 0.70, 0, 0.2, 0, 1), (1, 1.5, 1.5, 1, 1)),
    "hh": ((0.35, 0, 0, 0.10, 0, 0, 0, 0), (0.2, 0.5, 0.1, 0.3, 0.3)),
    "x": ((0.30, 0, 0, 0.10, 0, 0, 0, 0), (0.5, 1, 0.2, 0.5, 0.5)),
    "pau": ((0.0, 0.45, 0.10, 0.10, 0, 0, 0, 0), (0.7, 1, 0.6, 1, 1)),
}  # fmt: skip

PHONES: Final[tuple[str, ...]] = tuple(sorted(_VOWELS | _CONSONANTS))
PHONE_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(PHONES)}
BILABIALS: Final = frozenset("pbm")
_STOPS: Final = frozenset("pbtdkg")

# Where the tongue is in the sounds that show it: behind the teeth, between them, raised at the sides' cost, or at the back;
# it overrules the one "tongue" of the table above.
_TONGUE: Final[dict[str, tuple[float, float, float, float]]] = {
    "th": (0.1, 0.95, 0, 0), "dh": (0.1, 0.95, 0, 0), "l": (0.25, 0, 0.95, 0),
    "k": (0, 0, 0, 0.9), "g": (0, 0, 0, 0.9), "ng": (0, 0, 0, 0.9), "x": (0, 0, 0, 0.5),
}  # fmt: skip

# How fast a phone's influence falls off outside it (1/s), and how sharply channels compete.
_DECAY: Final = np.array([14.0, 26, 18, 18, 26, 20, 18, 60, 20, 20, 20])
_SHARPNESS: Final = np.array([1.0, 1.6, 1, 1, 1.6, 1, 1, 1, 1, 1, 1])

_ARPABET_ALIASES: Final = {
    "axr": "er", "ix": "ih", "ux": "uw", "el": "l", "em": "m", "en": "n", "dx": "d", "nx": "n", "hv": "hh",
}  # fmt: skip
_IPA_PREFIXES: Final = (
    ("tʃ", "ch"), ("dʒ", "jh"), ("aɪ", "ay"), ("aʊ", "aw"), ("eɪ", "ey"), ("oʊ", "ow"), ("əʊ", "ow"),
    ("ɔɪ", "oy"), ("ɑ", "aa"), ("ɒ", "aa"), ("a", "aa"), ("æ", "ae"), ("ɐ", "ah"), ("ʌ", "ah"), ("ə", "ax"),
    ("ɚ", "er"), ("ɜ", "er"), ("ɛ", "eh"), ("e", "ey"), ("ɪ", "ih"), ("ᵻ", "ih"), ("i", "iy"), ("ʊ", "uh"),
    ("u", "uw"), ("ʉ", "uw"), ("ɔ", "ao"), ("o", "ow"), ("y", "yy"), ("ø", "oe"), ("œ", "oe"), ("ʏ", "yy"),
    ("ɯ", "uh"), ("ɨ", "ih"), ("ʃ", "sh"), ("ʒ", "zh"), ("ɕ", "sh"), ("ʂ", "sh"), ("ç", "sh"), ("θ", "th"),
    ("ð", "dh"), ("ŋ", "ng"), ("ɲ", "n"), ("ɡ", "g"), ("ɹ", "r"), ("ɾ", "d"), ("r", "r"), ("ʁ", "x"),
    ("x", "x"), ("h", "hh"), ("j", "y"), ("w", "w"), ("ɫ", "l"), ("β", "b"), ("b", "b"), ("p", "p"),
    ("m", "m"), ("f", "f"), ("v", "v"), ("t", "t"), ("d", "d"), ("n", "n"), ("s", "s"), ("z", "z"),
    ("k", "k"), ("q", "k"), ("l", "l"), ("ʎ", "l"), ("ʔ", "hh"),
)  # fmt: skip


def from_arpabet(symbol: str) -> str:
    """Return the name in `PHONES` of an ARPAbet symbol, "pau" for silence and anything unknown."""
    name = symbol.lower().rstrip("012")
    name = _ARPABET_ALIASES.get(name, name)
    return name if name in PHONE_INDEX else "pau"


def from_ipa(symbol: str) -> str:
    """Return the name in `PHONES` of an IPA symbol, "pau" for silence and anything unknown."""
    return next((name for prefix, name in _IPA_PREFIXES if symbol.startswith(prefix)), "pau")


def _segments(phones: list[Phone]) -> tuple[NDArray[np.float64], ...]:
    """Return centre [S], half length [S], target [S, 11] and dominance [S, 11] of each articulation segment."""
    centre: list[float] = []
    half: list[float] = []
    target: list[tuple[float, ...]] = []
    dominance: list[tuple[float, ...]] = []
    for phone in phones:
        length = phone.end - phone.start
        if phone.name in _VOWELS:
            parts = _VOWELS[phone.name]
            for index, (jaw, rounding, spread) in enumerate(parts):
                centre.append(phone.start + length * (index + 0.5) / len(parts))
                half.append(length / len(parts) / 2)
                target.append((jaw, 0, rounding, spread, 0, 0.05, 0.05 * spread, 1.0, 0, 0, 0))
                dominance.append((1, 1.5, 1, 1, 1, 1, 1, 1, 1, 1, 1))
        else:
            values, (jaw, close, lips, fv, tongue) = _CONSONANTS[phone.name]
            if phone.name in _STOPS:  # the release is already the next sound's
                length *= 0.8
            centre.append(phone.start + length / 2)
            half.append(length / 2)
            tip, dental, lateral, velar = _TONGUE.get(phone.name, (values[5], 0, 0, 0))
            target.append((*values[:5], tip, *values[6:], dental, lateral, velar))
            dominance.append((jaw, close, lips, lips, fv, tongue, lips, 1, tongue, tongue, tongue))
    return np.array(centre), np.array(half), np.array(target, float), np.array(dominance, float)


def articulation_targets(phones: list[Phone], frames: int) -> NDArray[np.float32]:
    """Return the articulation [frames, len(CHANNELS)] at 50 frames/s of timed phones; effort is the jaw's."""
    centre, half, target, dominance = _segments(phones)
    time = (np.arange(frames) + 0.5) / FRAMES_PER_SECOND
    distance = np.maximum(np.abs(time[:, None] - centre) - 0.5 * half, 0)
    weight = (dominance * np.exp(-_DECAY * distance[..., None])) ** _SHARPNESS
    blend = (weight * target).sum(1) / np.maximum(weight.sum(1), 1e-9)
    if blend.shape[1] + 1 != len(CHANNELS):
        raise ValueError("the phone table and the articulation channels differ")
    return np.asarray(np.insert(blend, CHANNEL["effort"], blend[:, 0], axis=1), np.float32)


def scale_effort(
    articulation: NDArray[np.float32], audio: NDArray[np.float32], phones: list[Phone]
) -> NDArray[np.float32]:
    """Return the articulation with its effort channel, the jaw by vocal effort: wider in louder vowels.

    audio: [frames * 320] at 16 kHz, -1 to 1.
    """
    frames = len(articulation)
    power = (audio[: frames * FRAME].reshape(frames, FRAME) ** 2).mean(1)
    level = 10 * np.log10((power + np.append(power[1:], power[-1])) / 2 + 1e-8)
    middle, loudness = [], []
    for phone in phones:
        first = int(phone.start * FRAMES_PER_SECOND)
        if phone.name in _VOWELS and first < frames:
            last = max(first + 1, int(phone.end * FRAMES_PER_SECOND))
            middle.append((phone.start + phone.end) / 2 * FRAMES_PER_SECOND)
            loudness.append(level[first:last].max())
    result = articulation.copy()
    if middle:
        factor = np.clip(1 + 0.035 * (np.array(loudness) - np.median(loudness)), 0.55, 1.4)
        curve = np.interp(np.arange(frames), middle, factor)
        window = np.hanning(9) / np.hanning(9).sum()
        result[:, CHANNEL["effort"]] = articulation[:, 0] * np.convolve(np.pad(curve, 4, "edge"), window, "valid")
    return result


def phone_labels(phones: list[Phone], frames: int) -> NDArray[np.int64]:
    """Return the index in `PHONES` of each frame [frames] at 50 frames/s; gaps are pauses."""
    labels = np.full(frames, PHONE_INDEX["pau"], np.int64)
    for phone in phones:
        first, last = (round(t * FRAMES_PER_SECOND) for t in (phone.start, phone.end))
        labels[first:last] = PHONE_INDEX[phone.name]
    return labels
