"""app.fetch: packages by hash, into a Python that lacks them; whole, or nothing has changed."""

import base64
import hashlib
import os
import subprocess
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from app.fetch import BROUGHT, wrong

ROOT = Path(__file__).resolve().parents[1]
CONTENT = b"WEIGHTS = 1\n" * 20_000


def wheel(folder: Path) -> Path:
    """Write a small wheel, as an index would have it."""
    about = "heard-1.0.dist-info"
    files = {
        "heard/__init__.py": CONTENT,
        f"{about}/METADATA": b"Metadata-Version: 2.1\nName: heard\nVersion: 1.0\n",
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}")
    files[f"{about}/RECORD"] = "\n".join([*lines, f"{about}/RECORD,,"]).encode()
    path = folder / "heard-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


class Machine:
    """A Python with pip and nothing else, and a folder where pip finds packages."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "venv", symlinks=True)
        self.python = folder / "venv" / "bin" / "python"
        self.packages = next(folder.glob("venv/lib/python*/site-packages"))
        (self.packages / "pip").symlink_to(Path(sysconfig.get_path("purelib")) / "pip")
        self.links = folder / "links"
        self.links.mkdir()
        self.lock = folder / "requirements-heard.lock"
        self.offer(hashlib.sha256(wheel(self.links).read_bytes()).hexdigest())

    def offer(self, digest: str) -> None:
        """Let the lock name the package with a hash."""
        self.lock.write_text(f"# heard\nheard==1.0 \\\n    --hash=sha256:{digest}\n")

    def run(self, code: str) -> str:
        """Return what a program prints that knows `LOCK`, `fetch`, `wrong`."""
        program = (
            f"from app.fetch import *; import threading; LOCK = Path({str(self.lock)!r}); stop = threading.Event()\n"
        )
        alone = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.links), "PIP_CONFIG_FILE": os.devnull}
        done = subprocess.run(
            [self.python, "-c", program + code], cwd=ROOT, env=os.environ | alone, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


FETCH = "try: fetch(LOCK, print, stop)\nexcept (OSError, StoppedError) as error: print(type(error).__name__, error)"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_lacks_is_fetched_and_what_is_damaged_is_fetched_again(machine: Machine) -> None:
    assert machine.run("print(wrong(LOCK))") == "heard is not installed"
    assert "Error" not in machine.run(FETCH)
    assert machine.run("print(wrong(LOCK)); import heard; print(heard.WEIGHTS)").split() == ["1"]
    file = machine.packages / "heard" / "__init__.py"
    file.write_bytes(CONTENT[:100])
    assert machine.run("print(wrong(LOCK))").endswith("__init__.py is gone or cut")
    machine.run(FETCH)
    assert machine.run("print(wrong(LOCK, thorough=True))") == ""
    file.write_bytes(CONTENT.replace(b"1", b"2"))
    assert machine.run("print(wrong(LOCK))") == ""  # at every start, what is quick to see
    assert machine.run("print(wrong(LOCK, thorough=True))").endswith("__init__.py was changed")
    machine.run(FETCH)
    assert machine.run("print(wrong(LOCK, thorough=True))") == "" and file.read_bytes() == CONTENT


def test_another_file_than_the_lock_means_is_refused(machine: Machine) -> None:
    machine.offer("0" * 64)
    said = machine.run(FETCH)
    assert "OSError it could not be fetched" in said and "./run fetch" in said
    assert machine.run("print(wrong(LOCK))") == "heard is not installed"


def test_without_a_network_words_say_what_to_do(machine: Machine) -> None:
    for path in machine.links.iterdir():
        path.unlink()
    said = machine.run(FETCH)
    assert "OSError it could not be fetched" in said and "with a network, ./run fetch gets it" in said


def test_a_person_who_does_not_want_to_wait_has_nothing_changed(machine: Machine) -> None:
    assert "StoppedError" in machine.run("stop.set()\n" + FETCH)
    assert machine.run("print(wrong(LOCK))") == "heard is not installed"


def test_what_hears_and_speaks_is_whole_here() -> None:
    assert {name: wrong(brought.lock) for name, brought in BROUGHT.items()} == dict.fromkeys(BROUGHT, "")
