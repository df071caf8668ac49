"""The real program, started as a person does, and its real window on virtual devices: it hears the microphone, shows the mouth
move, takes what is typed, and its voice comes out of the loudspeaker."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from app.bench.start import head_is_drawn, program
from app.bench.virtual import virtual_screen, virtual_sound
from tests.conftest import PATIENCE, until

ROOT = Path(__file__).resolve().parents[1]


def test_it_starts_shows_a_head_and_ends_with_a_key() -> None:
    with virtual_sound(), virtual_screen() as display, program("--agent", "wizard") as process:
        assert until(lambda: process.poll() is not None or head_is_drawn(display))
        assert process.poll() is None
        process.send_signal(signal.SIGINT)  # Ctrl+C
        # 1: a machine so slow that closing took longer than it may, and was ended
        assert process.wait(PATIENCE) in (0, 1, -signal.SIGINT)


def test_speaking_moves_the_own_mouth_and_typing_gives_the_agent_its_voice(tmp_path: Path, speech: np.ndarray) -> None:
    soundfile.write(tmp_path / "voice.wav", speech[:96_000], 16_000)
    # A process draws either in a window or without one; this one draws without.
    command = [sys.executable, "-m", "tests.live_window", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
