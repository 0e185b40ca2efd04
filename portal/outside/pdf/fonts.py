"""The faces of our PDFs, and which of them draws which character.

FiraGO draws nearly everything: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, and the currency signs. Noto
Sans adds some rarer letters, and its sisters the other scripts (`scripts.py`). Chinese, Japanese and Korean are
embedded where a TrueType font of theirs is installed; else they come from the Adobe character collections that every
PDF viewer brings along. What none of them has is drawn as PLACEHOLDER.

The files of FiraGO and Noto Sans are written to a folder of the instance at first use, because the packaged form is
Python code.
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
from reportlab.pdfbase.cidfonts import CIDFont, UnicodeCIDFont
from reportlab.pdfbase.pdfdoc import PDFStream, PDFZCompress
from reportlab.pdfbase.ttfonts import TTFont
from xhtml2pdf.bidi import get_display

from portal.outside.pdf import scripts
from portal.outside.pdf.opentype import tabular_figures
from portal.outside.pdf.shaping import JOINERS, is_complex

PLACEHOLDER = "▯"
"""Stands for a character that no face has, an emoji say."""

REGULAR, BOLD, EXTRA = "KithSans", "KithSans-Bold", "KithExtra"
_FILES = {REGULAR: "FiraGO_Regular", BOLD: "FiraGO_Bold", EXTRA: "NotoSans_Regular"}
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
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


_OWN_CODES = range(0xE000, 0xF8FF)


class EmbeddedFont(TTFont):
    """A TrueType font whose glyphs can be put into a PDF one by one, and whose text can be searched and copied."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path), shapable=True)
        self._own: dict[tuple[int, str], str] = {}
        self._texts: dict[int, str] = {}
        self._codes = iter(code for code in _OWN_CODES if code not in self.face.charToGlyph)

    def glyph(self, number: int, text: str) -> str:
        """The character that stands for a glyph in this font and is read as `text`; "" for a part of a cluster.

        Each is a code of our own, so there is a bounded number; when all are used, glyphs are read as nothing.
        """
        face = self.face
        if len(text) == 1 and face.charToGlyph.get(ord(text)) == number:
            return text
        found = self._own.get((number, text)) or self._own.get((number, ""))
        if found is not None and (number, text) in self._own:
            return found
        code = next(self._codes, None)
        if code is None:
            return found or PLACEHOLDER
        character = self._own[number, text] = chr(code)
        self._texts[code] = text
        face.charToGlyph[code] = number
        face.charWidths[code] = face.hmetrics[number][0]
        return character

    def addObjects(self, doc: Any) -> None:
        """Add the subsets, then make their text maps name what their glyphs mean."""
        super().addObjects(doc)
        for name, stream in list(doc.idToObject.items()):
            if name.startswith("toUnicodeCMap:") and isinstance(stream.content, str) and self._is_mine(name):
                stream.content = _CODE_IN_MAP.sub(self._text_of, stream.content)

    def _is_mine(self, name: str) -> bool:
        return name.endswith(f"+{self.face.name.decode()}{self.face.subfontNameX.decode()}")

    def _text_of(self, match: re.Match[str]) -> str:
        code = int(match[1], 16)
        text = self._texts.get(code)
        if text is None:
            text = unicodedata.normalize("NFKC", chr(code)) if code in _ARABIC_FORMS else chr(code)
        return f"<{(text or _NOTHING).encode('utf-16-be', 'surrogatepass').hex().upper()}>"


_CODE_IN_MAP = re.compile(r"(?<=> )<([0-9A-F]{4,6})>")
_NOTHING = "\u200b"
"""What a glyph is read as that is only a part of what was written."""


class StatementFont(EmbeddedFont):
    """A font with figures of one width, and with the joined forms of Arabic letters."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, path)
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


def _isolated_form_of(code: int) -> int | None:
    kind, _, letter = unicodedata.decomposition(chr(code)).partition(" ")
    return int(letter, 16) if kind == "<isolated>" and " " not in letter else None


class CollectionFont(UnicodeCIDFont):
    """A font of a character collection, with a text map so that readers need no tables of their own."""

    def __init__(self, collection: Collection) -> None:
        super().__init__(collection.face)
        # ReportLab has the map of simplified Chinese for the traditional face, where viewers show nothing then.
        CIDFont.__init__(self, collection.face, collection.cmap)
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
            _map(name, BOLD if name == REGULAR else name)


def _map(name: str, bold: str) -> None:
    addMapping(name, 0, 0, name)
    addMapping(name, 0, 1, name)
    addMapping(name, 1, 0, bold)
    addMapping(name, 1, 1, bold)


@lru_cache(maxsize=len(scripts.SCRIPTS))
def family_of(script: scripts.Script) -> str:
    """The face of a script, registered when it is first asked for; empty where this machine has no file of it."""
    path = scripts.file_of(script)
    if path is None:
        return ""
    with _guard:
        if script.family not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(EmbeddedFont(script.family, path))
            _map(script.family, script.family)
    return script.family


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
    script = scripts.script_of(code)
    own = family_of(script) if script else ""
    for name in (REGULAR, EXTRA, own, first_collection, *(collection.family for collection in COLLECTIONS)):
        if name and code in _font(name).face.charToGlyph:
            return name
    return None


@lru_cache(maxsize=4096)
def collection_for(text: str) -> str:
    """The collection that has all the East Asian characters of `text`, so that a name is drawn in one style.

    The one that has most of them where none has all; empty where there is nothing of the kind.
    """
    wanted = {ord(character) for character in text if ord(character) >= 0x1100}
    families = {collection.family for collection in COLLECTIONS}
    wanted = {code for code in wanted if face_of(chr(code)) in families}
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
NO_JOINERS = dict.fromkeys(map(ord, JOINERS))
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
        return character if character in JOINERS else ""
    return character if kind not in ("Cs", "Co") and face_of(character) else PLACEHOLDER


def undrawable(text: str) -> str:
    """The characters of `text` that no face draws, each once; they are shown as PLACEHOLDER."""
    return "".join(dict.fromkeys(one for one in text if _drawn(one) == PLACEHOLDER != one))


def joined(text: str) -> str:
    """`drawable` text with Arabic letters in their joined forms, still in logical order.

    Joiners stay only where the text is to be shaped.
    """
    if not _RTL.search(text):
        return text if is_complex(text) else text.translate(NO_JOINERS)
    shaped: str = arabic_reshaper.reshape(text).translate(NO_JOINERS)
    return "".join(form if face_of(form) else unicodedata.normalize("NFKC", form) for form in shaped)


def is_plain(text: str) -> bool:
    """Whether FiraGO and Noto Sans draw a `drawable` text letter by letter, from left to right or right to left."""
    if text.isascii():
        return True
    return not is_complex(text) and all(face_of(one) in (REGULAR, EXTRA) for one in {*text}.difference(JOINERS))


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
