"""`evaluate`: a model's motion, or motion files, against the truth of a data set, beside the published figures.

`evaluate duet`: the bundled model's figures on fixed clips, beside loudness and chance.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.commands.arguments import add_model_arguments, model_options
from app.commands.outputs import refusal
from app.errors import MissingError
from app.session.models import MOTION_MODELS, load_model, title_of
from app.settings import ModelOptions
from app.store import flame_model
from avatar.rig.basis import FLAME

if TYPE_CHECKING:
    from inference.data.dataset import Clip
    from inference.measures.evaluation import Predict
    from inference.measures.results import Row

# How the paper prints its figures.
_SCALES: Final = {"fd_jaw": 3, "pfd_jaw": 3, "fd_neck": 2, "pfd_neck": 2, "mse_expression": 1, "rpcc_expression": 2}
_COLUMN: Final = 12


@dataclass(frozen=True)
class EvaluateOptions:
    """What is measured; model: a motion model, or a folder of motion files. None is what is best, or named by the model."""

    data: Path
    speech: Path | None
    model: str
    output: Path | None
    workers: int | None
    models: ModelOptions
    json: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "data",
        type=Path,
        metavar="DATA",
        help="folder in the DualTalk data set's layout, or one with test and ood in it; or the word duet",
    )
    parser.add_argument(
        "--speech", type=Path, metavar="DIR",
        help="with duet: more recordings, NAME.flac, and phones.json with {NAME: {phones: [[ARPAbet, start, end] …]}}",
    )  # fmt: skip
    parser.add_argument(
        "--model", default="dualtalk", metavar="M",
        help="duet, dualtalk, or a folder of motion files NAME_speaker1.npz … (default: dualtalk)",
    )  # fmt: skip
    parser.add_argument(
        "--output",
        type=Path,
        metavar="F.csv",
        help="a row a clip; a stopped run goes on from it (default: evaluation-M.csv)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes that measure (default: one a core)")
    parser.add_argument("--json", action="store_true", help="print the table as one line of JSON")
    add_model_arguments(parser)


def options_of(parsed: argparse.Namespace) -> EvaluateOptions:
    """Return what the line asks for."""
    return EvaluateOptions(
        parsed.data, parsed.speech, parsed.model, parsed.output, parsed.workers, model_options(parsed), parsed.json
    )


def run(parsed: argparse.Namespace) -> int:
    """Evaluate; return 0, 1 where no clip could be measured, 2 where the measures cannot be written where they shall."""
    options = options_of(parsed)
    if options.data == Path("duet"):
        return _duet(options)
    from tqdm import tqdm

    from inference.data import dataset
    from inference.measures import evaluation
    from inference.measures.results import Results

    path = options.output or Path(f"evaluation-{Path(options.model).name}.csv")
    wrong = refusal((options.data, Path(options.model), *options.models.read), (path,), goes_on=True)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    predict, basis, source = _source(options)  # what is missing is told before any work
    sets: dict[str, list[Clip]] = {}
    skipped: dict[str, str] = {}
    for name, folder in dataset.sets_of(options.data).items():
        found = dataset.find(folder, lambda names: tqdm(names, desc="check", unit="clip", file=sys.stderr))
        sets[name] = found.clips
        skipped |= {f"{name}/{clip}": reason for clip, reason in found.skipped.items()}
    results = Results(path, source)
    total, flame = sum(map(len, sets.values())), flame_model()
    with tqdm(total=total, desc="evaluate", unit="side", file=sys.stderr) as bar:
        skipped |= evaluation.evaluate(
            sets, predict, basis, flame if flame.exists() else None, results,
            options.workers or evaluation.default_workers(), bar.update,
        )  # fmt: skip
    for clip, reason in skipped.items():
        print(f"left out: {clip}: {reason}", file=sys.stderr)
    rows = evaluation.summary(results.rows)
    if not rows:
        print(f"no clip of {options.data} could be measured", file=sys.stderr)
        return 1
    print(f"{len(results.rows)} sides of clips in {path}, {len(skipped)} left out", file=sys.stderr)
    print(json.dumps({"rows": rows, "skipped": skipped, "source": source}) if options.json else _table(rows))
    return 0


def _duet(options: EvaluateOptions) -> int:
    import torch

    from inference.duet.model import WEIGHTS, load_duet
    from inference.measures.duet.report import measured, table

    torch.set_num_threads(1)
    rows = measured(load_duet(options.models.duet_weights or WEIGHTS), options.speech)
    print(json.dumps({"rows": rows}) if options.json else table(rows))
    return 0


def _source(options: EvaluateOptions) -> "tuple[Predict, str, str]":
    """Return how a clip's motion is had, its basis, and a name that tells it from every other source."""
    if options.model not in MOTION_MODELS.names():
        folder = Path(options.model)
        if not folder.is_dir():
            raise MissingError(
                f"{folder} is neither a model ({', '.join(MOTION_MODELS.names())}) nor a folder of motion files"
            )
        return _from_files(folder), FLAME, str(folder.resolve())
    from inference.dualtalk.tensors import sha256_of
    from inference.duet.model import WEIGHTS

    model: Any = load_model(options.models, options.model)
    if options.model == "duet":
        return _by_streaming(model), model.basis, f"Duet {sha256_of(options.models.duet_weights or WEIGHTS)[:16]}"
    if options.model == "dualtalk":
        return _by_dualtalk(model), model.basis, f"DualTalk {_hash(options)} {model.settings.precision}"
    return _by_streaming(model), model.basis, title_of(options.model)


