"""inference.dualtalk.checkpoint and hub: the authors' file in any naming; what is wrong with others; a real loopback hub."""

import http.server
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from inference.dualtalk.checkpoint import convert, load_network, stored_about
from inference.dualtalk.network import DualTalkNetwork, DualTalkSettings
from inference.dualtalk.tensors import sha256_of, torch_names
from tests import tiny_dualtalk
from tests.conftest import PATIENCE
from tests.drill.outputs import room

ROOT = Path(__file__).resolve().parents[1]


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch owned",)


def run(folder: Path, *words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"XDG_DATA_HOME": str(folder / "data"), "HOME": str(folder)} | environment
    command = [sys.executable, str(ROOT / "main.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=PATIENCE, check=False, cwd=folder)


@pytest.mark.parametrize("naming", ["old", "new"])
def test_either_naming_of_weight_norm_loads(tmp_path: Path, naming: str) -> None:
    tensors = tiny_dualtalk.weights()
    torch.save(tensors if naming == "old" else torch_names(tensors), tmp_path / "a.pth")
    network = load_network(tmp_path / "a.pth", settings=tiny_dualtalk.settings())
    own, partner, motion = (torch.from_numpy(tiny_dualtalk.case()[n])[None] for n in
                            ("own_audio", "partner_audio", "partner_motion"))  # fmt: skip
    with torch.inference_mode():
        drawn = network(own, partner, motion)[0].numpy()
    assert abs(drawn - tiny_dualtalk.case()["output"]).max() < 1e-4


@pytest.mark.parametrize("half", [False, True])
def test_a_converted_file_is_the_same_model(tmp_path: Path, half: bool) -> None:
    source = tiny_dualtalk.write_checkpoint(tmp_path / "DualTalk.pth")
    about = convert(source, tmp_path / "d.safetensors", half)
    assert stored_about(tmp_path / "d.safetensors") == about
    assert about.sha256 == sha256_of(source)
    precision = torch.bfloat16 if half else torch.float32
    network = load_network(tmp_path / "d.safetensors", precision=precision)
    own, partner, motion = (torch.from_numpy(tiny_dualtalk.case()[n])[None] for n in
                            ("own_audio", "partner_audio", "partner_motion"))  # fmt: skip
    with torch.inference_mode():
        drawn = network(own, partner, motion)[0].numpy()
    assert abs(drawn - tiny_dualtalk.case()["output"]).max() < (1e-2 if half else 1e-4)
    again = convert(
        tmp_path / "d.safetensors", tmp_path / "e.safetensors", half
    )  # a converted file can be imported too
    assert again.parameters == about.parameters


def _wrong_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return files that are no DualTalk checkpoints, and what has to be said of each."""
    good = tiny_dualtalk.weights()
    whole = tiny_dualtalk.write_checkpoint(folder / "whole.pth").read_bytes()
    changed = dict(good)
    del changed["synthesis_module.modulation_layer.bias"]
    changed |= {"extra.weight": torch.zeros(2), "joint_encoder.audio_projection.bias": torch.zeros(31)}
    contents: dict[str, tuple[object, str]] = {
        "hostile": ({"a": Hostile()}, "system"),
        "changed": (changed, "modulation_layer.bias.*extra.weight.*audio_projection.bias"),
        "infinite": (
            good | {"synthesis_module.modulation_layer.bias": torch.full((64,), torch.inf)},
            "modulation_layer",
        ),
        "whole numbers": (
            good | {"synthesis_module.modulation_layer.bias": torch.zeros(64, dtype=torch.int64)},
            "floating",
        ),
        "another model": ({"encoder.weight": torch.zeros(3)}, "932 missing"),
        "a list": ([1, 2], "state dict"),
    }
    files = {}
    for name, (content, said) in contents.items():
        torch.save(content, folder / f"{name}.pth")
        files[name] = folder / f"{name}.pth", said
    raw = {"cut": (whole[: len(whole) // 3], "cut off"), "empty": (b"", "empty"), "noise": (b"noise" * 99, "noise.pth"),
           "pickle": (pickle.dumps({"a": Hostile()}), "pickle.pth")}  # fmt: skip
    for name, (data, said) in raw.items():
        (folder / f"{name}.pth").write_bytes(data)
        files[name] = folder / f"{name}.pth", said
    (folder / "cut.safetensors").write_bytes(whole[:5000])
    return files | {"cut safetensors": (folder / "cut.safetensors", "cut.safetensors")}


def test_wrong_files_are_told_and_never_executed(tmp_path: Path) -> None:
    for name, (path, said) in _wrong_files(tmp_path).items():
        with pytest.raises(ValueError, match=f"(?s){said}") as caught:
            convert(path, tmp_path / "out.safetensors")
        assert path.name in str(caught.value), name
        assert len(str(caught.value)) < 700, name
        assert not (tmp_path / "out.safetensors").exists(), name
    assert not Path("owned").exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    source, target = tiny_dualtalk.write_checkpoint(tmp_path / "DualTalk.pth"), tmp_path / "kept.safetensors"
    target.write_bytes(b"what was there")
    with room(1000), pytest.raises(OSError, match=r"kept\.safetensors could not be written.*room on the disk"):
        convert(source, target)
    assert target.read_bytes() == b"what was there"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("change", [
    {"num_hidden_layers": 10**9}, {"feat_extract_norm": 3}, {"hidden_size": "x"}, {"hidden_size": 2**62}, {"conv_dim": None},
])  # fmt: skip
def test_a_kept_file_that_speaks_of_other_sizes_is_told(tmp_path: Path, change: dict[str, object]) -> None:
    convert(tiny_dualtalk.write_checkpoint(tmp_path / "DualTalk.pth"), tmp_path / "good.safetensors")
    with safe_open(str(tmp_path / "good.safetensors"), framework="pt") as stored:
        about, tensors = stored.metadata(), {name: stored.get_tensor(name) for name in stored.keys()}
    settings = json.loads(about["settings"])
    about["settings"] = json.dumps(settings | {"wav2vec": settings["wav2vec"] | change})
    save_file(tensors, str(tmp_path / "odd.safetensors"), about)
    with pytest.raises(ValueError, match=r"odd\.safetensors is damaged"):
        load_network(tmp_path / "odd.safetensors")


def test_import_and_doctor(tmp_path: Path) -> None:
    missing = run(tmp_path, "render", "a.wav", "b.wav", "-o", "c.mp4", "--model", "dualtalk")
    assert missing.returncode == 2
    source = tiny_dualtalk.write_checkpoint(tmp_path / "DualTalk.pth")
    done = run(tmp_path, "import-dualtalk", source, "--half")
    assert done.returncode == 0, done.stderr
    assert sha256_of(source) in done.stdout
    assert "not of the paper's size" in done.stdout
    parts = {p["name"]: p for p in json.loads(run(tmp_path, "doctor", "--json").stdout.splitlines()[-1])["parts"]}
    assert parts["DualTalk"]["ok"]
    assert sha256_of(source) in parts["DualTalk"]["detail"]
    assert not parts["FLAME"]["ok"]
    assert "flame2023_Open.pkl" in parts["FLAME"]["remedy"]
    bad = run(tmp_path, "import-dualtalk", tmp_path / "nowhere.pth")
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
    assert run(tmp_path, "import-dualtalk").returncode == 2


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of a model hub as is asked for: the model's card, and its file in ranges; transfers can break off."""

    content = b""
    ranges: list[str | None]
    breaks_at = 0  # where in the file every transfer breaks off

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_HEAD(self) -> None:
        size = str(len(self.content))
        self._head(200, ETag='"abc"', X_Repo_Commit="c" * 40, Content_Length=size, Accept_Ranges="bytes")

    def do_GET(self) -> None:
        if "/api/models/" in self.path:
            siblings = [{"rfilename": "DualTalk.pth", "size": len(self.content)}]
            card = {"license": "cc-by-nc-4.0"}
            body = json.dumps({"_id": "1", "id": "ZiqiaoPeng/DualTalk", "modelId": "ZiqiaoPeng/DualTalk", "private": False,
                               "tags": [], "downloads": 0, "likes": 0, "sha": "c" * 40, "siblings": siblings,
                               "cardData": card}).encode()  # fmt: skip
            self._head(200, Content_Type="application/json", Content_Length=str(len(body)))
            self.wfile.write(body)
            return
        if "/resolve/" not in self.path:
            self._head(404, Content_Length="0")
            return
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        first = int(asked.split("=")[1].split("-")[0]) if asked else 0
        rest = self.content[first:]
        total = len(self.content)
        self._head(206 if first else 200, ETag='"abc"', X_Repo_Commit="c" * 40, Content_Length=str(len(rest)),
                   Content_Range=f"bytes {first}-{total - 1}/{total}")  # fmt: skip
        if type(self).breaks_at:
            self.wfile.write(rest[: max(0, type(self).breaks_at - first)])
            self.wfile.flush()
            self.connection.close()
        else:
            self.wfile.write(rest)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    sizes = tiny_dualtalk.settings().wav2vec | {"num_hidden_layers": 8, "intermediate_size": 2000}
    torch.save(DualTalkNetwork(DualTalkSettings(sizes, 32)).state_dict(), tmp_path / "served.pth")
    Hub.content = (tmp_path / "served.pth").read_bytes()
    Hub.ranges, Hub.breaks_at = [], 11_000_000
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_download_says_size_and_licence_and_goes_on_where_it_broke(hub: str, tmp_path: Path) -> None:
    asked = run(tmp_path, "import-dualtalk", "--download", HF_ENDPOINT=hub)
    assert asked.returncode == 2
    assert "0.02 GB" in asked.stderr
    assert "cc-by-nc-4.0" in asked.stderr
    assert not Hub.ranges  # nothing was fetched without consent
    broken = run(tmp_path, "import-dualtalk", "--download", "--yes", HF_ENDPOINT=hub)
    assert broken.returncode == 1, broken.stderr
    assert "goes on where it stopped" in broken.stderr
    assert "Traceback" not in broken.stderr
    Hub.breaks_at, before = 0, len(Hub.ranges)
    done = run(tmp_path, "import-dualtalk", "--download", "--yes", HF_ENDPOINT=hub)
    assert done.returncode == 0, done.stderr
    assert "DualTalk is imported" in done.stdout
    assert int(str(Hub.ranges[before]).split("=")[1].split("-")[0]) >= 10_000_000


def test_without_a_network_the_remedy_is_told(tmp_path: Path) -> None:
    result = run(tmp_path, "import-dualtalk", "--download", "--yes", HF_ENDPOINT="http://127.0.0.1:9")
    assert result.returncode == 1
    assert "check the network" in result.stderr
    assert "Traceback" not in result.stderr
