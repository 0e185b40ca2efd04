"""The faces of our PDFs, and which of them draws which character.

FiraGO draws nearly everything: Latin, Greek, Cyrillic, Hebrew, Arabic, Thai, and the currency signs. Noto Sans adds
some rarer letters. Chinese, Japanese and Korean come from the Adobe character collections that every PDF viewer
brings along, so those glyphs are not embedded. What none of them has is drawn as PLACEHOLDER.

The font files are written to a folder of the instance at first use, because the packaged form is Python code.
"""

from __future__ import annotations

import importlib
import os
import re
import tempfile
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import arabic_reshaper
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfdoc import PDFStream, PDFZCompress
from reportlab.pdfbase.ttfonts import TTFont
from xhtml2pdf.bidi import get_display

from portal.outside.pdf.opentype import tabular_figures

PLACEHOLDER = "▯"
"""Stands for a character that no face has, an emoji say."""

REGULAR, BOLD, EXTRA = "KithSans", "KithSans-Bold", "KithExtra"
_FILES = {REGULAR: "FiraGO_Regular", BOLD: "FiraGO_Bold", EXTRA: "NotoSans_Regular"}
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ARABIC_FORMS = range(0xFB50, 0xFEFD)


@dataclass(frozen=True, slots=True)
class Collection:
    """One of the character collections that viewers bring along."""

    family: str
    face: str
    cmap: str
    charset: str
    ordering: str


COLLECTIONS = (
    Collection("KithJapanese", "HeiseiKakuGo-W5", "UniJIS-UCS2-H", "euc_jp", "Japan1"),
    Collection("KithSimplified", "STSong-Light", "UniGB-UCS2-H", "gb2312", "GB1"),
    Collection("KithTraditional", "MSung-Light", "UniCNS-UCS2-H", "big5", "CNS1"),
    Collection("KithKorean", "HYSMyeongJo-Medium", "UniKS-UCS2-H", "euc_kr", "Korea1"),
)


class FontFileError(RuntimeError):
    """A font file cannot be written to or read from the fonts folder."""


class StatementFont(TTFont):
    """A TrueType font with figures of one width, whose extracted text holds letters instead of their joined forms."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path), shapable=False)
        glyphs = self.face.charToGlyph
        for figure, glyph in tabular_figures(path.read_bytes(), [glyphs[ord(figure)] for figure in "0123456789"]):
            self._redraw("0123456789"[figure], glyph)
        for code in _ARABIC_FORMS:
            base = _isolated_form_of(code)
            if base in glyphs and code not in glyphs:
                glyphs[code] = glyphs[base]
                self.face.charWidths[code] = self.face.charWidths[base]

    def _redraw(self, character: str, glyph: int) -> None:
        """Let `character` be drawn by `glyph`; its width is that of the font's `hmtx` table."""
        face = self.face
        face.charToGlyph[ord(character)] = glyph
        face.charWidths[ord(character)] = face.hmetrics[glyph][0]

    def addObjects(self, doc: Any) -> None:
        """Add the subsets, then make their text maps name plain letters, so that text can be searched and copied."""
        super().addObjects(doc)
        for name, stream in list(doc.idToObject.items()):
            if name.startswith("toUnicodeCMap:") and isinstance(stream.content, str):
                stream.content = _FORM_IN_MAP.sub(_plain_letters, stream.content)


_FORM_IN_MAP = re.compile(r"(?<=> )<(F[B-E][0-9A-F]{2})>")


def _plain_letters(match: re.Match[str]) -> str:
    letters = unicodedata.normalize("NFKC", chr(int(match[1], 16)))
    return f"<{letters.encode('utf-16-be').hex().upper()}>"


def _isolated_form_of(code: int) -> int | None:
    kind, _, letter = unicodedata.decomposition(chr(code)).partition(" ")
    return int(letter, 16) if kind == "<isolated>" and " " not in letter else None


class CollectionFont(UnicodeCIDFont):
    """A font of a character collection, with a text map so that readers need no tables of their own."""

    def __init__(self, collection: Collection) -> None:
        super().__init__(collection.face)
        self.fontName = self.name = collection.family
        face: Any = self.face
        face.charToGlyph = Coverage(collection.charset)

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        font = doc.idToObject["BasicFonts"].dict[doc.fontMapping[self.name][1:]]
        text_map = PDFStream(content=_IDENTITY_MAP, filters=[PDFZCompress])
        target = font if hasattr(font, "dict") else doc.idToObject[font.name]
        target.dict["ToUnicode"] = doc.Reference(text_map, f"textMap:{self.name}")


