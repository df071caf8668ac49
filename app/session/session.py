"""One conversation, built once: clock, tapes, tracks, devices, voice, model, agent, and the loops that move them.

Concurrent here: sound callbacks (`audio_io.devices.streams`), the loops, and the caller. `docs/threads.md` says who owns what.
"""

import sys
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.conversation.conversation import Conversation
from app.conversation.rehearsal import Rehearsal
from app.conversation.speech import Speech
from app.errors import in_words
from app.session.animation import Animation
from app.session.faces import Faces, shown_by
from app.session.mood import conditions_of
from app.session.own_sound import OwnSound
from app.session.parts import wrong
from app.session.playback import Playback, Replay
from app.session.shown import Replayed
from app.session.source import Source
from app.session.start import begin_with, clean, give_way, talkers, understood
from app.session.threads import Loop, stopped
from app.session.trial import Offer
from app.settings import DEFAULTS, Mode, Settings
from app.timeline.timeline import AGENT, USER, VOICES, Timeline
from audio_io.devices.library import leave
from audio_io.devices.streams import Duplex
from audio_io.files import Sound
from audio_io.notice import Notice, Tell, Trouble
from audio_io.time.clock import Clock
from audio_io.time.tape import SAMPLE_RATE, Tape
from audio_io.voices.voice import Voice
from avatar.life.blinks import Dials
from avatar.rig.head import Head, Pose
from avatar.rig.layout import TRACK_RATE
from avatar.rig.motion import MotionTrack

SAMPLE: Final = Path(__file__).resolve().parents[2] / "resources" / "sample"
# Sound callbacks wait for the interpreter at most this long (s); the default lets a drawing window make them late.
_SWITCH_SECONDS: Final = 0.0005
_AT_ONCE_SECONDS: Final = 0.2  # for all loops together; what loads or speaks is then ended
_CLOSING_SECONDS: Final = 1.5  # for all loops together; what hangs is then left behind


