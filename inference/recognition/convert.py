"""A Whisper model file (.pt) in CTranslate2's form, in int8: made once, kept under the file's hash, in a process of its own."""

import base64
import hashlib
import importlib.util
import itertools
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from inference.recognition.tokens import byte_signs
from inference.recognition.whisper_engine import checked, no_model

_ROOT: Final = Path(__file__).resolve().parents[2]
_ENGLISH: Final = 51_864  # tokens of a model that knows only English; the others have more
_LANGUAGES: Final = 99  # of a vocabulary of 51 865 tokens; a larger one has that many more
# Signs that are no language's, in their order; before them are the languages, behind them 1501 times.
_SIGNS: Final = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
_TIMES: Final = 1501
_NOISE: Final = frozenset('"#()*+/:;<=>@[\\]^_`{|}~')
_NOTES: Final = "\u00e2\u013b"  # the bytes that all notes and their like begin with


def kept(path: Path, folder: Path) -> Path:
    """Return the folder of a model file's converted form, which is made where it is not there.

    Raises FileNotFoundError, ValueError where it is no Whisper model, OSError where it cannot be converted.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing, or no file: ./run import-whisper NAME gets one")
    with path.open("rb") as file:
        target = folder / hashlib.file_digest(file, "sha256").hexdigest()
    if not (target / "model.bin").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix="partial-", dir=folder))
        try:
            words = [sys.executable, "-m", "inference.recognition.convert", str(path), str(partial / "model")]
            done = subprocess.run(
                words, cwd=_ROOT, capture_output=True, text=True, check=False
            )  # torch's memory goes with it
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
                raise ValueError(reason.removeprefix("ValueError: "))
            shutil.rmtree(target, ignore_errors=True)
            (partial / "model").replace(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def convert(path: Path, target: Path) -> None:
    """Write a model file's converted form to a new folder. Raises as `checked`."""
    stored = checked(path)
    try:
        spec = _spec(
            stored["dims"], {name: tensor.float().numpy() for name, tensor in stored["model_state_dict"].items()}
        )
        names = _vocabulary(stored["dims"]["n_vocab"])
        spec.register_vocabulary(names)
        _configure(spec.config, stored["dims"], names)
        spec.validate()
        spec.optimize(quantization="int8")
    except Exception as error:  # a file's tensors may be anything
        raise no_model(path, error) from error
    target.mkdir()
    spec.save(str(target))


