"""`doctor`: part by part what is there, what is missing, and the remedy. Never fails because of what it looks at."""

import argparse
import importlib.metadata
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from app.errors import MissingError, in_words
from app.groups import missing, to_come
from app.session import hearing, whisper_files
from app.session.parts import added
from app.session.parts import wrong as unusable
from audio_io.devices.listing import Kind, default, devices

_ROOT: Final = Path(__file__).resolve().parents[2]
_LEAST_GIB: Final = 1.0


@dataclass(frozen=True)
class Part:
    """A part of the program: whether it is in order, what was found, and what to do where it is not."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def _python() -> Part:
    version = ".".join(str(n) for n in sys.version_info[:3])
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Part("Python", good, f"{version} at {sys.executable}", "" if good else "use Python 3.11, 3.12 or 3.13")


def _torch() -> Part:
    import torch

    gpu = f", GPU {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ", no GPU (none is needed)"
    return Part("torch", True, torch.__version__ + gpu)


def _window() -> Part:
    from app.commands.window import display_missing

    missing = display_missing()
    version, lacking = importlib.metadata.version("PySide6-Essentials"), ", no display" if missing else ""
    return Part("window", not missing, f"Qt {version}{lacking}", missing)


def _graphics() -> Part:
    from avatar.draw.tiers import tier_of
    from avatar.export.picture import headless_context

    context = headless_context()
    name, version = context.info["GL_RENDERER"], context.info["GL_VERSION"]
    context.release()
    return Part("graphics", True, f"{name}, OpenGL {version.split()[0]}, {tier_of(name).name} tier")


def _sound(kind: Kind) -> Callable[[], Part]:
    def look() -> Part:
        present = devices(kind)
        chosen = default(kind)
        if chosen is None:
            return Part(kind, False, "none found", f"plug in a {kind}; without one the sample conversation still shows")
        return Part(kind, True, f"{chosen.name} ({chosen.rate} Hz); in all {len(present)}")

    return look


def _voice() -> Part:
    from app.conversation.voices import state

    return Part("voice", *state())


def _model() -> Part:
    from inference.duet.model import WEIGHTS, load_duet

    load_duet()
    return Part("motion model", True, f"Duet, {WEIGHTS.stat().st_size / 1e6:.1f} MB")


def _heads() -> Part:
    from app.session.faces import available_looks, load_heads

    names = available_looks()
    vertices = len(load_heads()[0].model.v_template)
    return Part("heads", len(names) >= 2, f"{', '.join(names)}; {vertices} vertices")


def _dualtalk() -> Part:
    from app.session.models import DUALTALK_MISSING
    from app.store import dualtalk_weights

    path = dualtalk_weights()
    if not path.exists():
        return Part("DualTalk", False, "not imported", DUALTALK_MISSING)
    if missing("dualtalk"):
        return Part("DualTalk", False, "imported", missing("dualtalk"))
    from inference.dualtalk.checkpoint import stored_about

    about = stored_about(path)
    size = f"{about.parameters / 1e6:.0f} M parameters, {about.precision}, {path.stat().st_size / 1e9:.1f} GB"
    return Part("DualTalk", True, f"{size}, of {about.source}, SHA-256 {about.sha256}")


def _flame() -> Part:
    from app.session.faces import bridge
    from app.session.flame_head import FLAME_MISSING
    from app.store import flame_model

    if not flame_model().exists():
        return Part("FLAME", False, "not imported", FLAME_MISSING)
    from avatar.flame.model import load_flame

    model, across = load_flame(flame_model()), bridge()
    found = f"{len(model.v_template)} vertices, SHA-256 of its file {model.sha256}"
    if across is None:
        remedy = missing("measure") or "import a whole FLAME head, ./run import-flame FILE"
        return Part("FLAME", False, f"{found}; it could not be laid over the bundled heads", remedy)
    told = (
        f"named expressions are carried to it within {across.error.mean():.2f} mm, at worst {across.error.max():.2f} mm"
    )
    return Part("FLAME", True, f"{found}; {told}")


def _recognizer() -> Part:
    if importlib.util.find_spec("whisper") is None:
        return Part(
            "recognizer", False, "openai-whisper is not installed", "start ./run again: it installs what is missing"
        )
    from inference.recognition.ctranslate import tiny_english

    used = hearing.chosen("auto").title
    models = ", ".join(whisper_files.present()) or "none"
    if missing("ears"):
        return Part("recognizer", False, f"{used}; models: {models}", missing("ears"))
    try:
        tiny_english()
    except OSError as error:
        return Part("recognizer", False, f"{error}; PocketSphinx hears instead", "./run fetch ears")
    name = next(name for name in hearing.suited() if not name.endswith(".en"))
    remedy = f"for other languages: ./run import-whisper {name} ({whisper_files.SIZES[name]} MB, once)"
    return Part("recognizer", True, f"{used}; models: {models}", "" if models != "none" else remedy)


def _echo() -> Part:
    from audio_io.activity import CHUNK, VoiceActivity
    from audio_io.devices.echo import BLOCK, EchoCanceller

    EchoCanceller().clean(np.zeros(BLOCK, np.float32), np.zeros(BLOCK, np.float32))
    VoiceActivity().probability(np.zeros(CHUNK, np.float32))
    return Part("listening", True, "echo canceller (WebRTC) and voice activity (Silero) run on this computer")


def _agents() -> Part:
    from app.agents.agents import agent_files, own_folder, read_agent

    wrong: list[str] = []
    for path in agent_files().values():
        try:
            read_agent(path)
        except (ValueError, MissingError, OSError) as error:
            wrong.append(str(error))
    return Part("agents", not wrong, f"{', '.join(agent_files())}; your own go to {own_folder()}", "; ".join(wrong))


def _language_models() -> Part:
    from app.agents.language_model.server import LOCAL_SERVERS, local_servers

    found = [f"{server.name}: {', '.join(server.models[:4])}" for server in local_servers()]
    remedy = (
        f"optional: start {', '.join(LOCAL_SERVERS)} or another OpenAI-compatible server, and choose it as the agent"
    )
    return Part("language model", bool(found), "; ".join(found) or "none runs here", "" if found else remedy)


def _added() -> Part:
    return Part("added", not unusable(), ", ".join(added()) or "nothing by other packages", "; ".join(unusable()))


def _later() -> Part:
    return Part("later", True, f"installed by its first use: {'; '.join(to_come()) or 'nothing more, all is there'}")


def _disk() -> Part:
    free = shutil.disk_usage(_ROOT).free / 2**30
    wanted = "" if free >= _LEAST_GIB else f"free at least {_LEAST_GIB:.0f} GiB on this disk"
    return Part("disk", not wanted, f"{free:.1f} GiB free", wanted)


_LOOKS: Final[dict[str, Callable[[], Part]]] = {
    "Python": _python, "torch": _torch, "window": _window, "graphics": _graphics,
    "microphone": _sound("microphone"), "loudspeaker": _sound("loudspeaker"), "listening": _echo, "voice": _voice,
    "motion model": _model, "heads": _heads, "DualTalk": _dualtalk, "FLAME": _flame,
    "recognizer": _recognizer, "agents": _agents, "language model": _language_models, "added": _added,
    "later": _later, "disk": _disk,
}  # fmt: skip
# What the program can do without, saying so.
_OPTIONAL: Final = frozenset(
    ("window", "microphone", "loudspeaker", "recognizer", "DualTalk", "FLAME", "language model", "agents", "added")
)


def parts() -> list[Part]:
    """Look at every part; one that cannot even be looked at is not in order, and its error is the remedy."""
    found = []
    for name, look in _LOOKS.items():
        try:
            found.append(look())
        except Exception as error:  # whatever is wrong with a part is this command's result
            found.append(Part(name, False, type(error).__name__, in_words(error)))
    return found


def run(options: argparse.Namespace) -> int:
    """Print the parts; return 0 where all that is needed is in order, else 2."""
    found = parts()
    whole = all(part.ok for part in found if part.name not in _OPTIONAL)
    if options.json:
        print(json.dumps({"parts": [asdict(part) for part in found], "ok": whole}))
    else:
        for part in found:
            mark = "ok     " if part.ok else "missing"
            print(f"{mark}  {part.name:<13} {part.detail}" + (f"\n{'':>22} -> {part.remedy}" if part.remedy else ""))
        print("everything that is needed is there" if whole else "something that is needed is missing: see above")
    return 0 if whole else 2
