"""A picture that somebody brings, made into one of ours: small, of a known kind, and with nothing hidden in it."""

from __future__ import annotations

import io
import warnings
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

KINDS = ("PNG", "JPEG", "WEBP")
LARGEST = (320, 80)
"""The width and height that a logo is made to fit into, in pixels: more than twice what a page shows."""
MOST_PIXELS = 25_000_000
MOST_BYTES = 4_000_000


class NoPicture(Exception):
    """The bytes are no picture of KINDS, or one that is too large to be opened."""


def logo(file: BinaryIO) -> bytes:
    """The picture as PNG that fits into LARGEST, without what was stored beside its pixels. Raises NoPicture."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise NoPicture
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=KINDS) as opened:
            warnings.simplefilter("ignore")
            if opened.width * opened.height > MOST_PIXELS:
                raise NoPicture
            drawn = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture from error
    drawn = drawn.crop(drawn.getbbox())  # an empty margin would make the rest too small to read
    drawn.thumbnail(LARGEST)
    made = io.BytesIO()
    drawn.quantize(256, Image.Quantize.FASTOCTREE).save(made, "PNG", optimize=True)  # a third of the bytes
    return made.getvalue()
