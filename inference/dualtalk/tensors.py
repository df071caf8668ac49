"""Tensors of a file by name, read without executing anything, and the names that the official checkpoint gives them."""

import hashlib
import pickle
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

_MAPPED: Final = 64  # tensors read before the file is mapped anew: what was read counts as memory until then


_BLOCK: Final = 1 << 22


# Today's torch's names of weight norm, and the old ones that the official file has.
_OLD_NAMES: Final = {
    "pos_conv_embed.conv.parametrizations.weight.original0": "pos_conv_embed.conv.weight_g",
    "pos_conv_embed.conv.parametrizations.weight.original1": "pos_conv_embed.conv.weight_v",
}


REMEDY: Final = "get DualTalk.pth again: ./run import-dualtalk --download"


Tensors = dict[str, Tensor]


Cast = Callable[[str, Tensor], Tensor]


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_tensors(path: Path, cast: Cast = lambda _name, tensor: tensor) -> tuple[Tensors, dict[str, str]]:
    """Return the tensors of a .pth or .safetensors file by name, and its metadata; nothing in it is executed.

    cast: brings each to where and how it is wanted as it is read, so that a file is never held in two precisions.

    Raises FileNotFoundError, or ValueError that says what is wrong with the file and the remedy.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: check the name, or {REMEDY}")
    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path, cast)
        return {name: cast(name, tensor) for name, tensor in _read_torch(path).items()}, {}
    except pickle.UnpicklingError as error:
        found = re.search(r"(?i)unsupported (?:global|operand)[: ]+(?:global )?\S+", str(error))
        reason = found.group().rstrip(".,") if found else "it is no state dict"
        raise ValueError(
            f"{path} holds something other than tensors and was not opened ({reason}): {REMEDY}"
        ) from error
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, TypeError, KeyError, IndexError) as error:
        reason = (str(error).splitlines() or ["it is empty"])[0].split(". ")[0]
        raise ValueError(f"{path} is cut off or no checkpoint ({reason}): {REMEDY}") from error


def _read_safetensors(path: Path, cast: Cast) -> tuple[Tensors, dict[str, str]]:
    with safe_open(str(path), framework="pt") as stored:
        names, metadata = list(stored.keys()), stored.metadata() or {}
    tensors: Tensors = {}
    for first in range(0, len(names), _MAPPED):
        with safe_open(str(path), framework="pt") as stored:
            tensors |= {name: cast(name, stored.get_tensor(name)) for name in names[first : first + _MAPPED]}
    return tensors, metadata


def _read_torch(path: Path) -> Tensors:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pickle protocols: what cannot be read is told below
        try:
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:  # a file of torch before 1.6 cannot be mapped
            found = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise ValueError("it holds no state dict")
    return {str(name): tensor for name, tensor in found.items()}


def official_names(tensors: Tensors) -> Tensors:
    """Return tensors under the official checkpoint's names, whichever naming of weight norm they have."""
    return _renamed(tensors, _OLD_NAMES)


def torch_names(tensors: Tensors) -> Tensors:
    """Return tensors under the names that today's torch gives to weight norm."""
    return _renamed(tensors, {old: new for new, old in _OLD_NAMES.items()})


def _renamed(tensors: Tensors, endings: dict[str, str]) -> Tensors:
    def renamed(name: str) -> str:
        for ending, other in endings.items():
            if name.endswith(ending):
                return name.removesuffix(ending) + other
        return name

    return {renamed(name): tensor for name, tensor in tensors.items()}
