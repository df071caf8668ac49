"""The kinds of file that the program reads: whole ones, which of them is spoiled, odd ones, and the program's own reader."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from app.agents.agents import PERSONAS, load_agent
from app.agents.schema import LanguageModelFile
from app.documents import read_schema
from tests.drill import good, odd_binary, odd_media, odd_text

Odd = Callable[[bytes, Random], bytes]
_BLOCK: Final = 16_000
_DUET: Final = good.ROOT / "resources" / "models" / "duet.safetensors"


@dataclass(frozen=True)
class Kind:
    """A kind of file: those that belong together by name, which of them is spoiled, odd ones, and who reads its path."""

    files: Callable[[Path], dict[str, bytes]]
    spoiled: str
    read: Callable[[Path], object]
    odd: dict[str, Odd]


def _one(name: str, make: Callable[[Path], bytes]) -> Callable[[Path], dict[str, bytes]]:
    return lambda folder: {name: make(folder)}


def _head(_folder: Path) -> dict[str, bytes]:
    """Return a folder of heads."""
    look = b'{"name": "Tiny", "identity": 1, "lash_strength": 0.5, "lines": 0.2}'
    picture = good.picture("WEBP")
    return {
        "tiny/look.json": look, "tiny/skin.webp": picture, "tiny/hair.webp": picture, "wrinkles.webp": picture,
        "tiny/hair.npz": good.npz(good.hair()), "model.npz": good.npz(good.head()),
    }  # fmt: skip


def _draw(path: Path) -> None:
    from avatar.draw.head_data import prepared
    from avatar.rig.head import Head
    from avatar.rig.head_file import load_look, load_model

    root = next(parent for parent in path.parents if parent.name.startswith("trial"))
    prepared(Head(load_model(root / "model.npz"), load_look(root / "tiny")))


def _motion(path: Path) -> None:
    from avatar.export.motion_file import at_rate, read_motion

    read = read_motion(path)
    at_rate(read.motion, read.frames_per_second, 50)


def _flame_file(path: Path) -> None:
    from avatar.flame.file import read_flame_file

    read_flame_file(path)


def _flame_kept(path: Path) -> None:
    from avatar.flame.model import flame_basis, load_flame

    flame_basis(path)
    load_flame(path)


def _dualtalk(path: Path) -> None:
    from inference.dualtalk.checkpoint import convert

    convert(path, path.with_name("kept.safetensors"))


def _dualtalk_kept(path: Path) -> None:
    from inference.dualtalk.checkpoint import load_network, stored_about

    stored_about(path)
    load_network(path)


def _dualtalk_converted(folder: Path) -> bytes:
    from inference.dualtalk.checkpoint import convert
    from tests.tiny_dualtalk import write_checkpoint

    convert(write_checkpoint(folder / "tiny.pth"), folder / "kept.safetensors")
    return (folder / "kept.safetensors").read_bytes()


def _dualtalk_published(folder: Path) -> bytes:
    from tests.tiny_dualtalk import write_checkpoint

    return good.written(write_checkpoint, folder, "tiny.pth")


def _duet(path: Path) -> None:
    from inference.duet.model import load_duet

    load_duet(path)


def _whisper(path: Path) -> None:
    from inference.recognition.whisper_engine import WhisperEngine

    WhisperEngine(path, "en", 1)


def _whisper_file(_folder: Path) -> bytes:
    from tests.drill.odd_weights import stored, tiny_whisper

    return stored(tiny_whisper())


def _sound(path: Path) -> None:
    from audio_io import files

    files.check(path)
    for _ in files.stream(path, _BLOCK):
        pass


def _picture(path: Path) -> None:
    from avatar.draw.background import background_of

    background_of(str(path))


def _agent(path: Path) -> None:
    agent = load_agent(path, print)
    for heard in ("hello", "yes", "what is your name", ""):
        list(agent.reply(agent.start(), heard).pieces)


def _language_model(path: Path) -> None:
    read_schema(path, LanguageModelFile)


def _settings(path: Path) -> None:
    from app.settings import resolved

    resolved({}, path)


def _voice(path: Path) -> None:
    from audio_io.voices.piper_file import read_config

    read_config(path.with_suffix(""))


def _session(path: Path) -> None:
    from app.session.shown import Replayed
    from app.timeline.stored import load

    shown = Replayed(load(path.parent))
    at = shown.stored.start + 1600
    shown.faces(at).poses(at, "viewer", shown.delay(at), shown.basis(at))
    shown.captions(at)


def _recorded(name: str, odd: dict[str, Odd]) -> Kind:
    return Kind(lambda _folder: good.session(), name, _session, odd)


def _recording(name: str, odd: dict[str, Odd]) -> Kind:
    return Kind(good.recording, name, _session, odd)


def _yaml(name: str, text: Callable[[], bytes], read: Callable[[Path], object]) -> Kind:
    return Kind(_one(name, lambda _folder: text()), name, read, odd_text.YAML)


def _weights(which: str) -> dict[str, Odd]:
    from tests.drill import odd_weights

    return odd_weights.DUALTALK if which == "dualtalk" else odd_weights.WHISPER


def _sounds(form: str, subtype: str | None, rate: int = 16_000, channels: int = 1) -> Kind:
    name = f"sound.{form.lower()}"
    return Kind(_one(name, lambda _f: good.sound(form, subtype, rate, channels)), name, _sound, odd_media.SOUND)


def _pictures(form: str) -> Kind:
    name = f"picture.{form.lower()}"
    return Kind(_one(name, lambda _folder: good.picture(form)), name, _picture, odd_media.PICTURE)


_NPZ: Final = odd_binary.NPZ
KINDS: Final[dict[str, Callable[[], Kind]]] = {
    "head": lambda: Kind(_head, "model.npz", _draw, _NPZ),
    "hair": lambda: Kind(_head, "tiny/hair.npz", _draw, _NPZ),
    "look": lambda: Kind(_head, "tiny/look.json", _draw, odd_text.JSON),
    "skin": lambda: Kind(_head, "tiny/skin.webp", _draw, odd_media.PICTURE),
    "motion": lambda: Kind(_one("m.npz", lambda _f: good.npz(good.motion())), "m.npz", _motion, _NPZ),
    "flame 2020": lambda: Kind(
        _one("f.pkl", lambda f: good.flame_pickle(f, True, 2)), "f.pkl", _flame_file, odd_binary.PICKLE
    ),
    "flame 2023": lambda: Kind(
        _one("f.pkl", lambda f: good.flame_pickle(f, False, 5)), "f.pkl", _flame_file, odd_binary.PICKLE
    ),
    "flame npz": lambda: Kind(_one("f.npz", lambda _f: good.npz(good.flame())), "f.npz", _flame_file, _NPZ),
    "flame kept": lambda: Kind(_one("f.npz", lambda _f: good.npz(good.flame())), "f.npz", _flame_kept, _NPZ),
    "dualtalk": lambda: Kind(_one("d.pth", _dualtalk_published), "d.pth", _dualtalk, _weights("dualtalk")),
    "dualtalk kept": lambda: Kind(
        _one("d.safetensors", _dualtalk_converted), "d.safetensors", _dualtalk_kept, odd_binary.TENSORS
    ),
    "duet": lambda: Kind(
        _one("d.safetensors", lambda _f: _DUET.read_bytes()), "d.safetensors", _duet, odd_binary.TENSORS
    ),
    "whisper": lambda: Kind(_one("w.pt", _whisper_file), "w.pt", _whisper, _weights("whisper")),
    "wav": lambda: _sounds("WAV", "PCM_16"),
    "flac": lambda: _sounds("FLAC", None, 44_100, 2),
    "ogg": lambda: _sounds("OGG", None, 48_000),
    "jpeg": lambda: _pictures("JPEG"),
    "png": lambda: _pictures("PNG"),
    "webp": lambda: _pictures("WEBP"),
    "persona": lambda: _yaml("p.yaml", (PERSONAS / "mira.yaml").read_bytes, _agent),
    "script": lambda: _yaml("s.yaml", good.SCRIPT.encode, _agent),
    "wizard": lambda: _yaml("w.yaml", (PERSONAS / "wizard.yaml").read_bytes, _agent),
    "language model": lambda: _yaml("l.yaml", good.LANGUAGE_MODEL.encode, _language_model),
    "voice": lambda: Kind(_one("v.onnx.json", lambda _f: good.VOICE.encode()), "v.onnx.json", _voice, odd_text.JSON),
    "settings": lambda: _yaml("s.yaml", good.SETTINGS.encode, _settings),
    "session facts": lambda: _recorded("session.json", odd_text.JSON),
    "session events": lambda: _recorded("events.jsonl", odd_text.LINES),
    "session sound": lambda: _recorded("user.wav", odd_media.SOUND),
    "session motion": lambda: _recorded("agent.motion", {}),
    "session timeline": lambda: _recording("timeline.jsonl", odd_text.LINES),
    "session voice": lambda: _recording("agent.flac", odd_media.SOUND),
    "session frames": lambda: _recording("user.npz", _NPZ),
}
