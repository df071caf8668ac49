"""Where files that a person imports are kept, on every system: DualTalk's weights and FLAME heads. Knows no format."""

from pathlib import Path

from platformdirs import user_data_path


def store() -> Path:
    """Return the folder of imported files, which is made where it is missing."""
    return user_data_path("dualtalk-live", appauthor=False, ensure_exists=True)


def dualtalk_weights() -> Path:
    """Return where DualTalk's converted weights are, or would be."""
    return store() / "dualtalk.safetensors"


def flame_model() -> Path:
    """Return where the converted FLAME model is, or would be."""
    return store() / "flame.npz"