def _hash(options: EvaluateOptions) -> str:
    from app.store import dualtalk_weights
    from inference.dualtalk.checkpoint import stored_about
    from inference.dualtalk.tensors import sha256_of

    weights = options.models.weights or dualtalk_weights()
    return (stored_about(weights).sha256 if weights.suffix == ".safetensors" else sha256_of(weights))[:16]


def _from_files(folder: Path) -> "Callable[[Clip], Path]":
    def path(clip: "Clip") -> Path:
        nested = folder / clip.folder.name / f"{clip.key}.npz"
        return nested if nested.exists() else folder / f"{clip.key}.npz"

    return path


def _by_dualtalk(model: Any) -> "Predict":
    from inference.data.dataset import load
    from inference.dualtalk.whole import answer

    def drawn(clip: "Clip") -> Any:
        talk = load(clip)
        return answer(model.network, talk.own_audio, talk.partner_audio, talk.partner_motion)

    return drawn


def _by_streaming(model: Any) -> "Predict":
    import numpy as np

    from app.session.models import block_samples
    from avatar.export.motion_file import at_rate, of_length
    from inference.data.dataset import load
    from inference.dualtalk.timing import FRAMES_PER_SECOND
    from inference.motion.offline import animate

    def drawn(clip: "Clip") -> Any:
        talk, size = load(clip), block_samples(model)
        audio = np.stack([talk.own_audio, talk.partner_audio])
        audio = np.pad(audio, ((0, 0), (0, -audio.shape[1] % size)))
        blocks = (audio[:, at : at + size] for at in range(0, audio.shape[1], size))
        motion = np.concatenate([part[0] for part in animate(model, blocks)])
        return of_length(at_rate(motion, model.frames_per_second, FRAMES_PER_SECOND), len(talk.own_motion))

    return drawn


def _table(rows: "list[Row]") -> str:
    from inference.measures.evaluation import PUBLISHED

    lines = []
    for set_name in dict.fromkeys(row["set"] for row in rows):
        systems = PUBLISHED.get(set_name, {})
        heads = ["value", "still face", "other clip", *systems]
        lines.append(
            f"{set_name:<26}" + "".join(f"{head:>{max(_COLUMN, len(head) + 2)}}" for head in heads) + "   clips"
        )
        for row in (row for row in rows if row["set"] == set_name):
            power = _SCALES.get(row["measure"], 0)
            name = row["measure"] + (f" x10^{power}" if power else "")
            values = [row["value"], row["baseline"], row["chance"], *(s.get(row["measure"]) for s in systems.values())]
            cells = [_cell(v, power, max(_COLUMN, len(h) + 2)) for v, h in zip(values, heads, strict=True)]
            lines.append(f"{name:<26}" + "".join(cells) + f"{row['clips']:>8}")
        lines.append("")
    lines.append("The published rows are of the paper, which evaluates DualTalk with the partner's real motion.")
    return "\n".join(lines)


def _cell(value: float | None, power: int, width: int) -> str:
    return f"{'-' if value is None else format(value * 10**power, '.4g'):>{width}}"
