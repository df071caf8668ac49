"""app.settings: one precedence for what the command line, a profile, saved settings and the defaults say."""

import json
from pathlib import Path

import pytest

from app.commands.cli import main
from app.settings import DEFAULTS, Mode, resolved, save, save_chosen, saved_file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder, in which nothing is kept."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_each_value_comes_from_the_first_that_says_it(home: Path) -> None:
    assert resolved({}).settings == DEFAULTS
    assert set(resolved({}).sources.values()) == {"default"}
    saved_file().write_text("agent: theo\nlanguage: fr\nhop: 480\n")
    profile = home / "stand.yaml"
    profile.write_text("agent: guide\nlanguage: de\nweights: talk.safetensors\n")
    found = resolved({"agent": "wizard"}, profile)
    assert (found.settings.agent, found.sources["agent"]) == ("wizard", "command line")
    assert (found.settings.language, found.sources["language"]) == ("de", f"profile {profile}")
    assert found.settings.weights == Path("talk.safetensors")
    assert (found.settings.hop, found.sources["hop"]) == (480, "saved settings")
    assert (found.settings.model, found.sources["model"]) == ("duet", "default")


def test_what_is_saved_is_what_the_next_start_begins_with(home: Path) -> None:
    asked = resolved({"model": "dualtalk", "weights": home / "d.pth", "future": 0}).settings
    assert save(asked) == saved_file()
    assert resolved({}).settings == asked
    assert save(DEFAULTS).read_text() == "{}\n"
    assert resolved({}).settings == DEFAULTS


def test_what_a_person_chose_is_saved_beside_what_was_saved_before() -> None:
    save_chosen({"language": "fr", "mode": Mode.HALF_DUPLEX, "shape": (0.5, -1.0), "head": "zoë"})
    save_chosen({"head": "yuna", "mode": DEFAULTS.mode})
    found = resolved({"agent": "theo"})
    assert (found.settings.language, found.settings.head, found.settings.shape) == ("fr", "yuna", (0.5, -1.0))
    assert found.settings.mode is Mode.BARGE_IN
    assert found.saved == {"language", "head", "shape"}
    saved_file().write_text("mode: loud\n")
    with pytest.raises(ValueError, match=r"settings\.yaml: line 1: mode"):
        save_chosen({"head": "mira"})
    assert saved_file().read_text() == "mode: loud\n"


def test_what_cannot_be_saved_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    saved_file().mkdir()
    with pytest.raises(OSError, match="settings"):
        save(DEFAULTS)
    assert [path.name for path in saved_file().parent.iterdir()] == ["settings.yaml"]
    monkeypatch.setenv("XDG_DATA_HOME", "/dev/null")
    with pytest.raises(OSError, match="settings"):
        save(DEFAULTS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle: duet", "modle"), ("hop: long", "hop"), ("hop: -3", "hop"), ("- duet", "the file"), ("model: null", "model"),
        ("mode: loud", "'barge-in', 'half-duplex' or 'push-to-talk'"), ("murmurs: 2", "murmurs"), ("shape: [a]", "shape"),
        ("precision: float8", "precision"), ("[" * 300, "inside each other"), ("a: &a 1\nb: *a", "aliases"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_told_in_words(home: Path, text: str, words: str) -> None:
    profile = home / "wrong.yaml"
    profile.write_text(text)
    with pytest.raises(ValueError, match=words) as told:
        resolved({}, profile)
    assert "wrong.yaml" in str(told.value)


def test_the_command_prints_values_with_where_they_come_from(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = home / "stand.yaml"
    profile.write_text("hop: 240\n")
    assert main(["settings", "--profile", str(profile), "--agent", "wizard", "--save", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["agent"] == {"value": "wizard", "from": "command line"}
    assert printed["hop"] == {"value": 240, "from": f"profile {profile}"}
    assert printed["model"] == {"value": "duet", "from": "default"}
    assert main(["settings", "--mode", "push-to-talk", "--agent-head", "yuna", "--microphone", "USB", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["mode"] == {"value": "push-to-talk", "from": "command line"}
    assert [printed[name]["value"] for name in ("agent_head", "head", "microphone")] == ["yuna", None, "USB"]
    assert main(["settings"]) == 0
    assert "saved settings" in capsys.readouterr().out
    assert main(["settings", "--profile", str(home / "none.yaml")]) == 2
    assert "none.yaml is not there" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that nobody can read")
def test_a_file_that_cannot_be_read_is_named(home: Path) -> None:
    (home / "stand.yaml").symlink_to("/proc/self/mem")
    with pytest.raises(ValueError, match=r"stand\.yaml is no readable YAML"):
        resolved({}, home / "stand.yaml")
