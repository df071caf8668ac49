"""docs/extending.md: what it adds is found by its entry point, steps as it says and renders; what is broken is left out."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.errors import MissingError
from app.registry import Entry, Registry
from app.session.models import MOTION_MODELS, MotionModelEntry
from app.settings import DEFAULTS
from tests.conftest import SPEECH
from tests.tree import ROOT

DOCUMENT = (ROOT / "docs" / "extending.md").read_text("utf-8")
OWN, PARTNER = SPEECH / "LJ001-0002.flac", SPEECH / "lv0880.flac"


def code(language: str, number: int = 0) -> str:
    """A block of code of the document."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)[number]


def installed(folder: Path, name: str, points: str, modules: dict[str, str]) -> None:
    """Put a package there as an installer would."""
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages with the document's model in it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    points = code("toml").replace('[project.entry-points."', "[").replace('"]', "]").replace('"', "")
    installed(tmp_path, "loudness", points, {"loudness": code("python")})
    return tmp_path


def models() -> Registry[MotionModelEntry]:
    """The registry as a new process has it."""
    own = tuple(MOTION_MODELS.entry(name) for name in ("duet", "dualtalk"))
    return Registry(MOTION_MODELS.kind, MOTION_MODELS.group, MotionModelEntry, own)


def test_the_documents_model_is_found_and_steps(site: Path) -> None:
    assert len(code("python").splitlines()) <= 45
    assert str(site) in sys.path
    found = models()
    assert found.names() == ("duet", "dualtalk", "loudness")
    assert [entry.shown for entry in found.entries()] == ["Duet", "DualTalk", "Loudness"]
    assert found.wrong() == []
    model = found.make("loudness", DEFAULTS)
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 16_000)).astype(np.float32)
    sound[1] = 0
    whole, _ = model.step(sound, model.start(), (0, 0))
    state, parts = model.start(), []
    for at in range(0, 16_000, 640):
        part, state = model.step(sound[:, at : at + 640], state, (0, 0))
        parts.append(part)
    assert np.allclose(np.concatenate(parts, 1), whole)
    assert whole[0, -1, 50] > 0.1 > whole[1, -1, 50]  # who speaks opens the mouth
    assert np.ptp(whole[1, :, 53]) > 0.03 > np.ptp(whole[0, :, 53])  # who listens nods


