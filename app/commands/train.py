"""`train duet`, `train dualtalk`: from data to weights and model card. Both can be resumed."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.commands.outputs import add_overwrite, refusal
from app.errors import MissingError
from app.groups import missing
from app.session.faces import bridge

_ROOT: Final = Path(__file__).resolve().parents[2]
_STAGES: Final = ("data", "mouth", "manner", "save")
_VALIDATION_SHARE: Final = 0.05
# Of DualTalk's training, by the names that the line has for them, too.
_SETTINGS: Final = (
    "window", "batch", "epochs", "learning_rate", "accumulate", "precision", "seed", "loaders", "save_every",
)  # fmt: skip


@dataclass(frozen=True)
class DuetOptions:
    """How the bundled model is trained. steps: by name of the plan's; finetune: a folder of clips to go on with."""

    folder: Path
    output: Path | None
    overwrite: bool
    stage: str | None
    finetune: Path | None
    steps: Mapping[str, int]
    processes: int | None
    loaders: int
    seed: int


@dataclass(frozen=True)
class DualTalkOptions:
    """How DualTalk is trained. begin_with: weights, or wav2vec 2.0 as a folder or name; settings: of the training."""

    data: Path
    folder: Path
    begin_with: str | None
    processes: int | None
    settings: Mapping[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    models = parser.add_subparsers(dest="model", metavar="MODEL", required=True)
    duet = models.add_parser("duet", help="the bundled model, from free voices")
    _add_duet(duet)
    dualtalk = models.add_parser("dualtalk", help="DualTalk, on the DualTalk data set")
    _add_dualtalk(dualtalk)
    for model in (duet, dualtalk):
        model.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_duet(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--stage", choices=_STAGES, help="one stage only (default: all, in order)")
    add(
        "--finetune",
        type=Path,
        metavar="DIR",
        help="go on from the bundled weights on clips in DualTalk's layout",
    )
    add(
        "--folder",
        type=Path,
        default=_ROOT / "build" / "duet",
        help="where data and checkpoints lie; it goes on from there",
    )
    add_overwrite(parser)
    add("--output", type=Path, help="the weights to write (default: the bundled ones; FOLDER/finetuned.safetensors)")
    add("--mouth-steps", type=int, metavar="N", help="training steps of the mouth")
    add("--manner-steps", type=int, metavar="N", help="training steps of the manner")
    add("--finetune-steps", type=int, metavar="N", help="training steps of fine-tuning")
    add("--processes", type=int, help="that share each step, one thread each (default: one a GPU)")
    add("--loaders", type=int, default=0, help="processes that draw training speech beside, for a GPU (default: 0)")
    add("--seed", type=int, default=1, help="the same seed gives the same weights on the same machine")


def _add_dualtalk(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help="the data set, or its training folder")
    add("--folder", type=Path, default=_ROOT / "build" / "dualtalk", help="where the run lies; it goes on from there")
    add(
        "--begin-with",
        metavar="FROM",
        help="DualTalk weights to start from, or wav2vec 2.0: a folder or a name on the hub",
    )
    add("--epochs", type=int, default=1000)
    add("--batch", type=int, default=32, help="windows a step, over all processes (default: 32)")
    add("--accumulate", type=int, default=1, help="parts that a step is computed in, for less memory (default: 1)")
    add("--window", type=int, default=200, help="frames (default: 200)")
    add("--learning-rate", type=float, default=1e-4)
    add("--precision", choices=["no", "bf16", "fp16"], default="no", help="mixed precision (default: no)")
    add("--processes", type=int, help="on this machine (default: one a GPU)")
    add("--loaders", type=int, default=2, help="processes that read data (default: 2)")
    add("--save-every", type=int, default=500, metavar="STEPS", help="how often the run is kept (default: 500)")
    add("--seed", type=int, default=1)


def _duet_options(parsed: argparse.Namespace) -> DuetOptions:
    steps = {name: getattr(parsed, name) for name in ("mouth_steps", "manner_steps", "finetune_steps")}
    given = {name: value for name, value in steps.items() if value is not None}
    return DuetOptions(
        parsed.folder, parsed.output, parsed.overwrite, parsed.stage, parsed.finetune, given, parsed.processes,
        parsed.loaders, parsed.seed,
    )  # fmt: skip


def _dualtalk_options(parsed: argparse.Namespace) -> DualTalkOptions:
    settings = {name: getattr(parsed, name) for name in _SETTINGS}
    return DualTalkOptions(parsed.data, parsed.folder, parsed.begin_with, parsed.processes, settings)


def run(parsed: argparse.Namespace) -> int:
    """Train; return 0."""
    if lacking := missing("train"):
        raise MissingError(lacking)
    if parsed.model == "dualtalk":
        return _train_dualtalk(_dualtalk_options(parsed))
    return _train_duet(_duet_options(parsed))


def _launched(processes: int | None) -> int | None:
    """Start this command again in several processes where they are wanted; return how that ended, None where one is enough."""
    import torch

    count = processes or max(1, torch.cuda.device_count())
    if count == 1 or "LOCAL_RANK" in os.environ:
        return None
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={count}"]
    return subprocess.run([*launcher, str(_ROOT / "main.py"), *sys.argv[1:]], check=False).returncode


def _train_duet(options: DuetOptions) -> int:
    from inference.training.duet import STAGES, Plan, make_data, train, tune

    bundled = _ROOT / "resources" / "models" / "duet.safetensors"
    output = options.output or (options.folder / "finetuned.safetensors" if options.finetune else bundled)
    if options.stage in (None, "save") or options.finetune:
        output.parent.mkdir(parents=True, exist_ok=True)
        if wrong := refusal((bundled,) if options.finetune else (), (output,), options.overwrite):
            print(wrong, file=sys.stderr)
            return 2
    if options.stage in (None, "data") and not options.finetune and "LOCAL_RANK" not in os.environ:
        make_data(options.folder, options.seed)  # before there are processes that would wait for it
        if options.stage == "data":
            return 0
    ended = _launched(options.processes)
    if ended is not None:
        return ended
    plan = Plan(options.folder, output, seed=options.seed, loaders=options.loaders, **options.steps)
    if options.finetune:
        tune(plan, options.finetune, bridge())
    else:
        train(plan, (options.stage,) if options.stage else STAGES)
    return 0


def _train_dualtalk(options: DualTalkOptions) -> int:
    best = options.folder / "best.safetensors"
    options.folder.mkdir(parents=True, exist_ok=True)
    begin_with = Path(options.begin_with) if options.begin_with else None
    if wrong := refusal((options.data, begin_with), (best,), goes_on=True):
        print(wrong, file=sys.stderr)
        return 2
    ended = _launched(options.processes)
    if ended is not None:
        return ended
    from inference.data import dataset
    from inference.training.dualtalk import WAV2VEC, Run, TrainingSettings, starting_network

    folder = options.data / "train" if (options.data / "train").is_dir() else options.data
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder: name the DualTalk data set, or its training folder")
    found = dataset.find(folder)
    first = os.environ.get("RANK", "0") == "0"
    for clip, reason in found.skipped.items() if first else ():
        print(f"left out: {clip}: {reason}", file=sys.stderr)
    training, validation = dataset.split(found.clips, _VALIDATION_SHARE)
    settings = TrainingSettings(**options.settings)
    counts = [sum(1 for _ in dataset.windows(clips, settings.window)) for clips in (training, validation)]
    if not all(counts):
        raise ValueError(
            f"{folder} has too little: {counts[0]} windows of {settings.window} frames to train on and {counts[1]} of other "
            "speakers to validate with; at least two recordings of that length are needed"
        )
    if first:
        print(f"{counts[0]} windows to train on, {counts[1]} of other speakers to validate with", file=sys.stderr)
    loss = Run(options.folder, starting_network(options.begin_with or WAV2VEC, settings.seed), settings).train(
        training, validation
    )
    if first:
        print(f"best validation loss {loss:.4f}: {best}; ./run import-dualtalk takes it")
    return 0
