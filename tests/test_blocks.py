"""audio_io.devices.blocks: the block functions of devices and files put sound at its place on the timeline, at any rate."""

import numpy as np
import pytest

from audio_io.devices.blocks import Player, Recorder
from audio_io.time.clock import Clock
from audio_io.time.tape import Tape
from tests.conftest import HandTime


def lag(a: np.ndarray, b: np.ndarray) -> int:
    """Return by how many samples b is later than a."""
    return int(np.argmax(np.correlate(b, a, "full")) - len(a) + 1)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_what_is_played_is_what_is_on_the_tape_when_the_clock_says(
    rate: int, speech: np.ndarray, clock: Clock, hand_time: HandTime
) -> None:
    tape = Tape()
    tape.write(0, speech[:64_000])
    player, size, latency = Player([tape], clock, rate), rate // 100, 0.05
    start = hand_time.now
    played, clock_error = [], []
    for block in range(300):
        hand_time.now = start + block * 0.01
        played.append(player.block(size, hand_time.now + latency))
        clock_error.append(clock.at(start + block * 0.01) - block * 160)
    sound = np.concatenate(played)
    import soxr

    at_16k = soxr.resample(sound, rate, 16_000) if rate != 16_000 else sound
    # The first block is heard `latency` after the clock's zero, so that the tape's sample 800 sounds first.
    assert abs(lag(speech[800:40_800], at_16k[:40_000])) <= 8
    assert max(abs(e) for e in clock_error[100:]) < 16  # under a millisecond
    assert np.corrcoef(speech[8800:40_800], at_16k[8000:40_000])[0, 1] > 0.98


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_what_is_captured_lies_where_it_was_captured(
    rate: int, speech: np.ndarray, clock: Clock, hand_time: HandTime
) -> None:
    import soxr

    tape = Tape()
    source = soxr.resample(speech[:64_000], 16_000, rate).astype(np.float32) if rate != 16_000 else speech[:64_000]
    recorder, size = Recorder(tape, clock, rate), rate // 100
    captured = hand_time.now + 0.5
    rng = np.random.default_rng(0)
    for block in range(380):
        jitter = rng.normal(0, 0.002)
        recorder.block(source[block * size : (block + 1) * size], captured + block * 0.01 + jitter)
    offset = lag(speech[:48_000], tape.read(8000, 48_000))
    assert abs(offset) <= 8000 * 0.01  # the first block's own jitter, at most some milliseconds


def test_a_microphone_that_drifts_is_put_right(clock: Clock, hand_time: HandTime) -> None:
    tape = Tape()
    recorder = Recorder(tape, clock, 16_000)
    for block in range(12_000):  # two minutes, 500 ppm slow: 60 ms in all
        captured = hand_time.now + block * 0.01 * 1.0005
        recorder.block(np.full(160, 0.5, np.float32), captured)
    expected = 12_000 * 160 * 1.0005
    assert abs(tape.end - expected) < 0.03 * 16_000


def test_a_muted_microphone_writes_nothing_and_shows_its_level(clock: Clock, hand_time: HandTime) -> None:
    tape = Tape()
    recorder = Recorder(tape, clock, 16_000)
    recorder.block(np.full(160, 0.1, np.float32), hand_time.now, muted=True)
    assert tape.end == 0
    assert recorder.level == pytest.approx(-20, abs=0.1)
