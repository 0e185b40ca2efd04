"""Sets one line of text at a time into a PDF page: measures it, breaks it, encodes it.

A pen writes one weight in one size into one document. What it returns is the page operators that show the text from
the current position; before and after them, the pen's own font is the current one (`select` makes it so).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from reportlab.pdfbase import pdfmetrics

from portal.outside.pdf import fonts, shaping

_TOKENS = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+|\s+"
)
_UNSAFE = re.compile(r"([()\\])")
_ESCAPED = r"\\\1"
_REMEMBERED, _LONG = 4096, 300
_FIGURES = "−+0123456789,.' \u2019"
ELLIPSIS = "…"


class Shown(NamedTuple):
    """Page operators that show a text, and how wide it is in points."""

    operators: str
    width: float


class _Advances(dict[str, float]):
    """Character to width in points, filled as characters turn up."""

    def __init__(self, name: str, size: float) -> None:
        super().__init__()
        self._name, self._size = name, size

    def __missing__(self, character: str) -> float:
        face = _face(self._name, character)
        width: float = pdfmetrics.getFont(face).stringWidth(character, self._size)
        self[character] = width
        return width


def _face(name: str, character: str, collection: str = "") -> str:
    found = fonts.face_of(character, collection)
    return name if found in (fonts.REGULAR, None) else found


def _is_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _remember(memory: dict[Any, Any], key: Any, value: Any, text: str) -> None:
    """Keep what short texts became: most of a statement's repeat. Never more than a bounded number."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
    if len(text) < _LONG:
        memory[key] = value


