"""`train duet`: data from free voices, training, weights and model card; goes on where it was stopped."""

import argparse
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_STAGES: Final = ("data", "mouth", "sharpen", "manner", "save")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("model", choices=["duet"], help="the model to train")
    parser.add_argument("--stage", choices=_STAGES, help="one stage only (default: all, in order)")
    parser.add_argument("--folder", type=Path, default=_ROOT / "build" / "duet", help="where data and checkpoints lie")
    parser.add_argument(
        "--output", type=Path, default=_ROOT / "resources" / "models" / "duet.safetensors", help="the weights to write"
    )
    parser.add_argument("--mouth-steps", type=int, default=20_000, help="training steps of the mouth (default: 20000)")
    parser.add_argument("--manner-steps", type=int, default=2_000, help="training steps of the manner (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same weights on the same machine")


def run(options: argparse.Namespace) -> int:
    """Train; return 0."""
    from inference.training.duet import train

    stages = (options.stage,) if options.stage else _STAGES
    steps = (options.mouth_steps, options.manner_steps)
    train(options.folder, options.output, stages, steps, options.seed, _ROOT / "tests" / "data" / "speech")
    return 0
