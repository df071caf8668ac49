"""Duet as a `MotionModel`: loading the weights, and one step of the conversation."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from avatar.rig.basis import NAMED
from avatar.rig.layout import MOTION_SIZE, SAMPLE_RATE
from inference.duet.articulation import CHANNEL
from inference.duet.face import compose
from inference.duet.network import LOOK_AHEADS, REACTION, DuetNetwork, Memory, new_memory, partners
from inference.duet.nods import Listening, nodding
from inference.duet.noise import slow_noise
from inference.duet.timing import FRAME, FRAMES_PER_SECOND
from inference.motion.model import EMOTIONS, NEUTRAL, Audio, Conditions, Motion

WEIGHTS: Final = Path(__file__).resolve().parents[2] / "resources" / "models" / "duet.safetensors"
_REASON: Final = 120  # letters of a library's reason
_CHANCE: Final = 6  # channel of the slow noise
_MOOD_SECONDS: Final = 0.4  # over which a face takes on what is newly asked of it


@dataclass(frozen=True)
class DuetState:
    """What a conversation remembers: the layers' memory, the number of the next frame, the seed of its noise, both faces'
    last motion [2, REACTION, 56], where both are as listeners, and the mood that they are in [2, MOOD_SIZE], None before the
    first frame."""

    memory: Memory
    frame: int
    seed: int
    shown: Tensor
    listening: tuple[Listening, Listening] = (Listening(), Listening())
    mood: Tensor | None = None


def _mood(asked: Conditions) -> list[float]:
    strengths = [asked.strength if asked.emotion == emotion else 0.0 for emotion in EMOTIONS]
    return [asked.attitude, *strengths]


class DuetModel:
    """The bundled motion model. One step costs a few milliseconds on one core."""

    frames_per_second = FRAMES_PER_SECOND
    look_aheads = tuple(frames * FRAME / SAMPLE_RATE for frames in LOOK_AHEADS)
    name = "duet"
    hop_seconds = 0.02
    context_seconds = 4.0
    lead_seconds = 0.04  # a live listener cannot use a lead that is trained: it is applied when frames are placed
    live_look_aheads = (1, len(LOOK_AHEADS) - 1)
    basis = NAMED

    def __init__(self, network: DuetNetwork) -> None:
        self.network = network.eval()

    def start(self, seed: int = 0, ahead: int = 0) -> DuetState:  # noqa: ARG002 - it does not matter to Duet
        """Return the state of a conversation that begins. See `MotionModel.start`."""
        return DuetState(new_memory(2), 0, seed, torch.zeros(2, REACTION, MOTION_SIZE))

    @torch.inference_mode()
    def step(
        self, audio: Audio, state: DuetState, look_aheads: tuple[int, int],
        conditions: tuple[Conditions, Conditions] = (NEUTRAL, NEUTRAL), partner_motion: Motion | None = None,
    ) -> tuple[Motion, DuetState]:  # fmt: skip
        """Return motion [2, T, 56] of audio [2, T * 320] and the next state. See `MotionModel.step`.

        partner_motion: [T, 56], which the second speaker shows instead, where it is known, and which the first one sees.
        """
        if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] % FRAME:
            raise ValueError(f"audio is [2, T * {FRAME}], not {audio.shape}")
        frames, memory, network = audio.shape[1] // FRAME, state.memory.copy(), self.network
        seeds = (2 * state.seed, 2 * state.seed + 1)
        noise = torch.from_numpy(np.stack([slow_noise(seed, state.frame, frames) for seed in seeds]))
        voices, prosody = network.hear(torch.from_numpy(audio), memory)
        articulation = network.articulate(voices)
        articulation = torch.stack([articulation[row, :, look_aheads[row]] for row in (0, 1)])
        heard, mood = torch.cat([voices, prosody], 2), self._moods(state, frames, conditions)
        shown, parts, listening = state.shown, [], list(state.listening)
        for first in range(0, frames, REACTION):  # a face sees the other's no sooner than REACTION frames later
            part = slice(first, min(first + REACTION, frames))
            seen = partners(shown[:, : part.stop - first])
            manner, cue = network.manner(heard[:, part], seen, mood[:, part], noise[:, part], memory)
            for row, voice in enumerate(articulation[:, part, CHANNEL["voice"]].numpy()):
                told = cue[row].numpy(), voice, noise[row, part, _CHANCE].numpy(), mood[row, part, 0].numpy()
                nod, listening[row] = nodding(listening[row], *told)
                manner[row, :, 0] += torch.from_numpy(nod)
            motion = compose(articulation[:, part], manner, noise[:, part], seeds, conditions)
            if partner_motion is not None:
                motion[1] = torch.from_numpy(partner_motion[part])
            shown = torch.cat([shown, motion], 1)[:, -REACTION:]
            parts.append(motion)
        last = mood[:, -1] if frames else state.mood
        after = DuetState(memory, state.frame + frames, state.seed, shown, (listening[0], listening[1]), last)
        return torch.cat(parts, 1).numpy().astype(np.float32), after

    @staticmethod
    def _moods(state: DuetState, frames: int, conditions: tuple[Conditions, Conditions]) -> Tensor:
        """Return the mood of each frame [2, T, MOOD_SIZE], which nears what is asked."""
        asked = torch.tensor([_mood(one) for one in conditions])
        begin = asked if state.mood is None else state.mood
        left = torch.exp(-torch.arange(1, frames + 1) * FRAME / SAMPLE_RATE / _MOOD_SECONDS)[None, :, None]
        return asked[:, None] + (begin - asked)[:, None] * left


def load_duet(path: Path = WEIGHTS) -> DuetModel:
    """Read Duet's weights from safetensors; raise FileNotFoundError or ValueError naming file and remedy."""
    remedy = "take a whole copy of the program, or train them: ./run train duet"
    if not path.is_file():  # to open a pipe would wait for ever
        raise FileNotFoundError(f"{path} is missing, or no file: {remedy}")
    try:
        with safe_open(str(path), framework="pt") as stored:
            settings = json.loads((stored.metadata() or {}).get("settings", "{}"))
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}): {remedy}") from error
    try:
        width, phones = int(settings["width"]), int(settings["phones"])
        dilations = tuple(int(d) for d in settings["dilations"])
        with torch.device("meta"):  # sizes that the weights do not have would take any memory
            expected = DuetNetwork(width=width, dilations=dilations, phones=phones).state_dict()
        if {name: t.shape for name, t in expected.items()} != {name: t.shape for name, t in tensors.items()}:
            raise ValueError("its tensors have other names or shapes")
        network = DuetNetwork(width=width, dilations=dilations, phones=phones)
        network.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError, OverflowError, ZeroDivisionError) as error:
        reason = (str(error).splitlines() or ["it is damaged"])[0][:_REASON]
        raise ValueError(f"{path} holds no weights of this version of Duet ({reason}): {remedy}") from error
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise ValueError(f"{path} holds weights that are not numbers: {remedy}")
    return DuetModel(network)
