"""Pictures in files that anybody may have made: their size is looked at before they are decoded."""

import warnings
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

_MOST: Final = 50_000_000  # pixels that are decoded, of which each takes up to 8 bytes
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


def read_picture(path: Path, mode: str, largest: int | None = None) -> Image.Image:
    """Return a picture the right way up in a mode of Pillow's, its longer side at most `largest` pixels if that is given.

    Raises FileNotFoundError, or ValueError that names the file and the remedy.
    """
    if not path.is_file():  # to open a pipe would wait for ever
        raise FileNotFoundError(f"{path} is missing, or no file: check the name, or take a whole copy")
    reason = "it is damaged, or none"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at here
            with Image.open(path, formats=_FORMATS) as opened:
                if largest:
                    opened.draft(mode, (largest, largest))  # a JPEG is decoded no larger than is needed
                if opened.width * opened.height > _MOST:
                    reason = f"it has {opened.width}x{opened.height} pixels, at most {_MOST // 10**6} million are read"
                    raise ValueError(reason)
                decoded = opened.convert(mode)
        if largest:
            decoded.thumbnail((largest, largest), Image.Resampling.LANCZOS)
        return ImageOps.exif_transpose(decoded)
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path} cannot be read as a picture (it has too many pixels): make it smaller") from error
    except Exception as error:  # at a damaged picture its many readers raise anything
        raise ValueError(
            f"{path} cannot be read as a picture ({reason}): use a smaller JPEG, PNG or WebP file"
        ) from error