_IDENTITY_MAP = "\n".join(
    [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        "100 beginbfrange",
        *(f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(0x64)),
        "endbfrange",
        "100 beginbfrange",
        *(f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(0x64, 0xC8)),
        "endbfrange",
        "56 beginbfrange",
        *(f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(0xC8, 0x100)),
        "endbfrange",
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
)


class Coverage:
    """The code points of a charset beyond ASCII, worked out when first asked for."""

    def __init__(self, charset: str) -> None:
        self._charset = charset

    @cached_property
    def _codes(self) -> frozenset[int]:
        pairs = (bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF))
        decoded = (pair.decode(self._charset, "ignore") for pair in pairs)
        return frozenset(ord(character) for character in decoded if len(character) == 1 and ord(character) > 0x7F)

    def __contains__(self, code: object) -> bool:
        return code in self._codes

    def __iter__(self) -> Iterator[int]:
        return iter(self._codes)


_guard = threading.Lock()


def install(folder: Path) -> None:
    """Write the font files below `folder` where they are missing, and register all faces once in this process.

    Several processes may do so at the same time: each file appears whole or not at all.
    Raises FontFileError if the folder cannot be written.
    """
    with _guard:
        if REGULAR in pdfmetrics.getRegisteredFontNames():
            return
        paths = {name: _written(folder, module) for name, module in _FILES.items()}
        for name in (BOLD, EXTRA, REGULAR):
            pdfmetrics.registerFont(StatementFont(name, paths[name]))
        for collection in COLLECTIONS:
            pdfmetrics.registerFont(CollectionFont(collection))
        for name in (REGULAR, EXTRA, *(collection.family for collection in COLLECTIONS)):
            bold = BOLD if name == REGULAR else name
            addMapping(name, 0, 0, name)
            addMapping(name, 0, 1, name)
            addMapping(name, 1, 0, bold)
            addMapping(name, 1, 1, bold)


def _written(folder: Path, module: str) -> Path:
    path = folder / f"{module}.ttf"
    if path.is_file():
        return path
    content: bytes = importlib.import_module(f"pymupdf_fonts.{module}").fontbuffer
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder, prefix=module, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise FontFileError(f"The font file {path} cannot be written: {error.strerror or error}") from error
    return path


# Which face draws what -----------------------------------------------------------------------------------------------


def _font(name: str) -> Any:
    return pdfmetrics.getFont(name)


@lru_cache(maxsize=8192)
def face_of(character: str, first_collection: str = "") -> str | None:
    """The name of the regular face that has `character`, or None. `first_collection` goes before the other three."""
    code = ord(character)
    for name in (REGULAR, EXTRA, first_collection, *(collection.family for collection in COLLECTIONS)):
        if name and code in _font(name).face.charToGlyph:
            return name
    return None


@lru_cache(maxsize=4096)
def collection_for(text: str) -> str:
    """The collection that has all the East Asian characters of `text`, so that a name is drawn in one style.

    The one that has most of them where none has all; empty where there is nothing of the kind.
    """
    wanted = {ord(character) for character in text if ord(character) >= 0x1100}
    wanted = {code for code in wanted if face_of(chr(code)) not in (None, REGULAR, EXTRA)}
    if not wanted:
        return ""

    def covered(collection: Collection) -> int:
        has = _font(collection.family).face.charToGlyph
        return sum(code in has for code in wanted)

    return max(COLLECTIONS, key=covered).family


# What is drawn of a text ---------------------------------------------------------------------------------------------

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_NOT_JOINED = "\u200c"
_SPACES = {"\u202f": "\u00a0", "\u2007": "\u00a0", "\u2011": "-"}


@lru_cache(maxsize=4096)
def drawable(text: str) -> str:
    """`text` with only characters that some face can draw, composed, in logical order.

    Control and format characters go, white space becomes a space, everything else unknown becomes PLACEHOLDER.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return "".join(map(_drawn, composed))


def _drawn(character: str) -> str:
    if character in _SPACES:
        return _SPACES[character]
    kind = unicodedata.category(character)
    if kind[0] == "Z" or character in "\t\n\r\v\f":
        return "\u00a0" if character == "\u00a0" else " "
    if kind in ("Cc", "Cf"):
        return character if character == _NOT_JOINED else ""
    return character if kind != "Cs" and face_of(character) else PLACEHOLDER


def joined(text: str) -> str:
    """`drawable` text with Arabic letters in their joined forms, still in logical order."""
    if not _RTL.search(text):
        return text.replace(_NOT_JOINED, "")
    shaped: str = arabic_reshaper.reshape(text).replace(_NOT_JOINED, "")
    return "".join(form if face_of(form) else unicodedata.normalize("NFKC", form) for form in shaped)


def direction(text: str) -> str:
    """The direction of the first letter that has one: "R" for right to left, else "L"."""
    if not _RTL.search(text):
        return "L"
    strong = (unicodedata.bidirectional(character) for character in text)
    return next(("L" if kind == "L" else "R" for kind in strong if kind in ("L", "R", "AL")), "L")


def visual(text: str, base: str) -> str:
    """One line of `joined` text in the order in which it is drawn; `base` is the direction of the whole text."""
    if not _RTL.search(text):
        return text
    ordered: str = get_display(text, base)
    return ordered