def test_the_documents_model_renders(site: Path) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "render", OWN, PARTNER, "--model", "loudness", "--json"]
    home = {"PYTHONPATH": str(site), "XDG_DATA_HOME": str(site / "data")}
    motion = site / "talk.npz"
    done = subprocess.run(
        [*command, "--motion", motion], env=os.environ | home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    with np.load(motion) as written:
        assert len(written["pose"]) == figures["frames"] > 100
        assert np.ptp(written["pose"], axis=0).max() > 0.1
    moody = subprocess.run(
        [*command, "--motion", site / "x.npz", "--mood", "happy"],
        env=os.environ | home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert moody.returncode == 2
    assert "Loudness was not trained" in moody.stderr


def test_what_cannot_be_loaded_is_told_and_left_out(site: Path) -> None:
    names = {"broken": "broken", "other": "other", "duet": "other", "lacking": "lacking"}
    points = "[dualtalk_live.motion_models]\n" + "".join(f"{name} = {module}:ENTRY\n" for name, module in names.items())
    lacking = "from app.session.models import MotionModelEntry\n\n\ndef make(_):\n    import nowhere\n\n\n"
    installed(site, "strangers", points, {
        "broken": "raise RuntimeError('out of order')", "other": "ENTRY = 'no entry'",
        "lacking": lacking + "ENTRY = MotionModelEntry('lacking', 'MIT', make, ('develop',))",
    })  # fmt: skip
    found = models()
    assert set(found.names()) == {
        "duet",
        "dualtalk",
        "loudness",
        "broken",
        "other",
        "lacking",
    }  # nothing is imported yet
    assert "broken" not in sys.modules
    assert [entry.name for entry in found.entries()] == ["duet", "dualtalk", "loudness", "lacking"]
    told = "\n".join(found.wrong())
    assert "'broken' cannot be used (out of order): the package 'strangers' has to be mended or uninstalled" in told
    assert "'other'" in told and "MotionModelEntry" in told
    with pytest.raises(MissingError, match="out of order"):
        found.make("broken", DEFAULTS)
    with pytest.raises(MissingError, match="no motion model 'nobody': choose one of duet"):
        found.entry("nobody")
    with pytest.raises(ModuleNotFoundError):  # no group would bring it
        found.make("lacking", DEFAULTS)
    assert found.entry("duet").licence == "Apache-2.0"  # the program's own names win


def test_a_group_that_is_needed_and_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def make() -> None:
        raise ModuleNotFoundError("no module named 'transformers'", name="transformers")

    registry = Registry("thing", "dualtalk_live.nothing", Entry, (Entry("x", "MIT", make, ("video", "dualtalk")),))
    with pytest.raises(ModuleNotFoundError):  # the groups are there: it is another fault
        registry.make("x")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingError, match="import-dualtalk brings them"):
        registry.make("x")


ALL = """
import json, sys, wave
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pydantic import BaseModel
from app.agents.agent import Reply
from app.agents.agents import AgentKind
from app.registry import Entry
from app.session.faces import HeadEntry, load_heads
from audio_io.voices.voice import VoiceSettings
from inference.recognition.process import Hearing


class EchoFile(BaseModel):
    name: str
    echo: str


class Echo:
    voice, phrases, backchannels = VoiceSettings(engine="beep"), ("hello",), ()

    def __init__(self, file):
        self.name, self.before = file.name, file.echo

    def start(self):
        return None

    def reply(self, state, heard):
        return Reply([f"{self.before} {heard}"], state)


class Deaf:
    def __init__(self, asked):
        self.words = " ".join(asked["phrases"])

    def start(self):
        pass

    def hear(self, audio):
        pass

    def text(self):
        return self.words

    finish = text


def head(identity, skin):
    plain = load_heads()[0]
    return replace(plain, look=replace(plain.look, name="Gran"))


AGENT = AgentKind("echo", "MIT", lambda file, tell: Echo(file), key="echo", schema=EchoFile)
VOICE = Entry("beep", "MIT", lambda settings: (sys.executable, "-c", BEEP))
DEAF = Entry("deaf", "MIT", lambda variant, language, threads: Hearing(engine="strangers:Deaf", name="Deaf"))
GRAN = HeadEntry("gran", "CC0-1.0", head, title="Gran")
BEEP = "import json, sys, wave\\n"
BEEP += "print(json.dumps({'ok': True}), flush=True)\\n"
BEEP += "for line in sys.stdin:\\n"
BEEP += "    file = wave.open(json.loads(line)['path'], 'wb')\\n"
BEEP += "    file.setparams((1, 2, 16000, 0, 'NONE', ''))\\n"
BEEP += "    file.writeframes(b'\\\\x00\\\\x20' * 8000)\\n"
BEEP += "    file.close()\\n"
BEEP += "    print(json.dumps({'ok': True}), flush=True)\\n"
"""
POINTS = """
[dualtalk_live.agents]
echo = strangers:AGENT
[dualtalk_live.voices]
beep = strangers:VOICE
[dualtalk_live.recognisers]
deaf = strangers:DEAF
[dualtalk_live.heads]
gran = strangers:GRAN
"""
USE = """
import sys
from app.agents.agents import choices, load_agent
from app.conversation.voices import command_of
from app.session import hearing
from app.session.faces import available_looks, load_heads
from app.session.parts import added, wrong
from audio_io.voices.voice import Voice
from inference.recognition.process import RecognizerProcess

print(added(), wrong())
agent = load_agent(sys.argv[1], print)
print(agent.name, *agent.reply(agent.start(), "hello").pieces)
with Voice(command_of) as voice:
    print(len(voice.speak("Hello.", agent.voice).audio))
print(hearing.recognizers()[2].title, hearing.chosen("deaf").title)
process = RecognizerProcess(hearing.Hearing(engine="strangers:Deaf", phrases=("so", "it", "is")))
process.start()
print(process.finish().text)
process.close()
print(available_looks()[-1], load_heads(("gran", "mira"))[0].look.name)
"""


def test_agents_voices_recognisers_and_heads_are_added_too(tmp_path: Path) -> None:
    installed(tmp_path, "strangers", POINTS, {"strangers": ALL})
    (tmp_path / "parrot.yaml").write_text("name: Parrot\necho: You said\n")
    home = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "XDG_DATA_HOME": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-c", USE, tmp_path / "parrot.yaml"],
        env=os.environ | home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "['voice beep', 'recogniser deaf', 'kind of agent echo', 'head gran'] []",
        "Parrot You said hello", "9599", "deaf Deaf", "so it is", "gran Gran",
    ]  # fmt: skip
