"""Whose head is which: chosen by the person, by the agent's name, or because a motion model has a head of its own.

Other heads are got ready on a thread: sound and picture go on meanwhile.
"""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from app.errors import MissingError
from app.session.faces import DEFAULT_LOOKS, available_looks, bundled_looks, load_heads
from app.session.flame_head import Identity
from app.session.session import Session
from app.timeline.timeline import USER
from app.window.emitting import emit
from audio_io.notice import Tell, Trouble
from avatar.draw.head_data import prepared
from avatar.rig.basis import FLAME, NAMED, same_basis
from avatar.rig.head import Head, Pose

Wish = tuple[tuple[str, str], tuple[Identity, Identity]]  # names, and shape coefficients of those that are FLAME's


class Casting(QObject):
    """The two heads shown. draw: told of other heads; name: of their names; tell: what went wrong, in words."""

    _ready = Signal(int, object, object)  # which wish it was; looks and identities; heads, or what is wrong

    def __init__(
        self, session: Session, draw: Callable[[list[Head]], None], name: Callable[[tuple[str, str]], None],
        tell: Tell,
    ) -> None:  # fmt: skip
        super().__init__()
        self._ready.connect(self._arrived, Qt.ConnectionType.QueuedConnection)
        self._wishes = 0
        self._session, self._draw, self._name, self._tell = session, draw, name, tell
        self._heads = load_heads()
        self._looks = self._chosen = DEFAULT_LOOKS  # shown; chosen for a model that has no head of its own
        self._identities: tuple[Identity, Identity] = ((), ())  # of heads that are FLAME's
        self._shown: Wish = (self._looks, self._identities)
        self._wished: Wish = self._shown
        self._basis, self._agent = NAMED, ""
        self._recorded: Wish | None = None
        self._name_all()

    def close(self) -> None:
        """Take no more heads: what draws them goes, and those that are still being got ready come too late."""
        self._wishes += 1

    def poses(self, facing: str, ahead: float) -> list[Pose]:
        """Return both faces, each in its own head's basis; see `Session.shown`."""
        return self._session.shown(self._heads, facing, ahead)

    def follow(self, basis: str, agent: str) -> None:
        """Show what fits the motion model that runs and the agent that answers, where either is another.

        While a stored session plays, its heads are shown.
        """
        replay = self._session.replay
        if replay is not None:
            self._show_recorded(replay.cast)
            return
        if basis != self._basis:
            self._basis = basis
            flame = FLAME in available_looks() and same_basis(basis, FLAME)
            self._show((FLAME, FLAME) if flame else self._chosen)
        if agent != self._agent:
            self._agent = agent
            self._follow_agent(agent)

    def _follow_agent(self, agent: str) -> None:
        """Give an agent that is named as a head is that head, and the person another."""
        if agent in bundled_looks():
            user, _ = self._chosen
            self._choose((user if user != agent else next(name for name in DEFAULT_LOOKS if name != agent), agent))

    def _show_recorded(self, wish: Wish | None) -> None:
        """Show heads as they were recorded, where that is known, once."""
        if wish is not None and wish != self._recorded:
            self._recorded = wish
            self._identities = wish[1]
            self._show(wish[0])

    def choose(self, who: int, name: str) -> None:
        """Give USER or AGENT the head of a name."""
        user, agent = self._wished[0]
        self._choose((name, agent) if who == USER else (user, name))

    def choose_identity(self, who: int, identity: Identity) -> None:
        """Give USER's or AGENT's FLAME head other shape coefficients."""
        user, agent = self._identities
        self._identities = (identity, agent) if who == USER else (user, identity)
        self._show(self._wished[0])

    def _choose(self, looks: tuple[str, str]) -> None:
        self._chosen = looks
        self._show(looks)

    def _show(self, looks: tuple[str, str]) -> None:
        wish: Wish = (looks, self._identities)
        if wish != self._wished:
            self._wishes, self._wished = self._wishes + 1, wish
            threading.Thread(target=self._get_ready, args=(self._wishes, wish), name="heads", daemon=True).start()
        else:
            self._settle()

    def _get_ready(self, number: int, wish: Wish) -> None:
        try:
            heads = load_heads(*wish)
            for head in heads:
                prepared(head)
            emit(self._ready, number, wish, heads)
        except (MissingError, ValueError, OSError) as error:
            emit(self._ready, number, wish, str(error))

    def _arrived(self, number: int, wish: Wish, found: list[Head] | str) -> None:
        if number != self._wishes:
            return  # by now others are wished for
        if isinstance(found, str):
            self._wished = self._looks, self._identities = self._shown
            self._tell(Trouble(found))
        else:
            self._heads, self._looks, self._shown = found, wish[0], wish
            self._draw(found)
        self._settle()

    def _settle(self) -> None:
        """Let the motion be made in the basis of what is shown, and say whose heads these are."""
        whole = all(name == FLAME for name in self._looks) and same_basis(self._basis, FLAME)
        self._session.animation.draw_in(self._heads[0].model.basis if whole else NAMED)
        self._name_all()

    def _name_all(self) -> None:
        """Say whose heads these are, the timeline included."""
        self._name(self._looks)
        self._session.conversation.state("heads", names=self._looks, identities=self._shown[1])
