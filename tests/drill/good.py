"""Whole files of every kind that the program reads, small, in a folder: what the drill then spoils."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from PIL import Image

from avatar.flame.file import EXPRESSIONS, IDENTITIES, TRIANGLES, VERTICES
from tests.synthetic_flame import write_pickle

ROOT: Final = Path(__file__).resolve().parents[2]
SCRIPT: Final = """
name: Guide
voice: {pool: [en-gb], rate: 150}
start: hello
steps:
  hello: {say: [Hello there.], branches: [{hear: [yes please], go: end}], otherwise: hello, silence: end}
  end: {say: [Goodbye.], ends: true}
"""
LANGUAGE_MODEL: Final = "name: Talker\nserver: http://127.0.0.1:9/v1\nmodel: tiny\npersona: mira\n"
VOICE: Final = """{"audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"}, "num_symbols": 256, "num_speakers": 1,
"inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8}, "phoneme_id_map": {"_": [0], "^": [1], "$": [2]}}"""
SETTINGS: Final = "model: duet\nagent: theo\nhearing: sphinx\nlanguage: en\nweights: d.safetensors\ncontext: 2000\n"
_V, _F, _P = 40, 60, 2  # of a tiny head: vertices, triangles, people
_RATE: Final = 16_000


def head() -> dict[str, np.ndarray]:
    """Return the arrays of a tiny head model."""
    rng = np.random.default_rng(1)
    whole = {"f": rng.integers(0, _V, (_F, 3)), "uv_f": rng.integers(0, _V, (_F, 3))}
    small = {
        "v_template": (_V, 3), "expressiondirs": (_V, 3, 50), "lid_directions": (_V, 3, 6), "jaw_corrective": (_V, 3),
        "J_regressor": (5, _V), "weights": (_V, 5), "uv": (_V, 2), "normal_directions": (_V, 3, 56),
        "shapedirs": (_V, 3, _P), "cut_distance": (_V,), "occlusion_shut": (_V,), "occlusion_open": (_V,),
    }  # fmt: skip
    scales = {"shapedirs": _P, "expressiondirs": 50, "lid_directions": 6, "normal_directions": 56}
    none = {name: np.zeros(_V, np.int32) for name in ("part", "lid_guard")}
    return {
        **{name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in small.items()},
        **{f"{name}_scale": np.ones(size, np.float32) for name, size in scales.items()},
        **whole, **none,
    }  # fmt: skip


def hair() -> dict[str, np.ndarray]:
    """Return the arrays of a tiny head of hair."""
    rng = np.random.default_rng(2)
    triangles = rng.integers(0, 20, (10, 3))
    return {
        "vertices": rng.normal(0, 0.1, (20, 3)).astype(np.float32), "uv": rng.random((20, 2)).astype(np.float32),
        "rise": np.ones(20, np.float32), "triangles": triangles, "uv_triangles": triangles,
    }  # fmt: skip


def motion() -> dict[str, np.ndarray]:
    """Return the arrays of a motion file of two seconds."""
    return {
        "exp": np.zeros((50, 50), np.float32), "pose": np.zeros((50, 6), np.float32), "fps": np.array(25),
        "basis": np.array("flame"), "shape": np.zeros(300, np.float32),
    }  # fmt: skip


