"""Training of Duet: speech of free voices, mouth, manner, perhaps fine-tuning, then weights and model card."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tqdm import tqdm

from avatar.flame.retarget import Retargeting
from inference.data import corpus, dataset
from inference.data.phones import PHONES
from inference.data.sentences import sentences
from inference.data.voices import HELD_OUT, VOICES
from inference.duet.model import DuetModel, load_duet
from inference.duet.network import DuetNetwork
from inference.duet.timing import FRAMES_PER_SECOND
from inference.measures.duet import report
from inference.training import finetune, loop, manner, mouth

STAGES: Final = ("mouth", "manner", "save")  # after `make_data`
_WIDTH, _DILATIONS = 160, (1, 2, 4, 8, 1, 2, 4, 8)


@dataclass(frozen=True)
class Plan:
    """A run: where it lies, what it writes, and its steps of mouth, manner and fine-tuning."""

    folder: Path
    output: Path
    mouth_steps: int = mouth.SCHEDULE.steps
    manner_steps: int = manner.SCHEDULE.steps
    finetune_steps: int = finetune.SCHEDULE.steps
    seed: int = 1
    loaders: int = 0

    def schedule(self, schedule: loop.Schedule, steps: int) -> loop.Schedule:
        """Return a stage's schedule as this run wants it."""
        return replace(schedule, steps=steps, seed=self.seed, loaders=self.loaders)


def make_data(folder: Path, seed: int) -> None:
    """Speak the corpus into FOLDER/speech, a voice a core at a time; voices that are there stay."""
    speech = folder / "speech"
    speech.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs: list[Future[Path]] = [pool.submit(corpus.make, *job) for job in _speech_jobs(speech, seed)]
        for done in tqdm(as_completed(jobs), "voices", len(jobs), unit="voice"):
            done.result()


def _speech_jobs(speech: Path, seed: int) -> Iterator[tuple[str, list[str], Path, int]]:
    texts, first = sentences(seed), 0
    for index, name in enumerate([*VOICES, *HELD_OUT]):
        count = corpus.sentence_count(name)
        yield name, [texts[(first + k) % len(texts)] for k in range(count)], speech, index
        first += count


def _tracks(folder: Path) -> list[corpus.Track]:
    missing = [name for name in VOICES if not (folder / "speech" / f"{name}.npz").exists()]
    if missing:
        raise ValueError(
            f"{folder / 'speech'} lacks {', '.join(missing)}: make it first, ./run train duet --stage data"
        )
    return [corpus.load(folder / "speech" / f"{name}.npz") for name in VOICES]


def train(plan: Plan, stages: tuple[str, ...]) -> None:
    """Run the stages in order, each going on from what the plan's folder holds; `save` writes the weights and their card."""
    torch.set_num_threads(1)  # a second thread makes these small layers slower; more processes make them faster
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    folder, first = plan.folder, int(os.environ.get("RANK", "0")) == 0
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    network = DuetNetwork()
    tracks = _tracks(folder) if {"mouth", "manner"} & set(stages) else []
    if "mouth" in stages:
        mouth.train_mouth(network, tracks, plan.schedule(mouth.SCHEDULE, plan.mouth_steps), folder / "mouth.pt")
    if "manner" in stages:
        mouth.Mouth(network).load_state_dict(loop.result(folder / "mouth.pt"))
        manner.train_manner(network, tracks, plan.schedule(manner.SCHEDULE, plan.manner_steps), folder / "manner.pt")
    if "save" in stages and first:
        mouth.Mouth(network).load_state_dict(loop.result(folder / "mouth.pt"))
        manner.MannerLoss(network).load_state_dict(loop.result(folder / "manner.pt"), strict=False)
        save(network, plan.output)
        write_card(plan.output, hours(_tracks(folder)))


