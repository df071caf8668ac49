"""DualTalk's weights on disk: the authors' file or ours, read without executing anything, checked tensor by tensor."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inference.dualtalk.network import LARGE, DualTalkNetwork, DualTalkSettings
from inference.dualtalk.tensors import REMEDY, Cast, Tensors, official_names, read_tensors, sha256_of, torch_names

PARAMETERS: Final = 647_237_048  # of the official checkpoint
_NAMED: Final = 4  # tensors named in an error
_HEAD_SIZE: Final = 64  # of wav2vec 2.0's attention
_ENCODER: Final = "joint_encoder.audio_encoder1."


@dataclass(frozen=True)
class Stored:
    """What a converted file says of itself. sha256: of the file it was made from."""

    sha256: str
    source: str
    parameters: int
    precision: str


def settings_of(tensors: Tensors) -> DualTalkSettings:
    """Return the sizes that tensors speak of; the paper's where they cannot be told.

    How many heads attention has is not in the shapes: 64 channels each as in wav2vec 2.0, 4 where it is narrower.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    convs = [name for name in shapes if name.startswith(f"{_ENCODER}feature_extractor") and "conv.weight" in name]
    try:
        hidden = shapes[f"{_ENCODER}masked_spec_embed"][0]
        kernel = shapes[f"{_ENCODER}encoder.pos_conv_embed.conv.weight_v"]
        sizes: dict[str, Any] = {
            "hidden_size": hidden,
            "num_hidden_layers": _layers(tensors),
            "num_attention_heads": hidden // _HEAD_SIZE if hidden % _HEAD_SIZE == 0 and hidden >= 256 else 4,
            "intermediate_size": shapes[f"{_ENCODER}encoder.layers.0.feed_forward.intermediate_dense.weight"][0],
            "conv_dim": [shapes[name][0] for name in sorted(convs)],
            "num_conv_pos_embeddings": kernel[2],
            "num_conv_pos_embedding_groups": max(1, hidden // kernel[1]),
        }
        width = shapes["joint_encoder.audio_projection.weight"][0]
        settings = DualTalkSettings(dict(LARGE) | sizes, width)
        _expected(settings)
    except Exception:  # transformers and torch raise anything at shapes that cannot be; `check` tells which differ
        return DualTalkSettings()
    return settings


def _layers(tensors: Tensors) -> int:
    """Return how many layers an encoder has."""
    start = f"{_ENCODER}encoder.layers."
    return len({name.removeprefix(start).split(".")[0] for name in tensors if name.startswith(start)})


def _expected(settings: DualTalkSettings) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        network = DualTalkNetwork(settings)
    return {name: tuple(tensor.shape) for name, tensor in official_names(network.state_dict()).items()}


def check(path: Path, tensors: Tensors, settings: DualTalkSettings) -> None:
    """Raise ValueError naming the tensors that a network of these sizes lacks, has not, or has in another shape."""
    expected = _expected(settings)
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    differing = {
        "missing": sorted(expected.keys() - found.keys()),
        "unknown": sorted(found.keys() - expected.keys()),
        "of another shape": [
            f"{name} {found[name]}, not {shape}"
            for name, shape in expected.items()
            if name in found and found[name] != shape
        ],
        "not floating numbers": sorted(name for name, t in tensors.items() if not t.is_floating_point()),
    }
    told = [
        f"{len(names)} {what}: {', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"
        for what, names in differing.items()
        if names
    ]
    if told:
        raise ValueError(f"{path} holds no DualTalk weights ({'; '.join(told)}): {REMEDY}")
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        named = ", ".join(broken[:_NAMED])
        raise ValueError(f"{path} is damaged: {len(broken)} tensors hold what is no number ({named}): {REMEDY}")


def convert(source: Path, target: Path, half: bool = False) -> Stored:
    """Check a checkpoint and write it once as safetensors; return what the new file says of itself.

    half: the encoders' transformers in bfloat16, which is what they compute in on most machines: half the size. The
    new file appears whole or not at all. Raises as `read_tensors` and `check` do.
    """
    tensors, metadata = read_tensors(source)
    tensors = official_names(tensors)
    settings = _settings(source, tensors, metadata)
    check(source, tensors, settings)
    about = Stored(
        sha256_of(source), source.name, sum(t.numel() for t in tensors.values()), "bfloat16" if half else "float32"
    )
    # A tensor may be a view of a bigger one, or share its memory with another: each is written for itself.
    written = {
        name: (tensor.to(torch.bfloat16) if half and is_transformers(name) else tensor.float()).contiguous().clone()
        for name, tensor in tensors.items()
    }
    save(written, target, settings, about)
    return about


def _settings(path: Path, tensors: Tensors, metadata: dict[str, str]) -> DualTalkSettings:
    """Return the sizes that a file speaks of, or else its tensors; raise ValueError where they are none."""
    if "settings" not in metadata:
        return settings_of(tensors)
    try:
        stored = json.loads(metadata["settings"])
        settings = DualTalkSettings(dict(stored["wav2vec"]), int(stored["feature_dim"]))
        if settings.wav2vec["num_hidden_layers"] != _layers(tensors):  # each that is not there would be made
            raise ValueError("another number of layers")
        _expected(settings)
    except Exception as error:  # transformers and torch raise anything at sizes that cannot be
        raise ValueError(f"{path} is damaged (its sizes are none of DualTalk's): {REMEDY}") from error
    return settings


def save(tensors: Tensors, target: Path, settings: DualTalkSettings, about: Stored) -> None:
    """Write tensors under official names as safetensors with their settings; the file appears whole or not at all.

    Raises OSError where there is no room for it.
    """
    partial = target.with_name(target.name + ".part")
    metadata = {"settings": json.dumps(asdict(settings)), "about": json.dumps(asdict(about))}
    try:
        save_file(tensors, str(partial), metadata)
        partial.replace(target)
    except SafetensorError as error:
        raise OSError(f"{target} could not be written ({error}): is there room on the disk?") from error
    finally:
        partial.unlink(missing_ok=True)


def is_transformers(name: str) -> bool:
    """Tell whether a tensor is of an encoder's transformer, which may compute in half precision."""
    return name.startswith("joint_encoder.audio_encoder") and ("feature_projection." in name or ".encoder." in name)


def stored_about(path: Path) -> Stored:
    """Return what a converted file says of itself, without reading its tensors; raise as `read_tensors` does."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: ./run import-dualtalk DualTalk.pth")
    try:
        with safe_open(str(path), framework="pt") as stored:
            return Stored(**json.loads((stored.metadata() or {})["about"]))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): import it again with ./run import-dualtalk") from error


def load_network(
    path: Path, device: str = "cpu", precision: torch.dtype = torch.float32, settings: DualTalkSettings | None = None
) -> DualTalkNetwork:
    """Return the network of a .pth or .safetensors file, ready to run; raise as `read_tensors` and `check` do.

    settings: the sizes, where the file does not say them itself and they are not the paper's.
    """
    tensors, metadata = read_tensors(path, _placed(device, precision))
    tensors = official_names(tensors)
    settings = settings or _settings(path, tensors, metadata)
    check(path, tensors, settings)
    return build_network(tensors, settings, device, precision)


def _placed(device: str, precision: torch.dtype) -> Cast:
    def placed(name: str, tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor  # which is told of
        return tensor.to(device, precision if is_transformers(name) else torch.float32)

    return placed


def build_network(
    tensors: Tensors, settings: DualTalkSettings, device: str = "cpu", precision: torch.dtype = torch.float32
) -> DualTalkNetwork:
    """Return a network of checked tensors, without ever holding them twice."""
    with torch.device("meta"):
        network = DualTalkNetwork(settings)
    placed = _placed(device, precision)
    ready = {name: placed(name, tensor) for name, tensor in tensors.items()}
    network.load_state_dict(torch_names(ready), assign=True)
    network.eval().requires_grad_(False)
    network.fuse()
    network.temporal_enhancer.temporal_lstm.flatten_parameters()  # else cuDNN gathers its weights at every call
    return network
