"""Training of Duet from nothing: speech of free voices, mouth, manner, weights and model card."""

import json
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tqdm import tqdm

from inference.duet.network import LOOK_AHEADS, DuetNetwork
from inference.training import corpus, figures
from inference.training.manner import train_manner
from inference.training.mouth import SHARPENING, Schedule, train_mouth
from inference.training.phones import PHONES
from inference.training.sentences import sentences
from inference.training.voices import HELD_OUT, VOICES

_WIDTH, _DILATIONS = 160, (1, 2, 4, 8, 1, 2, 4, 8)
_USER_LOOK_AHEAD, _AGENT_LOOK_AHEAD = 1, 3


def make_data(folder: Path, seed: int) -> None:
    """Speak the corpus into FOLDER/speech; voices that are there stay."""
    (folder / "speech").mkdir(parents=True, exist_ok=True)
    texts = sentences(seed)
    first = 0
    for index, name in enumerate(tqdm([*VOICES, *HELD_OUT], desc="voices", unit="voice")):
        count = corpus.sentence_count(name)
        chosen = [texts[(first + k) % len(texts)] for k in range(count)]
        first += count
        corpus.make(name, chosen, folder / "speech", index)


def _tracks(folder: Path) -> list[corpus.Track]:
    return [corpus.load(folder / "speech" / f"{name}.npz") for name in VOICES]


def train(folder: Path, output: Path, stages: tuple[str, ...], steps: tuple[int, int], seed: int, clips: Path) -> None:
    """Run the stages in order, each going on from what FOLDER holds; `save` writes OUTPUT and its model card.

    steps: of mouth and manner. clips: recordings of people that the card's figures are taken on.
    """
    torch.set_num_threads(1)  # a second thread makes these small layers slower
    torch.use_deterministic_algorithms(True)
    folder.mkdir(parents=True, exist_ok=True)
    if "data" in stages:
        make_data(folder, seed)
    if "mouth" in stages:
        train_mouth(_tracks(folder), Schedule(steps=steps[0], seed=seed), folder / "mouth.pt")
    if "sharpen" in stages:
        begin = _stored(folder / "mouth.pt")["network"]
        train_mouth(_tracks(folder), SHARPENING, folder / "sharpened.pt", begin)
    trained = folder / "duet.pt"
    if "manner" in stages:
        network = DuetNetwork()
        network.load_state_dict(_stored(folder / "sharpened.pt")["network"])
        train_manner(network, _tracks(folder), steps[1], folder, seed)
        torch.save({"network": network.state_dict()}, trained)
    if "save" in stages:
        network = DuetNetwork()
        network.load_state_dict(_stored(trained)["network"])
        save(network, output)
        write_card(network, folder, output.with_suffix(".md"), clips)


def _stored(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ValueError(f"{path} is not there: run the stages before this one first, ./run train duet")
    stored: dict[str, Any] = torch.load(path, weights_only=True)
    return stored


def save(network: DuetNetwork, path: Path) -> None:
    """Write the weights as safetensors, whole or not at all."""
    settings = {"width": _WIDTH, "dilations": _DILATIONS, "phones": len(PHONES)}
    partial = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), partial, metadata={"settings": json.dumps(settings)})
    partial.chmod(0o644)
    partial.replace(path)


_CARD: Final = """# Model card: Duet

Two speakers' sound in, both faces' motion out: a causal convolutional network of {millions:.1f} M parameters at 50 frames
a second. Trained by `./run train duet`.

- **Data**: {hours:.1f} h of speech by free voices (flite rms, slt, awb, kal16; festival ked, slt; espeak-ng variants and
  languages), with exact phone times; no recording of a person, nothing that is not free. Text: Debian's fortunes, a
  small grammar, word lists.
- **Targets**: the mouth from phones by dominance functions (Cohen & Massaro 1993). Head, brows and smile are
  simulated from published rules, with a slow noise as input: the listener imitates rules, it was not learned from
  people.
- **Limits**: closures weaken in noise, no laughter, no emotion. English sounds best.
- **Licence**: Apache-2.0, as the program.

Correlation with articulation targets, with {user:.0f} ms (the user's head, live) and {agent:.0f} ms of look-ahead (the
agent's head, and recordings); loudness alone beside it. "read speech" is public-domain recordings of people. "bilabials
closed" is the share of m, b and p at which the lips shut, "false closures" that of other sounds.

| measure | set | {user:.0f} ms | {agent:.0f} ms | loudness |
|---|---|---|---|---|
{rows}
"""


def write_card(network: DuetNetwork, folder: Path, path: Path, clips: Path) -> None:
    """Measure the network and write its model card."""
    network.eval()
    columns = []
    for look_ahead in (_USER_LOOK_AHEAD, _AGENT_LOOK_AHEAD):
        rows = [
            r
            for name in HELD_OUT
            for r in figures.held_out_voice(network, folder / "speech" / f"{name}.npz", look_ahead)
        ]
        columns.append(rows + figures.read_speech(network, clips, look_ahead))
    lines = [
        f"| {live['measure']} | {live['set']} | {live['value']} | {known['value']} | {live['baseline']} |"
        for live, known in zip(*columns, strict=True)
    ]
    hours = sum(len(track.labels) for track in _tracks(folder)) / 50 / 3600
    parameters = sum(p.numel() for p in network.parameters()) / 1e6
    user, agent = (LOOK_AHEADS[i] * 20 for i in (_USER_LOOK_AHEAD, _AGENT_LOOK_AHEAD))
    path.write_text(
        _CARD.format(millions=parameters, hours=hours, user=user, agent=agent, rows="\n".join(lines)), "utf-8"
    )
