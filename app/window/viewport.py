"""The OpenGL viewport: asks for both faces each frame and draws them; the mouse moves the camera."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import moderngl
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QSurfaceFormat, QWheelEvent
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from app.session.faces import load_heads
from avatar.draw.background import BACKGROUNDS, background_of
from avatar.draw.camera import SHOTS, Camera, View, head_places
from avatar.draw.renderer import Renderer
from avatar.draw.tiers import TIERS, Tier, affordable, tier_of
from avatar.rig.head import Head, Pose

_RADIANS_PER_PIXEL: Final = 0.006
_ZOOM_PER_STEP: Final = 0.9
_LOADING_RATE: Final = 8  # while the model is loaded: drawing keeps the interpreter from reading files
_MOVE_SECONDS: Final = 0.6  # in which the camera goes over to another view
_WATCH_MS: Final = 250
_USUAL_RATE, _EARLY = 60.0, 0.85  # frames a second where the display does not say; share of a frame that is waited
_AFFORDED_EVERY: Final = 64  # frames between looks at what the graphics can afford
_SMOOTHING: Final = 0.1
_LONGEST_DRAWING: Final = 0.1


def set_surface_format() -> None:
    """Ask Qt for OpenGL 3.3 core; call before the application is made."""
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setDepthBufferSize(24)
    wanted.setAlphaBufferSize(8)  # so that heads in a window of its own can be transparent
    QSurfaceFormat.setDefaultFormat(wanted)


class Viewport(QOpenGLWidget):
    """Draws the faces that `poses(facing, ahead)` returns, user first; ahead: seconds until the frame is on screen."""

    first_frame = Signal()
    failed = Signal(str)

    def __init__(self, poses: Callable[[str, float], Sequence[Pose]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._poses = poses
        self._camera = self._from = Camera()
        self._shot, self._changed = "both", 0.0
        self._background = BACKGROUNDS["studio"]
        self.facing = "viewer"
        self._heads: list[Head] | None = None
        self._renderer: Renderer | None = None
        self._framebuffer: tuple[object, moderngl.Framebuffer] | None = None
        self._dragged: QPointF | None = None
        self._last_frame = 0.0
        self._begun, self._fresh = 0.0, False  # when the last frame was begun; whether it is still to be seen
        self._drawing_seconds = 0.0
        self.frameSwapped.connect(self._on_screen)
        self._quality = "auto"
        self._tier: Tier | None = None  # what the graphics turned out to afford
        self._given_up: frozenset[str] = frozenset()
        self.frame_seconds = 0.0
        self.frames = 0
        self.loading = True
        # A frame asks for the next; where none comes on screen, as in a hidden window, the slow one keeps asking.
        self._timer, self._watch = QTimer(self), QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        for timer in (self._timer, self._watch):
            timer.timeout.connect(self.update)
        self.setMinimumSize(480, 320)
        self.setToolTip("Drag to look around, scroll to come closer, double-click to come back")

    @property
    def renderer(self) -> Renderer | None:
        """The renderer, None before the first frame or where GL failed."""
        return self._renderer

    def initializeGL(self) -> None:
        """Build everything for this context; Qt calls it again with a new one when the widget moves to another window."""
        try:
            self._make_renderer(moderngl.create_context(require=330))
        except Exception as error:  # moderngl raises plain Exception
            self._renderer = None
            self.failed.emit(f"the heads cannot be drawn: {error}. Run ./run doctor to see what is missing")
            return
        self.context().aboutToBeDestroyed.connect(self._lose_context)
        self._watch.start(_WATCH_MS)

    def _make_renderer(self, context: moderngl.Context) -> None:
        tier = self._tier or tier_of(context.info["GL_RENDERER"], self._quality)
        renderer = Renderer(context, self._heads or load_heads(), tier)
        renderer.background = self._background
        self._renderer = renderer

    def choose_quality(self, quality: str) -> None:
        """Draw as finely as one of `avatar.draw.tiers.QUALITIES` says; "auto" goes by what the graphics can afford."""
        self._quality, self._tier, self._given_up = quality, None, frozenset()
        self._renew()

    def _renew(self) -> None:
        """Make another renderer in the same context; where that fails, the old one goes on."""
        old = self._renderer
        if old is None:
            return
        self.makeCurrent()
        try:
            self._make_renderer(old.ctx)
        except Exception as error:  # moderngl raises plain Exception
            self._tier = old.tier
            self.failed.emit(f"this graphics card cannot draw so finely, quality stays {old.tier.name}: {error}")
        else:
            old.release()
        self.doneCurrent()

    def _afford(self, renderer: Renderer) -> None:
        """Give up a tier that is too much for this graphics card, or try a finer one."""
        tier = affordable(renderer.tier, renderer.card_seconds, self._given_up)
        if self._quality == "auto" and renderer.card_seconds and tier is not renderer.tier:
            if list(TIERS).index(tier.name) < list(TIERS).index(renderer.tier.name):
                self._given_up |= {renderer.tier.name}
            self._tier = tier
            QTimer.singleShot(0, self._renew)

    def show_heads(self, heads: list[Head]) -> None:
        """Draw other heads from the next frame on; ones that were drawn before are there at once."""
        self._heads = heads
        if self._renderer is not None:
            self.makeCurrent()
            self._renderer.show(heads)
            self.doneCurrent()

    def loaded(self) -> None:
        """Draw at the full rate from now on."""
        self.loading = False
        self.update()

    def _lose_context(self) -> None:
        """Free what was made in a context that Qt is about to end: it is shared with the window, and would live as long."""
        self._timer.stop()
        self._watch.stop()
        renderer, self._renderer, self._framebuffer = self._renderer, None, None
        if renderer is not None:
            self.makeCurrent()
            renderer.release()
            self.doneCurrent()

    def paintGL(self) -> None:
        """Draw one frame into Qt's framebuffer, which is not number 0."""
        if self._renderer is None:
            return
        self._begun, self._fresh = time.perf_counter(), True
        poses = self._poses(self.facing, self._drawing_seconds)
        self._renderer.draw(self._target(self._renderer), self._views(), poses, head_places(self.facing))
        self._count()

    def face(self, facing: str) -> None:
        """Let the heads face the viewer, or each the partner."""
        self.facing = facing

    def show_shot(self, shot: str) -> None:
        """Go over to one of `avatar.draw.camera.SHOTS`."""
        self._shot, self._changed, self._from = shot, time.perf_counter(), self._camera
        self._camera = SHOTS[shot][0].camera

    def show_background(self, name: str) -> None:
        """Put a background behind the heads, as `background_of` knows it; raise ValueError as that does."""
        self._background = background_of(name)
        if self._renderer is not None:
            self.makeCurrent()
            self._renderer.background = self._background
            self.doneCurrent()

    def _views(self) -> tuple[View, ...]:
        views = SHOTS[self._shot]
        if len(views) > 1:
            return views
        gone = min(1.0, (time.perf_counter() - self._changed) / _MOVE_SECONDS)
        eased = gone * gone * (3 - 2 * gone)
        return (replace(views[0], camera=self._from.towards(self._camera, eased)),)

    def _target(self, renderer: Renderer) -> moderngl.Framebuffer:
        """Return Qt's framebuffer; it is looked up only where it may be another, for each look-up keeps some memory."""
        scale = self.devicePixelRatio()
        size = round(self.width() * scale), round(self.height() * scale)
        key = (renderer, self.defaultFramebufferObject(), size)
        if self._framebuffer is None or self._framebuffer[0] != key:
            found = renderer.ctx.detect_framebuffer(self.defaultFramebufferObject())
            found.viewport = (0, 0, *size)
            self._framebuffer = (key, found)
        return self._framebuffer[1]

    def _count(self) -> None:
        now = time.perf_counter()
        if self.frames:
            self.frame_seconds += _SMOOTHING * (now - self._last_frame - self.frame_seconds)
        else:
            self.first_frame.emit()
        self._last_frame = now
        self.frames += 1

    def _on_screen(self) -> None:
        """Learn how long a frame takes to be seen, so that faces are drawn as they shall be then."""
        if not self._fresh:
            return  # the window was put together anew for another part of it
        self._fresh = False
        taken = time.perf_counter() - self._begun
        self._drawing_seconds += _SMOOTHING * (min(taken, _LONGEST_DRAWING) - self._drawing_seconds)
        if self._renderer is None:
            return
        if self.frames % _AFFORDED_EVERY == 0:
            self._afford(self._renderer)
        self._timer.start(round(1000 * max(0.0, self._interval(self._renderer) - taken)))

    def _interval(self, renderer: Renderer) -> float:
        """Return the seconds from one frame's beginning to the next one's: the display's own where it can be followed."""
        shown = self.screen().refreshRate() or _USUAL_RATE
        # A little early: the swap then waits for the display, and the faces are as new as they can be.
        own = _EARLY / shown if not renderer.tier.frames_per_second else 1 / renderer.tier.frames_per_second
        return 1 / _LOADING_RATE if self.loading else own

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to turn the camera."""
        self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn the camera about the heads."""
        if self._dragged is not None:
            moved = event.position() - self._dragged
            self._dragged = event.position()
            self._camera = self._camera.orbited(-moved.x() * _RADIANS_PER_PIXEL, moved.y() * _RADIANS_PER_PIXEL)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Leave the camera where it is."""
        self._dragged = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Put the camera back."""
        self.show_shot(self._shot)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Come closer or go back."""
        self._camera = self._camera.zoomed(_ZOOM_PER_STEP ** (event.angleDelta().y() / 120))
