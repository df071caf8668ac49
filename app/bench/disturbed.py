"""Figures of a simulated conversation: whether it hears itself, what takes its floor, an hour of talk."""

import gc
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import numpy as np

from app.bench.options import progress
from app.bench.simulated import Room
from app.bench.turns import BACKCHANNELS, clip
from app.settings import Mode
from app.timeline.timeline import AGENT, USER
from audio_io.activity import CHUNK, VoiceActivity
from audio_io.time.tape import SAMPLE_RATE
from avatar.rig.layout import JAW, TRACK_RATE

_DELAYS: Final = (0.04, 0.08, 0.15, 0.22, 0.3)  # s from loudspeaker to microphone
_ECHO_MINUTES, _QUICK_ECHO_MINUTES = 10.0, 0.5  # over all delays
_QUESTIONS: Final = ("what is your name", "how does it work", "do you like music", "what do you like", "tell me a joke")
_LONG: Final = (
    "Let me tell you a longer story about microphones, loudspeakers, echoes, and rooms of every size and shape."
)


def _keep_talking(room: Room, seconds: float) -> None:
    """Let the agent talk for some seconds."""
    end = room._at + seconds * SAMPLE_RATE
    while room._at < end:
        if not room.speech.speaking:
            room.talk.dialogue.say(_LONG)
        room.run(1.0)


def self_interruptions(minutes: float) -> int:
    """Return how often the agent stopped, or was answered, because it heard itself, over all delays."""
    count = 0
    for number, delay in enumerate(_DELAYS):
        progress("rooms in which it could hear itself", number + 1, len(_DELAYS))
        room = Room(delay, number)
        room.talk.listener.use_initiative(False)
        _keep_talking(room, minutes * 60 / len(_DELAYS))
        count += room.count("yielded") + room.count("turn")
        room.close()
    return count


def _disturbances() -> list[np.ndarray]:
    """Return what must not take the floor: murmurs, coughs, clicks, a slammed door."""
    rng = np.random.default_rng(3)
    murmurs = [clip(text, voice) for text in BACKCHANNELS for voice in (0, 1)]
    made = []
    for length, decay in ((0.12, 0.03), (0.25, 0.08), (0.3, 0.1)):
        time_ = np.arange(round(length * SAMPLE_RATE)) / SAMPLE_RATE
        noise = np.convolve(rng.normal(size=len(time_)), np.ones(6) / 6, "same")
        made.append((0.4 * noise * np.exp(-time_ / decay)).astype(np.float32))
    cough = np.concatenate([made[1], np.zeros(1600, np.float32), made[2]])
    keys = np.concatenate([np.concatenate([made[0][:400] * 0.5, np.zeros(2400, np.float32)]) for _ in range(8)])
    return [*murmurs, *made, cough, keys]


def false_interruptions(times: int) -> tuple[int, int]:
    """Return how often noise, coughs and murmurs, each so many times, took the agent's floor, and of how many."""
    room = Room(0.08)
    room.talk.listener.use_initiative(False)
    room.talk.dialogue.say(_LONG)
    room.run(5.0)
    wrong, disturbances = 0, _disturbances() * times
    for number, disturbance in enumerate(disturbances):
        progress("murmurs, coughs and noises", number + 1, len(disturbances))
        if not room.speech.speaking:
            room.talk.dialogue.say(_LONG)
            room.run(1.5)
        since = len(room.events)
        room.speak(disturbance)
        room.run(3.5)
        wrong += bool(room.count("interrupted", since) or room.count("turn", since))
    room.close()
    return wrong, len(disturbances)


