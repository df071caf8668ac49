"""The agent's own sound in the microphone: taken out where it can be, and told from the person's meanwhile."""

from audio_io.devices.blocks import Cleaning
from audio_io.devices.echo import EchoCanceller, is_own
from audio_io.devices.streams import Duplex
from audio_io.time.tape import Tape


class OwnSound:
    """What the loudspeaker plays and the microphone takes. said: the cleaned microphone's tape, captured: as it was."""

    def __init__(self, devices: Duplex, said: Tape, played: Tape, captured: Tape) -> None:
        self._devices, self._said, self._played, self._captured = devices, said, played, captured
        self._canceller: EchoCanceller | None = None

    def take_out(self) -> None:
        """Put the canceller between microphone and tape; raise ImportError or OSError where there is none."""
        self._canceller = EchoCanceller()
        self._devices.cleaning = Cleaning(self._played, self._canceller, self._captured)

    def at(self, sample: int) -> bool:
        """Tell whether the sound just before a sample is the agent's own, while the canceller still learns the room."""
        return self._canceller is not None and is_own(self._canceller, self._said, self._played, sample)
