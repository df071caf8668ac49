"""Duet as a `MotionModel`: loading the weights, and one step of the conversation."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from avatar.basis import NAMED
from avatar.layout import EXPRESSION, MOTION_SIZE, NECK, SAMPLE_RATE, SLOT
from inference.duet.articulation import decode
from inference.duet.network import FRAME, LOOK_AHEADS, MANNER_UNITS, DuetNetwork, Memory, new_memory
from inference.duet.noise import slow_noise
from inference.model import Audio, Motion

WEIGHTS: Final = Path(__file__).resolve().parents[2] / "resources" / "models" / "duet.safetensors"
_PAIRED: Final = frozenset(("browOuterUp", "browDown", "mouthSmile", "cheekSquint", "eyeSquint"))


def _manner_map() -> torch.Tensor:
    """A matrix [MANNER_SIZE, 56] from manner to motion: the neck's angles, and each unit's left and right."""
    matrix = torch.zeros(3 + len(MANNER_UNITS), MOTION_SIZE)
    matrix[torch.arange(3), torch.arange(NECK.start, NECK.stop)] = 1.0
    for row, unit in enumerate(MANNER_UNITS, start=3):
        for name in (f"{unit}Left", f"{unit}Right") if unit in _PAIRED else (unit,):
            matrix[row, SLOT[name]] = 1.0
    return matrix


@dataclass(frozen=True)
class DuetState:
    """What a conversation remembers: the layers' memory, the number of the next frame, the seed of its noise."""

    memory: Memory
    frame: int
    seed: int


class DuetModel:
    """The bundled motion model. One step costs a few milliseconds on one core."""

    frames_per_second = SAMPLE_RATE // FRAME
    look_aheads = tuple(frames * FRAME / SAMPLE_RATE for frames in LOOK_AHEADS)
    name = "duet"
    hop_seconds = 0.02
    context_seconds = 1.4
    lead_seconds = 0.04  # a live listener cannot use a lead that is trained: it is applied when frames are placed
    live_look_aheads = (1, len(LOOK_AHEADS) - 1)
    basis = NAMED

    def __init__(self, network: DuetNetwork) -> None:
        self._network = network.eval()
        self._manner = _manner_map()

    def start(self, seed: int = 0, ahead: int = 0) -> DuetState:  # noqa: ARG002 - it does not matter to Duet
        """Return the state of a conversation that begins. See `MotionModel.start`."""
        return DuetState(new_memory(2), 0, seed)

    @torch.inference_mode()
    def step(self, audio: Audio, state: DuetState, look_aheads: tuple[int, int]) -> tuple[Motion, DuetState]:
        """Return motion [2, T, 56] of audio [2, T * 320] and the next state. See `MotionModel.step`."""
        if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] % FRAME:
            raise ValueError(f"audio is [2, T * {FRAME}], not {audio.shape}")
        frames = audio.shape[1] // FRAME
        memory = state.memory.copy()
        noise = np.stack([slow_noise(2 * state.seed + row, state.frame, frames) for row in (0, 1)])
        articulation, manner = self._network(torch.from_numpy(audio), torch.from_numpy(noise), memory)
        chosen = torch.stack([articulation[row, :, look_aheads[row]] for row in (0, 1)])
        motion = decode(chosen) + manner @ self._manner
        motion[..., EXPRESSION] = motion[..., EXPRESSION].clamp(0.0, 1.0)
        return motion.numpy().astype(np.float32), replace(state, memory=memory, frame=state.frame + frames)


def load_duet(path: Path = WEIGHTS) -> DuetModel:
    """Read Duet's weights from safetensors; raise FileNotFoundError or ValueError naming file and remedy."""
    remedy = "take a whole copy of the program, or train them: ./run train duet"
    try:
        with safe_open(str(path), framework="pt") as stored:
            settings = json.loads((stored.metadata() or {}).get("settings", "{}"))
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is missing: {remedy}") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): {remedy}") from error
    try:
        width, phones = int(settings["width"]), int(settings["phones"])
        network = DuetNetwork(width=width, dilations=tuple(int(d) for d in settings["dilations"]), phones=phones)
        network.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} holds no weights of this version of Duet ({reason}): {remedy}") from error
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise ValueError(f"{path} holds weights that are not numbers: {remedy}")
    return DuetModel(network)
