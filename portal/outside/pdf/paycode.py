"""The code of a payment in a PDF, as `<paycode modules="…" points="100">` in a template.

`modules` is `Code.packed`; the code is drawn as vectors with its margin of four modules, so many points wide.
"""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import black, white
from reportlab.platypus.flowables import Flowable

from portal.rules.paying import Code

MARGIN = 4
"""Modules of white around a code, without which readers do not find it."""


class PayCode(Flowable):
    """Draws a `Code`, so many points wide and high."""

    def __init__(self, code: Code, points: float) -> None:
        super().__init__()
        self._code, self._points = code, points
        self.spaceBefore = self.spaceAfter = 0

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Always as large as it was made, so that no column makes it too small to read."""
        self.width = self.height = self._points
        return self._points, self._points

    def draw(self) -> None:
        """White paper, and every dark stretch as one rectangle of a single path."""
        canvas: Any = self.canv
        module = self._points / (self._code.size + 2 * MARGIN)
        canvas.saveState()
        canvas.setFillColor(white)
        canvas.rect(0, 0, self._points, self._points, stroke=0, fill=1)
        canvas.setFillColor(black)
        dark = canvas.beginPath()
        for x, y, length in self._code.bars():
            top = self._points - (y + MARGIN + 1) * module
            dark.rect((x + MARGIN) * module, top, length * module, module)
        canvas.drawPath(dark, stroke=0, fill=1)
        canvas.restoreState()