def flame(kind: type[Any] = np.int8) -> dict[str, np.ndarray]:
    """Return FLAME's arrays in its sizes, all but empty; kind: of the large ones."""
    weights = np.zeros((VERTICES, 5), np.float32)
    weights[:, 1] = 1
    return {
        "v_template": np.zeros((VERTICES, 3), np.float32), "f": np.zeros((TRIANGLES, 3), np.int32),
        "shapedirs": np.zeros((VERTICES, 3, IDENTITIES + EXPRESSIONS), kind), "weights": weights,
        "posedirs": np.zeros((VERTICES, 3, 36), kind), "J_regressor": np.zeros((5, VERTICES), np.float32),
        "kintree_table": np.array([[0, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.int64),
    }  # fmt: skip


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Return arrays as an npz."""
    target = io.BytesIO()
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]
    return target.getvalue()


def _sound(seconds: float = 0.5) -> np.ndarray:
    at = np.arange(int(seconds * _RATE)) / _RATE
    return (0.3 * np.sin(2 * np.pi * 220 * at)).astype(np.float32)


def sound(form: str, subtype: str | None = None, rate: int = _RATE, channels: int = 1) -> bytes:
    """Return half a second of a tone as a sound file."""
    target = io.BytesIO()
    soundfile.write(target, np.stack([_sound()] * channels, 1), rate, format=form, subtype=subtype)
    return target.getvalue()


def picture(form: str) -> bytes:
    """Return a picture as a file."""
    pixels = np.random.default_rng(3).integers(0, 255, (48, 64, 3), np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, form)
    return target.getvalue()


def session() -> dict[str, bytes]:
    """Return a recorded session's files by name."""
    frames = np.zeros((25, 56), "<f4").tobytes()
    facts = {"version": 1, "start": 320, "rate": _RATE, "fps": 50, "begun": "2026-01-01T12:00:00+00:00", "seed": 3,
             "model": "duet", "agent": "Mira"}  # fmt: skip
    events = [
        {"event": "delay", "at": 0, "time": 1.0, "samples": 1440},
        {"event": "turn", "at": 1600, "time": 2.0, "turn": 1, "text": "hello"},
        {"event": "affect", "at": 1700, "time": 2.1, "name": "smile", "strength": 0.8},
        {"event": "said", "at": 3200, "time": 3.0, "turn": 1, "text": "Hello.", "whole": "Hello."},
    ]
    wave = sound("WAV", "PCM_16")
    return {
        "session.json": json.dumps(facts, indent=1).encode(),
        "events.jsonl": "".join(json.dumps(event) + "\n" for event in events).encode(),
        **{f"{name}.wav": wave for name in ("user_raw", "user", "agent_raw", "agent")},
        "user.motion": frames, "agent.motion": frames,
    }  # fmt: skip


def recording(folder: Path) -> dict[str, bytes]:
    """Return the files of a session as it is recorded now, by name."""
    from app.timeline.folder import Folder
    from app.timeline.timeline import Entry

    place = Path(tempfile.mkdtemp(dir=folder))
    files = Folder(place, 320, 50, {"seed": 3, "agent": "Mira"}, ("user", "agent"))
    words = [(1600, 3200, 0, 6)]
    files.write([
        Entry("basis", 0, facts={"name": "named"}), Entry("delay", 0, facts={"samples": 1440}),
        Entry("heads", 0, facts={"names": ["theo", "mira"], "identities": [[], []]}),
        Entry("dials", 0, facts={"blinks": 1.0, "contact": 2.0}), Entry("agent", 0, facts={"name": "Mira"}),
        Entry("turn", 1600, facts={"turn": 1, "text": "hello"}),
        Entry("words", 1600, facts={"end": 3200, "reply": 1, "text": "Hello.", "letters": 0, "murmur": False, "words": words}),
        Entry("affect", 1700, facts={"name": "smile", "strength": 0.8}), Entry("forget", 3000),
    ])  # fmt: skip
    sound = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    files.add({"user": sound, "agent": sound}, [np.zeros((50, 56), np.float32)] * 2)
    files.end()
    files.pack("named")
    return {path.name: path.read_bytes() for path in place.iterdir()}


def written(write: Callable[[Path], object], folder: Path, name: str) -> bytes:
    """Return what a function writes to a file."""
    write(folder / name)
    return (folder / name).read_bytes()


def flame_pickle(folder: Path, chumpy: bool, protocol: int) -> bytes:
    """Return FLAME as a pickle, as it is published."""
    return written(lambda path: write_pickle(path, flame(), chumpy, protocol), folder, "flame.pkl")


def whisper(dims: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a tiny Whisper's file as torch keeps it; dims: other sizes that it says it has."""
    import whisper as engine

    sizes = {
        "n_mels": 80, "n_audio_ctx": 1500, "n_audio_state": 16, "n_audio_head": 2, "n_audio_layer": 1, "n_vocab": 51864,
        "n_text_ctx": 448, "n_text_state": 16, "n_text_head": 2, "n_text_layer": 1,
    }  # fmt: skip
    model = engine.model.Whisper(engine.model.ModelDimensions(**sizes))
    weights = {name: tensor.half() for name, tensor in model.state_dict().items()}
    return {"dims": sizes | (dims or {}), "model_state_dict": weights}
