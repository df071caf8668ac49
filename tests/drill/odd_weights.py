"""Checkpoints that torch reads gladly and whose tensors are none of the network's: names, shapes, kinds, sizes."""

import io
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

import torch

from tests.drill.good import whisper
from tests.tiny_dualtalk import weights

Odd = Callable[[bytes, Random], bytes]
_SIZES: Final = (-1, 0, 1, 7, 10**4, 10**6, 10**9, 10**18, 1.5, "x", None, [1], True)


def stored(content: Any) -> bytes:
    """Return what torch writes."""
    target = io.BytesIO()
    torch.save(content, target)
    return target.getvalue()


@cache
def tiny_whisper() -> dict[str, Any]:
    """Return a tiny Whisper's file, made once."""
    return whisper()


def _another(tensor: torch.Tensor, chance: Random) -> Any:
    """Return another thing in a tensor's place."""
    return chance.choice((
        tensor.half(), tensor.to(torch.int32), tensor.to(torch.complex64), tensor[None], tensor.reshape(-1)[:0],
        tensor.reshape(-1), torch.full_like(tensor, float("nan")), torch.full_like(tensor, float("inf")),
        tensor.to_sparse(), torch.zeros(1).expand(2**34), torch.zeros(1).expand(10**6, 10**6), torch.tensor(1.0),
        torch.zeros(1).expand(tensor.shape), None, 3, "text", [tensor], {"a": tensor},
        torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8),
    ))  # fmt: skip


def _changed(tensors: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Return tensors of which one is another, lacks, or has another name."""
    changed = dict(tensors)
    for _ in range(chance.choice((1, 1, 5))):
        name = chance.choice(list(changed))
        way = chance.randrange(4)
        value = changed.pop(name)
        if way < 2:
            changed[name] = _another(value, chance) if isinstance(value, torch.Tensor) else value
        elif way < 3:
            changed[name.replace("audio_encoder1", "audio_encoder3") + chance.choice(("", ".x", " "))] = value
    return changed


def _dualtalk(_data: bytes, chance: Random) -> bytes:
    return stored(_changed(dict(weights()), chance))


def _dualtalk_wrapped(_data: bytes, chance: Random) -> bytes:
    tensors = dict(weights())
    return stored(chance.choice((
        {"state_dict": tensors, "epoch": 3}, {"model": tensors}, [tensors], tensors | {"epoch": 3}, {"state_dict": 3}, None,
        {1: torch.zeros(1)}, {}, torch.zeros(3), dict(list(tensors.items())[:3]),
    )))  # fmt: skip


def _whisper_sizes(_data: bytes, chance: Random) -> bytes:
    content = tiny_whisper()
    dims = dict(content["dims"])
    name = chance.choice(list(dims))
    dims[name] = chance.choice(_SIZES)
    if chance.random() < 0.2:
        del dims[name]
    return stored(content | {"dims": dims})


def _whisper_tensors(_data: bytes, chance: Random) -> bytes:
    content = tiny_whisper()
    return stored(content | {"model_state_dict": _changed(content["model_state_dict"], chance)})


def _whisper_wrapped(_data: bytes, chance: Random) -> bytes:
    content = tiny_whisper()
    return stored(chance.choice(({}, [], content["dims"], {"dims": content["dims"]}, content | {"dims": None}, None,
                                 content | {"model_state_dict": []}, content | {"more": 1})))  # fmt: skip


DUALTALK: Final[dict[str, Odd]] = {"tensors": _dualtalk, "tensors ": _dualtalk, "wrapped": _dualtalk_wrapped}
WHISPER: Final[dict[str, Odd]] = {
    "sizes": _whisper_sizes, "sizes ": _whisper_sizes, "tensors": _whisper_tensors, "wrapped": _whisper_wrapped,
}  # fmt: skip
