"""Where files are kept, on every system: imported weights and heads, agents, sessions, settings. Knows no format."""

import os
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

_NOWHERE: Final = Path("/nonexistent/dualtalk-live")  # where a system without home folders has them


def _place() -> Path:
    try:
        return user_data_path("dualtalk-live", appauthor=False)
    except RuntimeError:  # the system knows no home
        return _NOWHERE


def store() -> Path:
    """Return the folder of imported files, which is made where it can be; else nothing is in it, and none can be kept."""
    place = _place()
    if place == _NOWHERE:
        return place
    try:
        place.mkdir(parents=True, exist_ok=True)
    except PermissionError:  # it may not even be looked into
        return _NOWHERE
    except OSError:
        pass  # `unkept` tells it
    return place


def unkept() -> str:
    """Return in words why nothing can be kept, empty where it can."""
    if os.access(store(), os.W_OK):
        return ""
    return f"nothing is kept, for {_place()} cannot be written: recordings and imported files need a HOME folder of your own"


def dualtalk_weights() -> Path:
    """Return where DualTalk's converted weights are, or would be."""
    return store() / "dualtalk.safetensors"


def flame_model() -> Path:
    """Return where the converted FLAME model is, or would be."""
    return store() / "flame.npz"
