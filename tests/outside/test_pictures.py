"""SEC49: a picture that somebody brings becomes one of ours, or none."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from portal.outside import pictures

HIDDEN = "<script>alert(1)</script>"


def picture(kind: str, size: tuple[int, int] = (1200, 300)) -> bytes:
    made, notes = io.BytesIO(), PngInfo()
    notes.add_text("Comment", HIDDEN)
    more = {"pnginfo": notes} if kind == "PNG" else {}
    Image.new("RGB", size, "#1f5fae").save(made, kind, **more)
    return made.getvalue() + HIDDEN.encode()


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_what_is_kept_is_small_and_has_nothing_but_its_pixels(kind: str) -> None:
    made = pictures.logo(io.BytesIO(picture(kind)))
    assert HIDDEN.encode() not in made
    with Image.open(io.BytesIO(made)) as opened:
        assert (opened.format, opened.size, opened.text) == ("PNG", (320, 80), {})  # type: ignore[attr-defined]


def test_an_empty_margin_is_cut_away() -> None:
    made, drawn = io.BytesIO(), Image.new("RGBA", (900, 900), (0, 0, 0, 0))
    drawn.paste((31, 95, 174, 255), (200, 400, 700, 500))
    drawn.save(made, "PNG")
    with Image.open(io.BytesIO(pictures.logo(io.BytesIO(made.getvalue())))) as opened:
        assert opened.size == (320, 64)


def _wide(width: int, height: int) -> bytes:
    """A PNG that says it is as large as this, and has no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


NONE = {
    "nothing": b"",
    "a text": b"hello",
    "a script that calls itself a picture": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
    "another kind": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "cut off": picture("JPEG")[:300],
    "a bomb": _wide(60_000, 60_000),
    "too large": _wide(5_001, 5_000),
    "too long": picture("PNG") + bytes(pictures.MOST_BYTES),
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_picture_of_ours_is_refused(name: str) -> None:
    with pytest.raises(pictures.NoPicture):
        pictures.logo(io.BytesIO(NONE[name]))