def _configure(config: Any, dims: dict[str, int], names: list[str]) -> None:
    """Tell which tokens are never said, and which heads tell the times of words: all of the upper half, as in Whisper."""
    first = names.index("<|startoftranscript|>")
    languages = range(first + 1, names.index(f"<|{_SIGNS[0]}|>"))
    config.lang_ids = list(languages)
    signs = [first, *range(languages.stop, languages.stop + len(_SIGNS) - 1)]
    config.suppress_ids = [*(number for number in range(first) if _is_noise(names[number])), *signs]
    config.suppress_ids_begin = [names.index("\u0120"), names.index("<|endoftext|>")]
    layers = range(dims["n_text_layer"] // 2, dims["n_text_layer"])
    config.alignment_heads = list(itertools.product(layers, range(dims["n_text_head"])))


def _is_noise(name: str) -> bool:
    """Tell whether a token is of signs alone such as brackets and notes, which Whisper writes for what is no speech."""
    plain = name.removeprefix("\u0120")
    return (
        (bool(plain) and set(plain) <= _NOISE)
        or name in {"\u0120-", "\u0120'", "--", "---"}
        or plain.startswith(_NOTES)
    )


def _vocabulary(size: int) -> list[str]:
    """Return the names of a model's tokens by their number, out of the ranks that openai-whisper brings."""
    found = importlib.util.find_spec("whisper")
    if found is None or found.origin is None:
        raise FileNotFoundError("openai-whisper is not installed: start ./run again, it installs what is missing")
    which = "gpt2" if size == _ENGLISH else "multilingual"
    ranks = (Path(found.origin).parent / "assets" / f"{which}.tiktoken").read_text("ascii").splitlines()
    signs = byte_signs()
    words = ["".join(signs[byte] for byte in base64.b64decode(line.split()[0])) for line in ranks]
    count = size - len(words) - len(_SIGNS) - _TIMES - 2
    if count not in (_LANGUAGES, _LANGUAGES + 1):
        raise ValueError(f"its vocabulary of {size} tokens is none of Whisper's")
    names = ["endoftext", "startoftranscript", *_languages(count), *_SIGNS]
    times = [f"{number * 0.02:.2f}" for number in range(_TIMES)]
    return [*words, *(f"<|{name}|>" for name in (*names, *times))]


def _languages(count: int) -> list[str]:
    """Return the codes of the languages in the order of their tokens, read from openai-whisper's source, which is not run."""
    import ast

    found = importlib.util.find_spec("whisper")
    assert found is not None and found.origin is not None
    tree = ast.parse((Path(found.origin).parent / "tokenizer.py").read_text("utf-8"))
    tables = (
        node for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "LANGUAGES"
    )
    return list(ast.literal_eval(next(tables).value))[:count]


def _spec(dims: dict[str, int], state: dict[str, Any]) -> Any:
    """Return the weights as CTranslate2 lays them out."""
    from ctranslate2.specs import WhisperSpec

    spec = WhisperSpec(dims["n_audio_layer"], dims["n_audio_head"], dims["n_text_layer"], dims["n_text_head"])
    for name in ("conv1", "conv2"):
        _pair(getattr(spec.encoder, name), state, f"encoder.{name}")
    for side, part, norm in (("encoder", spec.encoder, "ln_post"), ("decoder", spec.decoder, "ln")):
        part.position_encodings.encodings = state[f"{side}.positional_embedding"]
        _norm(part.layer_norm, state, f"{side}.{norm}")
        for number, layer in enumerate(part.layer):
            _block(layer, state, f"{side}.blocks.{number}", cross=side == "decoder")
    embedding = state["decoder.token_embedding.weight"]
    spec.decoder.embeddings.weight = spec.decoder.projection.weight = embedding
    return spec


def _pair(part: Any, state: dict[str, Any], *names: str) -> None:
    """Set a layer's weight and bias, several of one input laid one below the other; Whisper's keys have no bias: zeros."""
    import numpy as np

    weights = [state[f"{name}.weight"] for name in names]
    biases = [
        state.get(f"{name}.bias", np.zeros(len(weight), np.float32))
        for name, weight in zip(names, weights, strict=True)
    ]
    part.weight, part.bias = np.concatenate(weights), np.concatenate(biases)


def _norm(part: Any, state: dict[str, Any], name: str) -> None:
    part.gamma, part.beta = state[f"{name}.weight"], state[f"{name}.bias"]


def _block(layer: Any, state: dict[str, Any], name: str, cross: bool) -> None:
    _norm(layer.self_attention.layer_norm, state, f"{name}.attn_ln")
    _pair(layer.self_attention.linear[0], state, *(f"{name}.attn.{part}" for part in ("query", "key", "value")))
    _pair(layer.self_attention.linear[1], state, f"{name}.attn.out")
    if cross:
        _norm(layer.attention.layer_norm, state, f"{name}.cross_attn_ln")
        _pair(layer.attention.linear[0], state, f"{name}.cross_attn.query")
        _pair(layer.attention.linear[1], state, *(f"{name}.cross_attn.{part}" for part in ("key", "value")))
        _pair(layer.attention.linear[2], state, f"{name}.cross_attn.out")
    _norm(layer.ffn.layer_norm, state, f"{name}.mlp_ln")
    _pair(layer.ffn.linear_0, state, f"{name}.mlp.0")
    _pair(layer.ffn.linear_1, state, f"{name}.mlp.2")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
