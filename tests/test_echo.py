"""audio_io.devices.echo, activity and sound_check: a simulated room's echo is taken out, speech kept, the room is measured."""

import numpy as np
import pytest

from app.bench.room import room_response
from audio_io.activity import CHUNK, VoiceActivity
from audio_io.devices.blocks import Cleaning, Player, Recorder
from audio_io.devices.echo import BLOCK, REFERENCE_AHEAD, EchoCanceller, is_own, likeness
from audio_io.devices.sound_check import chirp, echo_delay, judged
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape, level
from tests.conftest import HandTime


def echoed(sound: np.ndarray, delay: float, gain: float = 0.35) -> np.ndarray:
    late = np.concatenate([np.zeros(round(delay * SAMPLE_RATE), np.float32), sound])
    return (gain * np.convolve(late, room_response())[: len(sound)]).astype(np.float32)


def cleaned(captured: np.ndarray, played: np.ndarray) -> np.ndarray:
    canceller = EchoCanceller()
    ahead = np.concatenate([played[REFERENCE_AHEAD:], np.zeros(REFERENCE_AHEAD + BLOCK, np.float32)])
    blocks = range(0, len(captured) - BLOCK + 1, BLOCK)
    return np.concatenate([canceller.clean(captured[at : at + BLOCK], ahead[at : at + BLOCK]) for at in blocks])


def speech_share(sound: np.ndarray) -> float:
    detector = VoiceActivity()
    return float(
        np.mean([detector.probability(sound[at : at + CHUNK]) > 0.5 for at in range(0, len(sound) - CHUNK, CHUNK)])
    )


@pytest.mark.parametrize("delay", [0.0, 0.04, 0.15, 0.3])
def test_the_agents_own_sound_is_taken_out(speech: np.ndarray, delay: float) -> None:
    agent = speech[:160_000]
    captured = echoed(agent, delay) + np.random.default_rng(0).normal(size=len(agent)).astype(np.float32) * 5e-4
    result = cleaned(captured, agent)
    settled = slice(64_000, None)
    assert level(captured[settled]) - level(result[settled]) > 25
    assert speech_share(captured[settled]) > 0.3
    assert speech_share(result[settled]) < 0.02


def test_the_person_is_kept_and_silence_stays_silent(speech: np.ndarray) -> None:
    person = speech[:80_000]
    result = cleaned(person, np.zeros_like(person))
    assert speech_share(result) > 0.9 * speech_share(person)
    assert level(cleaned(np.zeros(16_000, np.float32), np.zeros(16_000, np.float32))) < -80


def test_knows_its_own_sound_while_it_still_learns(speech: np.ndarray) -> None:
    own, other = speech[:16_000], speech[60_000:76_000]
    assert likeness(echoed(own, 0.1)[8000:9536], own) > 0.5
    assert likeness(other[8000:9536], own) < 0.3
    assert likeness(np.zeros(1536, np.float32), own) == 0
    canceller, user, played = EchoCanceller(), Tape(), Tape()
    played.write(0, own)
    user.write(0, echoed(own, 0.1))
    assert is_own(canceller, user, played, 10_000)
    for at in range(0, 5 * SAMPLE_RATE, BLOCK):
        canceller.clean(np.zeros(BLOCK, np.float32), speech[at % 60_000 :][:BLOCK] + 0.01)
    assert canceller.adapted and not is_own(canceller, user, played, 10_000)
    canceller.unsettle()
    assert not canceller.adapted


def test_between_microphone_and_tape(clock: Clock, hand_time: HandTime, speech: np.ndarray) -> None:
    agent, user, captured, played = Tape(), Tape(), Tape(), Tape()
    agent.write(1600, speech[:120_000])
    player = Player([agent], clock, SAMPLE_RATE, played)
    recorder = Recorder(user, clock, SAMPLE_RATE, Cleaning(played, EchoCanceller(), captured))
    air = np.zeros(140_000, np.float32)
    for at in range(0, 120_000, BLOCK):
        air[at + 1600 : at + 1600 + BLOCK] = player.block(BLOCK, hand_time.now + 0.1)
        recorder.block(0.3 * air[max(at - 800, 0) : max(at - 800, 0) + BLOCK], hand_time.now - 0.01)
        hand_time.now += BLOCK / SAMPLE_RATE
    span = (70_000, 40_000)
    assert np.corrcoef(played.read(*span), agent.read(*span))[0, 1] > 0.999
    assert level(captured.read(*span)) - level(user.read(*span)) > 20


def test_a_restarted_player_is_silent_until_times_settle_and_keeps_the_clock(clock: Clock, hand_time: HandTime) -> None:
    tape = Tape()
    tape.write(0, np.full(64_000, 0.5, np.float32))
    player = Player([tape], clock, SAMPLE_RATE)
    for _ in range(50):
        player.block(BLOCK, hand_time.now + 0.05)
        hand_time.now += 0.01
    before = clock.now() - hand_time.now * SAMPLE_RATE
    player.restart()
    player._settled_at = None  # the wall clock is not the hand's
    player.restart()
    silent = player.block(BLOCK, hand_time.now + 0.02)
    assert not silent.any()
    player._settled_at = 0.0
    assert player.block(BLOCK, hand_time.now + 0.05).any()
    assert clock.now() - hand_time.now * SAMPLE_RATE == pytest.approx(before, abs=2)


def test_the_chirp_is_found_in_echo_and_noise() -> None:
    rng = np.random.default_rng(0)
    tone = np.concatenate([chirp(), np.zeros(20_000, np.float32)])
    for delay in (0.0, 0.05, 0.31, 0.8):
        captured = echoed(tone, delay, 0.1) + rng.normal(size=len(tone)).astype(np.float32) * 0.003
        assert echo_delay(captured) == pytest.approx(delay, abs=0.002)
    assert echo_delay(rng.normal(size=28_000).astype(np.float32) * 0.01) is None
    assert echo_delay(np.zeros(28_000, np.float32)) is None


def test_the_check_chooses_how_to_speak(speech: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    quiet = rng.normal(size=16_000).astype(np.float32) * 1e-4
    tone = np.concatenate([chirp(), np.zeros(20_000, np.float32)])
    said = speech[:64_000]
    near, far = echoed(tone, 0.05), echoed(tone, 0.7)
    good = judged(quiet, near, said, echoed(said, 0.05), quiet)
    assert good.mode == "barge-in" and good.delay == pytest.approx(50, abs=2) and "Echo after 50 ms" in good.told()
    assert judged(quiet, far, said, echoed(said, 0.7), quiet).mode == "half-duplex"
    assert judged(quiet, near, said, echoed(said, 0.05), 0.5 * echoed(said, 0.05)).mode == "half-duplex"
    loud = judged(quiet, near, said, np.clip(echoed(said, 0.05) * 90, -1, 1), quiet)
    assert loud.clipped and loud.mode == "half-duplex" and "turn it down" in loud.told()
    phones = judged(quiet, np.zeros(28_000, np.float32), said, quiet, quiet)
    assert phones.delay is None and phones.mode == "barge-in" and "headphones" in phones.told()
    assert judged(quiet * 200, near, said, echoed(said, 0.05), quiet).mode == "push-to-talk"