def tune(plan: Plan, tracked: Path, bridge: Retargeting | None = None) -> None:
    """Go on from the weights there are on tracked conversations in TRACKED, the DualTalk data set's layout; write the result.

    bridge: what carries FLAME's expressions into the named ones; without it jaw and head are learned alone. Raises
    FileNotFoundError, ValueError where there are no clips or no weights.
    """
    torch.set_num_threads(1)
    folder = tracked / "train" if (tracked / "train").is_dir() else tracked
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder: name the DualTalk data set, or one in its layout")
    found = dataset.find(folder)
    if not found.clips:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(found.skipped.items())[:3])
        raise ValueError(f"{folder} holds no clip to train on (NAME_speaker1.wav, NAME_speaker1.npz …) {reasons}")
    plan.folder.mkdir(parents=True, exist_ok=True)
    network = load_duet().network
    schedule = plan.schedule(finetune.SCHEDULE, plan.finetune_steps)
    finetune.finetune(network, found.clips, schedule, plan.folder / "finetune.pt", bridge=bridge)
    if int(os.environ.get("RANK", "0")) == 0:
        save(network, plan.output)
        write_card(plan.output, 0.0, len(found.clips) // 2)


def hours(tracks: list[corpus.Track]) -> float:
    """Return how long voices speak, in hours."""
    return sum(len(track.labels) for track in tracks) / FRAMES_PER_SECOND / 3600


def save(network: DuetNetwork, path: Path) -> None:
    """Write the weights as safetensors, whole or not at all."""
    settings = {"width": _WIDTH, "dilations": _DILATIONS, "phones": len(PHONES)}
    partial = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Any] = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    save_file(tensors, partial, metadata={"settings": json.dumps(settings)})
    partial.chmod(0o644)
    partial.replace(path)


_CARD: Final = """# Model card: Duet

Two speakers' sound in, both faces' motion out: a causal convolutional network of {millions:.1f} M parameters at 50 frames
a second. Each speaker's sound goes through one trunk; the mouth follows it. How the head, the brows and the smile move is
read from both voices, their prosody, the partner's motion of 0.2 s ago, what is asked of the speaker (attitude, emotion)
and a slow noise: the same seed gives the same motion.

- **Data**: {data}
- **Targets**: the mouth from phones by dominance functions (Cohen & Massaro 1993). Head, brows and smile are
  simulated by published rules: nods after low pitch and phrase ends (Ward & Tsukahara 2000), smiles that are answered, brows
  raised on emphasis, mirroring after 0.6 s, the speed and spectrum of one tracked conversation. The network tells the partner's
  cues, and a formula makes the nod. **The listener imitates these rules; it was not learned from people.**
- **Weights**: running averages. The mouth's are 0.7 of the end's and 0.3 of those after a third of the run, chosen on the read
  speech below: the end alone knows the voices it was trained on better, and people worse.
- **Use**: faces of a conversation in this program. Not for judging people: it knows what a voice's sound does to a mouth.
- **Limits**: a soft voice of somebody else in the room moves the mouth like a soft voice of one's own. Closures weaken in
  noise and with 40 ms of look-ahead. Laughter is known from synthetic laughter only. English sounds best.
- **Licence**: Apache-2.0, as the program.
- **Made by**: `./run train duet{arguments}`. **Measured by**: `./run evaluate duet`, which explains itself in
  `inference/measures/duet/`.

Values are correlations but where the measure says another thing. "jaw at most" is a share of the full opening.
"read speech", "LibriVox" and the tracked conversation are people; the rest are voices that training did not hear.

{table}
"""
_SPOKEN: Final = """{hours:.1f} h of speech by free voices (flite rms, slt, awb, kal16; festival ked, slt; espeak-ng variants
  and languages), with exact phone times; no recording of a person, nothing that is not free. Text: Debian's fortunes, a
  small grammar, word lists. Noise, rooms, music, key strokes, breath and laughter are made by the training code."""
_TUNED: Final = "fine-tuned on {clips} tracked clips that the user of this copy brought; their licence goes with it."


def write_card(weights: Path, spoken: float, clips: int = 0) -> None:
    """Measure the weights and write their model card beside them. spoken: hours of speech; clips: those tuned on, if any."""
    model = load_duet(weights)
    parameters = sum(p.numel() for p in model.network.parameters()) / 1e6
    data = _TUNED.format(clips=clips) if clips else _SPOKEN.format(hours=spoken)
    text = _CARD.format(
        millions=parameters, data=data, arguments=" --finetune DIR" if clips else "", table=report.table(_rows(model))
    )
    weights.with_suffix(".md").write_text(text, "utf-8")


def _rows(model: DuetModel) -> list[Any]:
    return list(report.measured(model))