class Pen:
    """Writes `size` points of the regular or the bold face into the document of `canvas`."""

    def __init__(self, canvas: Any, size: float, *, bold: bool = False) -> None:
        self.size = size
        self._name = fonts.BOLD if bold else fonts.REGULAR
        self._canvas, self._document = canvas, canvas._doc
        self._advances = _Advances(self._name, size)
        self._shown: dict[str, Shown] = {}
        self._broken: dict[tuple[str, float, int], list[Shown]] = {}
        self._codes: dict[tuple[str, str], tuple[str, str]] = {}
        self._figures = {ord(character): self._code(self._name, character)[1] for character in _FIGURES}
        self._thousandths = {character: round(self._advances[character] * 1000 / size) for character in _FIGURES}
        self.select = self._code(self._name, "0")[0]

    def width(self, text: str) -> float:
        """Points that drawable, joined `text` takes on one line."""
        if not shaping.is_complex(text):
            return sum(map(self._advances.__getitem__, text))
        return sum(self._width(run) for run in shaping.runs(text))

    def _width(self, run: shaping.Run) -> float:
        if not run.complex:
            return sum(map(self._advances.__getitem__, run.text))
        return sum(glyph.advance for glyph in self._shaped(run.text)) * self.size / 1000

    def _shaped(self, text: str, *, visual: bool = False) -> tuple[shaping.Glyph, ...]:
        """The glyphs of a run; with `visual`, its characters stand in the order in which they are drawn."""
        backwards = _is_rtl(text)
        return shaping.shaped(self._face_of_run(text), text[::-1] if visual and backwards else text, backwards)

    def _face_of_run(self, text: str) -> str:
        """The face of a run: that of its first character beyond marks and joiners."""
        return _face(self._name, next((one for one in text if unicodedata.category(one)[0] == "L"), text[0]))

    def figure(self, text: str) -> str:
        """Operators that show an amount of the kind `portal.outside.pdf.words` makes so that it ends here."""
        return f"[{sum(map(self._thousandths.__getitem__, text))}({text.translate(self._figures)})]TJ"

    def line(self, text: str) -> Shown:
        """Show any `text` on one line, however wide."""
        shown = self._shown.get(text)
        if shown is None:
            if text.isascii() and text.isprintable():
                shown = self._plain(text)
            else:
                ready = fonts.joined(fonts.drawable(text))
                shown = self._ready(ready, fonts.direction(ready))
            _remember(self._shown, text, shown, text)
        return shown

    def lines(self, text: str, width: float, limit: int) -> list[Shown]:
        """Show any `text` within `width` points on at most `limit` lines; what is left over becomes an ellipsis."""
        if len(text) < _LONG:
            shown = self.line(text)
            if shown.width <= width:
                return [shown]
        key = (text, width, limit)
        broken = self._broken.get(key)
        if broken is None:
            # No line can hold more characters than this, so the rest need not be looked at.
            most = int(width / (self.size * 0.15) + 1) * (limit + 1)
            ready = fonts.joined(fonts.drawable(text[:most]))
            base = fonts.direction(ready)
            broken = [self._ready(part, base) for part in self._break(ready, width, limit)]
            _remember(self._broken, key, broken, text)
        return broken

    def _plain(self, text: str) -> Shown:
        """Show printable ASCII, which a subset's first hundred codes are."""
        safe = _UNSAFE.sub(_ESCAPED, text) if _UNSAFE.search(text) else text
        return Shown(f"({safe}) Tj", sum(map(self._advances.__getitem__, text)))

    def _break(self, text: str, width: float, limit: int) -> list[str]:
        done: list[str] = []
        current, used = "", 0.0
        for token in self._tokens(text, width):
            wide = self.width(token)
            if used + wide > width and current.strip():
                done.append(current.rstrip())
                if len(done) > limit:
                    break
                current, used = "", 0.0
            if current or not token.isspace():
                current += token
                used += wide
        if current.strip():
            done.append(current.rstrip())
        if len(done) > limit:
            done[limit - 1 :] = [self._shortened(done[limit - 1], width)]
        return done or [""]

    def _tokens(self, text: str, width: float) -> list[str]:
        tokens: list[str] = []
        for token in _TOKENS.findall(text):
            if self.width(token) <= width:
                tokens.append(token)
            else:
                tokens.extend(self._pieces(token, width))
        return tokens

    def _pieces(self, word: str, width: float) -> list[str]:
        """A word wider than a line, cut wherever a line is full; a single character that is wider stays whole."""
        if shaping.is_complex(word):
            return self._pieces_of_clusters(word, width)
        pieces, start, used = [], 0, 0.0
        for index, character in enumerate(word):
            wide = self._advances[character]
            if used + wide > width and index > start:
                pieces.append(word[start:index])
                start, used = index, 0.0
            used += wide
        return [*pieces, word[start:]]

    def _pieces_of_clusters(self, word: str, width: float) -> list[str]:
        pieces = [""]
        for cluster in shaping.clusters(word):
            if pieces[-1] and self.width(pieces[-1] + cluster) > width:
                pieces.append("")
            pieces[-1] += cluster
        return pieces

    def _shortened(self, text: str, width: float) -> str:
        while text and self.width(text + ELLIPSIS) > width:
            text = "".join(shaping.clusters(text)[:-1]) if shaping.is_complex(text) else text[:-1]
        return text.rstrip() + ELLIPSIS

    def _ready(self, joined: str, base: str) -> Shown:
        """Show one line of joined text: put it in visual order and change fonts where a face lacks a character."""
        if joined.isascii():
            return self._plain(joined)
        collection, visual = fonts.collection_for(joined), fonts.visual(joined, base)
        operators: list[str] = []
        current = self.select
        for run in shaping.runs(visual) if shaping.is_complex(visual) else (shaping.Run(visual, False),):
            if run.complex:
                current = self._show_glyphs(run.text, current, operators)
            else:
                current = self._show(run.text, collection, current, operators)
        if current != self.select:
            operators.append(self.select)
        return Shown("\n".join(operators), self.width(joined))

    def _show(self, text: str, collection: str, current: str, operators: list[str]) -> str:
        """Show characters one after the other; give the operator of the font that is current then."""
        buffer = ""
        for character in text:
            chosen, code = self._code(_face(self._name, character, collection), character)
            if chosen != current:
                if buffer:
                    operators.append(f"({buffer}) Tj")
                operators.append(chosen)
                current, buffer = chosen, ""
            buffer += code
        operators.append(f"({buffer}) Tj")
        return current

    def _show_glyphs(self, text: str, current: str, operators: list[str]) -> str:
        """Show a shaped run: each glyph at its place, in a span that says what they mean together."""
        face = self._face_of_run(text)
        font: Any = pdfmetrics.getFont(face)
        operators.append(f"/Span<</ActualText<FEFF{text.encode('utf-16-be').hex().upper()}>>>BDC")
        shown: list[str] = []
        up = 0.0
        for glyph in self._shaped(text, visual=True):
            chosen, code = self._code(face, glyph.character)
            if shown and (chosen != current or glyph.up != up):
                operators.append(f"[{''.join(shown)}]TJ")
                shown = []
            if chosen != current:
                operators.append(chosen)
                current = chosen
            if glyph.up != up:
                operators.append(f"{glyph.up * self.size / 1000:.2f} Ts")
                up = glyph.up
            back = glyph.right + font.face.getCharWidth(ord(glyph.character)) - glyph.advance
            shown.append(f"{-glyph.right:.0f}({code}){back:.0f} " if glyph.right or round(back) else f"({code})")
        operators.append(f"[{''.join(shown)}]TJ{' 0 Ts' if up else ''}")
        operators.append("EMC")
        return current

    def _code(self, face: str, character: str) -> tuple[str, str]:
        """The operator that chooses the font (its subset), and the escaped bytes that show `character`."""
        code = self._codes.get((face, character))
        if code is None:
            code = self._codes[face, character] = self._coded(face, character)
        return code

    def _coded(self, face: str, character: str) -> tuple[str, str]:
        font: Any = pdfmetrics.getFont(face)
        if not font._dynamicFont:
            return f"{self._document.getInternalFontName(face)} {self.size:g} Tf", font.formatForPdf(character)
        subset, code = font.splitString(character, self._document)[0]
        name = font.getSubsetInternalName(subset, self._document)
        return f"{name} {self.size:g} Tf", self._canvas._escape(code)
