"""A tiny DualTalk of the right architecture: its weights, one input, and the output that the authors' architecture gives."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import torch

from inference.dualtalk.checkpoint import build_network
from inference.dualtalk.network import DualTalkNetwork, DualTalkSettings
from inference.dualtalk.tensors import official_names

PARITY = Path(__file__).parent / "data" / "dualtalk" / "tiny_parity.npz"


@cache
def case() -> dict[str, np.ndarray]:
    """Return the stored arrays."""
    with np.load(PARITY) as stored:
        return {name: stored[name] for name in stored.files}


def weights() -> dict[str, torch.Tensor]:
    """Return the weights under the official file's names."""
    return official_names(
        {name[3:]: torch.from_numpy(a.copy()) for name, a in case().items() if name.startswith("sd/")}
    )


def settings() -> DualTalkSettings:
    """Return the sizes of the stored network."""
    return DualTalkSettings(json.loads(str(case()["config"])), 32)


def network(precision: torch.dtype = torch.float32) -> DualTalkNetwork:
    """Return the stored network, ready to run."""
    return build_network(weights(), settings(), precision=precision)


def write_checkpoint(path: Path) -> Path:
    """Write the weights as the authors' file is written."""
    torch.save(weights(), path)
    return path
