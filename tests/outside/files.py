"""Files of every kind that people bring, small and made by hand, and files that lie about what they are."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

MIMETYPE = "application/vnd.oasis.opendocument.text"
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def _piece(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png() -> bytes:
    """A picture of one white dot."""
    head = _piece(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + _piece(b"IDAT", zlib.compress(b"\x00\xff")) + _piece(b"IEND", b"")


def packed(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these parts; the one called mimetype is not compressed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in parts.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else method
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return made.getvalue()


def docx(**more: str | bytes) -> bytes:
    """A letter of an office program."""
    return packed({"[Content_Types].xml": TYPES, "_rels/.rels": "<x/>", "word/document.xml": "<x/>", **more})


def xlsx() -> bytes:
    """A table of an office program."""
    return packed({"[Content_Types].xml": TYPES, "_rels/.rels": "<x/>", "xl/workbook.xml": "<x/>"})


def odt(**more: str | bytes) -> bytes:
    """A letter of another office program."""
    return packed({"mimetype": MIMETYPE, "content.xml": "<x/>", **more})


def heic() -> bytes:
    """The frame of a picture that phones make."""
    head = (24).to_bytes(4, "big") + b"ftypheic" + bytes(4) + b"mif1heic"
    return head + (12).to_bytes(4, "big") + b"mdat" + b"\x01\x02\x03\x04"


def webp() -> bytes:
    """The frame of a picture for the web."""
    body = b"WEBPVP8L" + (6).to_bytes(4, "little") + b"\x2f\x00\x00\x00\x00\x00"
    return b"RIFF" + len(body).to_bytes(4, "little") + body


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def locked() -> bytes:
    """An archive that says its parts are encrypted."""
    data = bytearray(docx())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(sign)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(sign, at + 4)
    return bytes(data)


def bomb() -> bytes:
    """A letter of which one part unpacks to more than is bearable."""
    return docx(**{"word/media/image1.bin": bytes(160 * 1024 * 1024)})


def liar() -> bytes:
    """The same, whose list of contents says that the part is small."""
    data = bytearray(docx(**{"word/media/image1.bin": bytes(4 * 1024 * 1024)}))
    at = data.rfind(b"PK\x01\x02", 0, data.find(b"word/media", data.rfind(b"word/document.xml")))
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)
