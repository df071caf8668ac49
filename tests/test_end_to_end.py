"""The real program, started as a person does: it hears the microphone, shows the mouth move, and its sound comes out."""

import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import ImageGrab

from app.bench.start import head_is_drawn, program
from app.bench.virtual import virtual_screen, virtual_sound

READY_SECONDS = 60


def screen(display: str) -> np.ndarray:
    return np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB"), np.int16)


def mouth_motion(display: str, seconds: float, left: bool) -> float:
    """Return how much the lower half of the left or right face changes between pictures."""
    shots, end = [], time.monotonic() + seconds
    columns = slice(120, 380) if left else slice(610, 870)
    while time.monotonic() < end:
        shots.append(screen(display)[340:480, columns])
        time.sleep(0.04)
    return float(np.mean([np.abs(a - b).mean() for a, b in zip(shots, shots[1:], strict=False)]))


def wait_until_ready(display: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + READY_SECONDS
    while not head_is_drawn(display):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
    time.sleep(8)  # the model loads behind the window


@pytest.fixture
def voice_file(tmp_path: Path, speech: np.ndarray) -> Path:
    path = tmp_path / "voice.wav"
    soundfile.write(path, np.tile(speech[:96_000], 2), 16_000)
    return path


def test_speaking_moves_the_own_mouth_and_typing_gives_the_agent_its_voice(tmp_path: Path, voice_file: Path) -> None:
    with virtual_sound() as environment, virtual_screen() as display, program("--agent", "wizard") as process:
        wait_until_ready(display, process)
        silent = mouth_motion(display, 2.5, left=True)
        speaking = subprocess.Popen(["paplay", "--device=vmic_in", str(voice_file)], env=environment)
        time.sleep(0.8)
        moved = mouth_motion(display, 3.0, left=True)
        speaking.terminate()
        speaking.wait()
        assert moved > 1.6 * silent

        recording = tmp_path / "out.raw"
        with recording.open("wb") as out:
            recorder = subprocess.Popen(
                ["parec", "--device=vspeaker.monitor", "--rate=16000", "--channels=1", "--format=s16le"],
                stdout=out, env=environment,
            )  # fmt: skip
            subprocess.run(["xdotool", "mousemove", "300", "768", "click", "1"], check=True)
            time.sleep(0.3)
            subprocess.run(["xdotool", "type", "Many men moved my boat over the bay."], check=True)
            subprocess.run(["xdotool", "key", "Return"], check=True)
            time.sleep(0.6)
            agent = mouth_motion(display, 2.0, left=False)
            time.sleep(1.0)
            quiet = mouth_motion(display, 2.0, left=False)
            recorder.terminate()
            recorder.wait()
        assert agent > 1.5 * quiet
        sound = np.frombuffer(recording.read_bytes(), np.int16) / 32768
        loud = np.abs(sound).reshape(-1)[: len(sound) // 320 * 320].reshape(-1, 320).max(1) > 0.02
        assert 0.8 < loud.sum() * 0.02 < 5.0  # about two seconds of voice came out
        assert process.poll() is None