def kept_speech(times: int) -> float:
    """Return the share of a person's speech frames that are still speech after cleaning while the agent talks too.

    times: how often each question is asked.
    """
    room = Room(0.08)
    room.talk.listener.use_initiative(False)
    room.talk.listener.use_mode(Mode.HALF_DUPLEX)
    room.talk.dialogue.say(_LONG)
    room.run(4.0)
    kept = total = 0
    for question in _QUESTIONS * times:
        if not room.speech.speaking:
            room.talk.dialogue.say(_LONG)
            room.run(1.0)
        audio, start = clip(question), room._at
        room.speak(audio)
        room.run(len(audio) / SAMPLE_RATE + 0.3)
        begin = int(room.clock.now()) - (room._at - start)
        cleaned = room.tapes[USER].read(begin, len(audio))
        alone, mixed = VoiceActivity(), VoiceActivity()
        for at in range(0, len(audio) - CHUNK, CHUNK):
            speech = alone.probability(audio[at : at + CHUNK]) > 0.5
            found = mixed.probability(cleaned[at : at + CHUNK]) > 0.5
            total += speech
            kept += speech and found
    room.close()
    return kept / max(total, 1)


def _lips_lag(room: Room) -> float:
    """Return by how much (ms) the agent's jaw follows its voice, of a sentence that is always the same."""
    room.talk.dialogue.stop()
    room.run(1.0)
    room.talk.dialogue.say(_LONG)
    begin = int(room.clock.now())
    room.run(9.0)
    frames = 8 * TRACK_RATE
    track = room.tracks[AGENT]
    first = begin // track.step
    jaw = np.array([track.sample((first + n) * track.step)[JAW.start] for n in range(frames)])
    sound = room.played.read(first * track.step, frames * track.step).reshape(frames, track.step)
    loudness = np.log(np.sqrt(np.mean(np.square(sound), 1)) + 1e-3)
    lags = np.arange(-12, 13)
    fits = np.array([np.corrcoef(np.roll(loudness, lag)[20:-20], jaw[20:-20])[0, 1] for lag in lags])
    best = int(np.clip(np.argmax(fits), 1, len(lags) - 2))
    below, peak, above = fits[best - 1 : best + 2]
    return float((lags[best] + 0.5 * (below - above) / (below - 2 * peak + above)) * 20)


def long_talk(minutes: float) -> dict[str, Any]:
    """Return growth of memory (MB, after the first tenth), drift of the lips (ms), turns, and whether it answers at the end."""
    import psutil

    room = Room(0.08)
    process = psutil.Process()
    room.talk.open()
    room.run(8.0)
    lag = _lips_lag(room)
    begun, asked, settled = room._at, 0, 0.0
    length = minutes * 60 * SAMPLE_RATE
    while room._at < begun + length:
        room.run(8.0, lambda: not room.speech.speaking)
        room.speak(clip(_QUESTIONS[asked % len(_QUESTIONS)], asked), 0.4)
        room.run(6.0)
        room.events = room.events[-200:]
        asked += 1
        progress("simulated seconds of a long talk", (room._at - begun) // SAMPLE_RATE, round(minutes * 60))
        if not settled and room._at > begun + length / 10:
            gc.collect()
            settled = process.memory_info().rss / 1e6
    gc.collect()
    grown = process.memory_info().rss / 1e6 - settled
    drift = _lips_lag(room) - lag
    room.talk.dialogue.stop()
    room.run(1.0)
    since = len(room.events)
    room.speak(clip("what is your name"))
    room.run(5.0)
    alive = bool(room.count("answer", since))
    room.close()
    return {
        "rss_growth_mb": round(grown, 1), "lips_drift_ms": round(drift, 1), "simulated_minutes": minutes,
        "simulated_turns": asked, "answers_at_end": alive,
    }  # fmt: skip


def simulated(minutes: float, quick: bool) -> dict[str, Any]:
    """Return the figures of the simulated conversation; `minutes` is how long the long talk is."""
    echo_minutes, times = (_QUICK_ECHO_MINUTES, 1) if quick else (_ECHO_MINUTES, 2)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:  # whose memory nothing else fills
        talked = own.submit(long_talk, minutes).result()
    wrong, disturbances = false_interruptions(times)
    return {
        "self_interruptions": self_interruptions(echo_minutes), "echo_minutes": echo_minutes,
        "false_interruptions": wrong, "disturbances": disturbances, "kept_speech": round(kept_speech(times), 3), **talked,
    }  # fmt: skip
