"""A table of any length that is laid out and drawn one page at a time.

Rows are turned into text only when their page is composed, and a page's text becomes one text object, so that cost and
memory grow with the number of lines and nothing else. The heading is repeated on every page. Cells that are too wide
are broken into lines; very long ones end in an ellipsis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reportlab.platypus.flowables import Flowable

from portal.outside.pdf.composing import RULE, SHADE, Composer, Grid, Page
from portal.outside.pdf.table import Table


class Ledger(Flowable):
    """The part of `table` from row `start` on; `progress` is told how many rows each drawn page had."""

    def __init__(self, table: Table, progress: Callable[[int], None], start: int = 0, grid: Grid | None = None) -> None:
        super().__init__()
        self._table, self._progress, self._start, self._grid = table, progress, start, grid
        self._page: Page | None = None
        self._composed_for = -1.0
        self._final = False
        self.spaceBefore = self.spaceAfter = 0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """The size of what is left, or more than `height` to ask for a split."""
        if self._final and self._page is not None:
            return width, self._page.height
        page = self._compose(width, height)
        whole = self._start + page.taken == len(self._table.rows)
        return width, page.height if whole else height + 1

    def split(self, width: float, height: float) -> list[Flowable]:
        """The part that fits into `height`, and the rest; nothing if not even two rows fit."""
        page = self._compose(width, height)
        end = self._start + page.taken
        if page.taken < min(2, len(self._table.rows) - self._start) or not page.taken:
            return []
        first = Ledger(self._table, self._progress, self._start, self._grid)
        first._page, first._final = page, True
        if end == len(self._table.rows):
            return [first]
        return [first, Ledger(self._table, self._progress, end, self._grid)]

    def draw(self) -> None:
        """Put the composed page onto the canvas, and report its rows."""
        page = self._page
        assert page is not None  # ReportLab wraps a flowable before it draws it
        canvas: Any = self.canv
        canvas.saveState()
        canvas.translate(0, page.height)
        canvas._code += [SHADE, *page.shades, RULE, *page.rules, *page.text]
        canvas.restoreState()
        self._page = None if not self._final else Page(height=page.height, taken=page.taken)
        self._progress(page.taken)

    def _compose(self, width: float, height: float) -> Page:
        if self._page is None or self._composed_for != height:
            if self._grid is None:
                self._grid = Grid(self.canv, self._table, width)
            self._page = Composer(self._grid, self._table).page(self._start, height)
            self._composed_for = height
        return self._page