class Session:
    """The live conversation. Construct, `start`, and `close` at the end.

    say: told in words what happens and what is wrong, from any thread; offer: of a motion model that cannot keep up.
    settings: what it begins with; saved: the names of those that may be gone by now. Raises as `start.talkers` does.
    """

    def __init__(
        self, say: Tell, offer: Callable[[Offer], None] = lambda _: None, settings: Settings = DEFAULTS,
        saved: Collection[str] = (),
    ) -> None:  # fmt: skip
        agent, hearing, command_of = talkers(settings, saved, say)
        self._person, self._seed = say, settings.seed
        self.clock = Clock()
        self.tapes = (Tape(), Tape())
        self.heard = Tape()  # the user's side of recordings, and test sounds: heard, not said
        self.captured, self.played = Tape(), Tape()  # what the microphone took and the loudspeaker was given
        self.tracks = (MotionTrack(TRACK_RATE), MotionTrack(TRACK_RATE))
        voices = dict(zip(VOICES, (self.captured, *self.tapes, self.played), strict=True))
        self.timeline = Timeline(voices, self.tracks, ahead=("agent_raw",))
        self.faces = Faces.over(self.timeline, self._seed)
        self.devices = Duplex(self.tapes[USER], [self.tapes[AGENT], self.heard], self.clock, self._say)
        self._own_sound = OwnSound(self.devices, self.tapes[USER], self.played, self.captured)
        self.voice = Voice(command_of, self._say)
        self.rehearsal = Rehearsal(self.voice)
        self.animation = Animation(self.clock, self.timeline, self._seed, self._say, offer, settings)
        self.speech = Speech(
            self.rehearsal, self.timeline, self.clock, self.animation.forget, self.animation.speech_lead, self.devices.silence
        )  # fmt: skip
        self.conversation = Conversation(
            agent, self.speech, self.clock, self.tapes[USER], self.timeline, self._own_sound.at, self._say, hearing
        )
        self.opened = threading.Event()  # set once the devices were looked for
        self.closed = threading.Event()  # set as soon as it shall end
        self._source = Source(self.devices, self._forget_ahead, self._say)
        begin_with(settings, self.devices, self.conversation)
        self._ask(settings)
        self._loops = self._made_loops()

    def _made_loops(self) -> list[Loop]:
        def mended(name: str) -> None:
            self._say(Notice(f"{name}: it works again"))

        talk = self.conversation
        return [
            Loop(name, step, rest, self._failed, ended, mended) for name, step, rest, ended in (
                ("devices", self._watch, 0.2, self.devices.close),
                ("speech", self._speak, 0.005, self.voice.close),
                ("animation", lambda: self.replay is None and self.animation.step(), 0.002, lambda: None),
                ("listening", lambda: self._source.answered and talk.step(), 0.005, lambda: None),
                ("recognition", talk.ears.step, 0.02, talk.ears.close),
                ("endings", talk.endings.step, 0.01, lambda: None),
                ("recording", self._record, 0.25, talk.stop_recording),
            )
        ]  # fmt: skip

    def _speak(self) -> bool:
        """Say what is due; else load the voice and rehearse, so that it sounds at once when something is."""
        if self._source.step() or self.speech.step():
            return True
        if not self.ready or self.speech.speaking:
            return False
        likely = self.conversation.likely() if self._source.answered else None
        return self.voice.warm(self.speech.settings) or self.rehearsal.step(likely)

    def start(self) -> None:
        """Start the loops: one opens the devices and watches them, one loads the motion model and runs it."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        for loop in self._loops:
            loop.start()
        for words in wrong():
            self._say(Trouble(words))

    def _say(self, notice: Notice) -> None:
        """Tell the person; what is wrong is on the timeline as well."""
        if isinstance(notice, Trouble):
            self.timeline.note("fault", int(self.clock.now()), text=str(notice))
        self._person(notice)

    def _failed(self, name: str, error: Exception) -> None:
        self._say(Trouble(f"{name}: {in_words(error)}"))

    def _watch(self) -> bool:
        if not self.opened.is_set():
            clean(self._own_sound, self.conversation.listener, self._say)
            self.devices.open()
            give_way(self.devices, self._say)
            self.opened.set()
        self.devices.watch()
        return False

    def _record(self) -> bool:
        self.conversation.record_step(self.user_delay)
        return False

    @property
    def ready(self) -> bool:
        """Whether a motion model is loaded."""
        return bool(self.animation.name)

    @property
    def playback(self) -> Playback | Replay | None:
        """The recordings that are played, if any are."""
        return self._source.playback

    @property
    def replay(self) -> Replay | None:
        """The stored session that is played, if one is."""
        return self._source.replay

    @property
    def _meaning(self) -> tuple[str, object]:
        """What the expressions of `poses` mean now, and of what."""
        return (self.replay or self.animation).meaning

    @property
    def user_delay(self) -> float:
        """Samples by which the user's face is shown late; a recording's is known ahead and is not."""
        return 0.0 if self.playback else self.animation.user_delay

    def poses(self, facing: str, ahead: float) -> list[Pose]:
        """Return both faces, user first, as they shall be `ahead` seconds from now, when they are on the screen."""
        now, replay = self.clock.now() + ahead * SAMPLE_RATE, self.replay
        if replay:
            return replay.poses(now, facing)
        return self.faces.poses(now, facing, self.user_delay, self.animation.basis)

    def shown(self, heads: Sequence[Head], facing: str, ahead: float) -> list[Pose]:
        """Return both faces as heads show them, each in its own basis; see `poses`."""
        while True:
            meaning = self._meaning
            poses = self.poses(facing, ahead)
            if meaning == self._meaning:  # else it changed while the tracks were read, once or there and back
                return shown_by(heads, poses, meaning[0])

    def _ask(self, settings: Settings) -> None:
        """Ask what settings do of faces and eyes."""
        if (settings.blinks, settings.contact) != (DEFAULTS.blinks, DEFAULTS.contact):
            self.ask_eyes(settings.blinks, settings.contact)
        moods = understood(settings, self._say)
        if any(moods):
            self.ask_mood(*moods)

    def ask_mood(self, both: str, agents: str) -> None:
        """Ask something of both faces, and of the agent's besides, in the words of `app.session.mood`."""
        own = ",".join(filter(None, (both, agents)))
        self.animation.ask((conditions_of(both), conditions_of(own)))
        self.conversation.state("mood", user=both, agent=own)

    def ask_eyes(self, blinks: float, contact: float) -> None:
        """Ask of both pairs of eyes to blink, and to look at the partner, so many times as often as people do."""
        dials = Dials(blinks, contact)
        self.faces = replace(self.faces, dials=(dials, dials))
        self.conversation.state("dials", blinks=blinks, contact=contact)

    def use_mode(self, mode: Mode) -> None:
        """Let the person speak in another way."""
        self.conversation.listener.use_mode(mode)

    def listen(self, on: bool) -> None:
        """Let the microphone be heard by the conversation, or not."""
        self._source.listen(on)
        self.conversation.listener.use_initiative(on)

    def check(self, on: bool) -> None:
        """Let the microphone be heard for a sound check, and answer nobody, or end that."""
        self._source.check(on)

    def record(self) -> Path:
        """Begin to record, the person having agreed; return the folder. Raises OSError."""
        return self.conversation.record({"seed": self._seed})

    def play(self, own: Sound, partner: Sound) -> None:
        """Play two recordings, or voices, as the conversation; raise ValueError where one holds no sound."""
        playback = Playback(own, partner, self.tapes, self.heard, self.clock, self.animation.playback_lead)
        self._source.play(playback, self.conversation.dialogue.stop)

    def play_again(self, shown: Replayed) -> None:
        """Play a stored session as it was; no motion model runs meanwhile."""
        self._source.play(Replay(shown, (self.heard, self.tapes[AGENT]), self.clock), self.conversation.dialogue.stop)

    def stop_playback(self) -> bool:
        """End the recordings; return whether any played."""
        return self._source.stop()

    def _forget_ahead(self) -> None:
        now = int(self.clock.now())
        for tape in (*self.tapes, self.heard):
            tape.forget(now)
        self.timeline.forget(now)
        self.animation.forget(now)

    def close(self) -> None:
        """Stop the loops, each of which closes what it owns; returns within two seconds, whatever hangs."""
        self.closed.set()
        helpers = {"speech": self.voice.close, "recognition": self.conversation.ears.close}
        for seconds, woken in ((_AT_ONCE_SECONDS, helpers), (_CLOSING_SECONDS, helpers | {"devices": leave})):
            for name in stopped(self._loops, seconds):
                woken.get(name, lambda: None)()  # what is closed wakes a loop that waits for it
