"""Gets DualTalk.pth from the model hub: says size and licence first, shows progress, goes on where it was cut off."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = "ZiqiaoPeng/DualTalk"
FILE: Final = "DualTalk.pth"


@dataclass(frozen=True)
class Offer:
    """What the hub has: the file's size (bytes), its licence in the hub's word, and its revision."""

    size: int
    licence: str
    revision: str


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what the hub's library raises into one ConnectionError that names the remedy."""
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        yield
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise _unreachable(error) from error
    except Exception as error:  # the library's HTTP client has errors of its own, which depend on its version
        if type(error).__module__.split(".")[0].startswith(("httpx", "httpcore", "requests")):
            raise _unreachable(error) from error
        raise


def _unreachable(error: Exception) -> ConnectionError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return ConnectionError(
        f"{FILE} could not be had from the model hub ({reason}): check the network and start again, it goes on where it "
        f"stopped; or fetch the file of {REPOSITORY} elsewhere and ./run import-dualtalk {FILE}"
    )


def offer() -> Offer:
    """Ask the hub what it has; raise ConnectionError with the remedy where it cannot be asked."""
    from huggingface_hub import HfApi

    with _told():
        found = HfApi().model_info(REPOSITORY, files_metadata=True)
    sizes = {entry.rfilename: entry.size or 0 for entry in found.siblings or []}
    if FILE not in sizes:
        raise ConnectionError(f"the model hub's {REPOSITORY} holds no {FILE} any more: look there for its new name")
    card = found.card_data
    licence = str(card.get("license") or "") if card else ""
    return Offer(
        sizes[FILE], licence or "no licence stated: ask the authors before other use than research", found.sha or "main"
    )


def download(folder: Path, offered: Offer) -> Path:
    """Fetch the file into FOLDER with a progress bar; what an earlier try got of this revision is kept. Return its path."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    folder.mkdir(parents=True, exist_ok=True)
    whole, partial = folder / FILE, folder / f"{FILE}.{offered.revision[:12]}.part"
    with _told(), partial.open("ab") as target:
        if partial.stat().st_size < offered.size:
            http_get(
                hf_hub_url(REPOSITORY, FILE, revision=offered.revision), target, resume_size=partial.stat().st_size,
                headers=build_hf_headers(), expected_size=offered.size, displayed_filename=FILE,
            )  # fmt: skip
    partial.replace(whole)
    return whole
