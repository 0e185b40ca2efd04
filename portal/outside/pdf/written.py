"""Texts of the head of a statement that the layout engine cannot set, because their letters have to be shaped."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from portal.outside.pdf.palette import Tone
from portal.outside.pdf.pen import Pen, Shown

_MOST_LINES = 8


class Look(NamedTuple):
    """How a text looks: points, weight, colour, points from line to line, and whether it stands at the right."""

    size: float = 8.5
    bold: bool = False
    tone: Tone = Tone.INK
    leading: float = 11.5
    at_end: bool = False


class Written(Flowable):
    """Some texts, each on lines of its own, as wide as there is room."""

    def __init__(self, texts: Sequence[str], look: Look) -> None:
        super().__init__()
        self._texts, self._look = texts, look
        self.spaceBefore = self.spaceAfter = 0

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """The whole width, and as many lines as it takes."""
        self.width = width
        self.height = len(self._lines(Canvas(io.BytesIO()))[1]) * self._look.leading
        return width, self.height

    def draw(self) -> None:
        """Write the lines from the top down."""
        canvas: Any = self.canv
        pen, lines = self._lines(canvas)
        look = self._look
        for number, shown in enumerate(lines, 1):
            left = self.width - shown.width if look.at_end else 0.0
            up = self.height - number * look.leading + (look.leading - look.size) / 2 + look.size * 0.18
            canvas._code.append(f"{look.tone} BT {pen.select} {left:.1f} {up:.1f} Td {shown.operators} ET")

    def _lines(self, canvas: Any) -> tuple[Pen, list[Shown]]:
        pen = Pen(canvas, self._look.size, bold=self._look.bold)
        return pen, [shown for text in self._texts for shown in pen.lines(text, self.width, _MOST_LINES)]
