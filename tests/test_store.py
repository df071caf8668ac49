"""app.store: a home folder that cannot be written, or is not there, is told in words; nothing fails."""

import sys
from pathlib import Path

import pytest

from app.session import hearing
from app.session.faces import available_looks
from app.store import store, unkept

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems ask no variables")


def test_what_is_imported_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert store().is_dir()
    assert unkept() == ""


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc/nowhere"])
def test_a_home_that_cannot_be_written_is_told(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    assert home in unkept() and "HOME" in unkept()
    assert available_looks()
    assert hearing.recognizers()


def test_without_any_home_nothing_is_made_in_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # a user that the system does not know
    monkeypatch.chdir(tmp_path)
    assert "nothing is kept" in unkept()
    assert available_looks()
    assert hearing.recognizers()
    assert not list(tmp_path.iterdir())
