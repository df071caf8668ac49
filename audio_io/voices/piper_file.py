"""A Piper voice's two files, which anybody may have made, read with checks; and an output added for its phonemes' times."""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

_LARGEST: Final = 250_000_000  # bytes of a model; Piper's largest have 115 MB
_LARGEST_CONFIG: Final = 1_000_000
_LONGEST_NAME: Final = 100
_VARIANT: Final = re.compile(r"(.+)\+(\d+(?:\.\d+)?)")
_HIGHEST: Final = 12.0  # semitones


class _Audio(BaseModel):
    sample_rate: Annotated[int, Field(ge=8000, le=48_000)]


class _Espeak(BaseModel):
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+-]{1,40}$")]


class _Scales(BaseModel):
    noise_scale: Annotated[float, Field(ge=0, le=2)] = 0.667
    length_scale: Annotated[float, Field(ge=0.2, le=5)] = 1.0
    noise_w: Annotated[float, Field(ge=0, le=2)] = 0.8


class _Config(BaseModel):
    """What a voice's .onnx.json has to say; what else it says is its own affair."""

    audio: _Audio
    espeak: _Espeak
    inference: _Scales = _Scales()
    phoneme_type: Literal["espeak", "text"] = "espeak"  # others need packages that are not here
    phoneme_id_map: Annotated[
        dict[Annotated[str, Field(max_length=8)], Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=8)]],
        Field(max_length=2000),
    ]
    num_symbols: Annotated[int, Field(ge=1, le=10_000)]
    num_speakers: Annotated[int, Field(ge=1, le=10_000)] = 1
    hop_length: Annotated[int, Field(ge=1, le=4096)] = 256


def variant(entry: str) -> tuple[str, float]:
    """Return a pool's entry as the name of a voice, and how many semitones higher it is spoken: `joe+4.5`."""
    found = _VARIANT.fullmatch(entry)
    return (found[1], min(float(found[2]), _HIGHEST)) if found else (entry, 0.0)


def config_of(model: Path) -> Path:
    """Return the file beside a voice's model that describes it."""
    return model.with_name(f"{model.name}.json")


def read_config(model: Path) -> dict[str, Any]:
    """Return what describes a voice, with what it may leave out; raise ValueError in words, naming file and place."""
    path = config_of(model)
    if not path.is_file():
        raise ValueError(f"{path} is not there: a Piper voice is two files, .onnx and .onnx.json")
    if path.stat().st_size > _LARGEST_CONFIG:
        raise ValueError(f"{path} is too large to describe a Piper voice")
    try:
        data = json.loads(path.read_text("utf-8"))
        checked = TypeAdapter(_Config).validate_python(data).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ValueError(f"{path}: {place}: {first['msg']}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no readable JSON") from error
    return {**data, **checked}


def read_model(model: Path, sha256: str = "") -> bytes:
    """Return a voice's model, with its phonemes' durations as another output; raise ValueError in words.

    sha256: of the file as it has to be, any where it is empty.
    """
    if not model.is_file():
        raise ValueError(f"{model} is not there")
    if model.stat().st_size > _LARGEST:
        raise ValueError(f"{model} is too large for a Piper voice: at most {_LARGEST // 1_000_000} MB are read")
    data = model.read_bytes()
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{model} is not the file that was published: it is cut or changed")
    return with_durations(data)


def with_durations(model: bytes) -> bytes:
    """Return a Piper model that gives its phonemes' durations too, in hops; as it was where it is not plain which they are.

    VITS rounds durations up: they are what its one Ceil gives. Protobuf joins a message's fields that come twice, so that
    another output of the graph can be put behind the file (ONNX's ModelProto.graph is field 7, GraphProto.output 12,
    ValueInfoProto.name 1).
    """
    names = set(re.findall(rb"/(?:[A-Za-z0-9_.]+/)*Ceil_output_0", model))
    if len(names) != 1 or len(name := names.pop()) > _LONGEST_NAME:
        return model
    return model + _field(7, _field(12, _field(1, name)))


def _field(number: int, data: bytes) -> bytes:
    """Return a protobuf field of less than 128 bytes."""
    return bytes([number << 3 | 2, len(data)]) + data
