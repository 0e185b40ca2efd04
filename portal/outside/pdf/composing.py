"""Lays rows of a table out on one page and turns them into the page's operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from portal.outside.pdf.palette import LINE, SUNK, Tone, operator
from portal.outside.pdf.pen import Pen, Shown
from portal.outside.pdf.table import Cells, Column, Kind, Table
from portal.outside.pens import MINUS

SIZES = (8.0, 7.0, 6.0)
"""Text sizes in points, the first that leaves the flexible column its room."""

BLEED = 6.0
"""How far shaded rows and rules reach beyond the text on both sides, in points."""

GAP = 9.0
MOST_LINES = 12
"""A cell has no more lines than this."""

_SHORT = 200
SHADE, RULE = operator(SUNK, "rg"), operator(LINE, "RG") + " .5 w"

_ROOMY, _NARROWEST, _NARROWEST_FIGURES = 110.0, 60.0, 50.0
_TITLE_SIZE, _TITLE_SPACE, _NOTE_SPACE = 11.0, 34.0, 12.0


@dataclass(slots=True)
class Page:
    """The operators of one page, upwards from a baseline of 0 at the top, and how many rows they show."""

    shades: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    height: float = 0.0
    taken: int = 0


class Slot(NamedTuple):
    """A column's place in one table: `anchor` is its left edge, for figures its right one."""

    place: int
    figures: bool
    flexible: bool
    tone: Tone
    width: float
    anchor: float


class Grid:
    """Column positions and pens for one table in one document."""

    def __init__(self, canvas: Any, table: Table, width: float) -> None:
        flexible = [column.flexible for column in table.columns].index(True)
        for size in SIZES:
            self.pen, self.bold = Pen(canvas, size), Pen(canvas, size, bold=True)
            widths = self._widths(table.columns, width, flexible)
            if widths[flexible] >= _NARROWEST:
                break
        self.size = size
        self.heading = Pen(canvas, size - 0.5, bold=True)
        self.title, self.remark = Pen(canvas, _TITLE_SIZE, bold=True), Pen(canvas, 8.0)
        self.width = round(width, 1)
        lefts = [round(sum(widths[:index]) + GAP * index, 1) for index in range(len(widths))]
        self.slots = [
            Slot(index, column.figures, column.flexible, column.tone, wide, round(left + wide * column.figures, 1))
            for index, (column, left, wide) in enumerate(zip(table.columns, lefts, widths, strict=True))
        ]
        anchors = [slot.anchor for slot in self.slots]
        self.steps = [[f"{to - at:.1f} 0 Td " if to != at else "" for to in anchors] for at in anchors]
        self.row_height, self.line_height, self.drop = (
            round(size * 1.85, 1),
            round(size * 1.32, 1),
            round(size * 1.27, 1),
        )

    def _widths(self, columns: Sequence[Column], width: float, flexible: int) -> list[float]:
        room = width - GAP * (len(columns) - 1)
        for share in (1.0, 0.75, 0.5):
            widths = [self._wanted(column, share) for column in columns]
            left = room - sum(widths)
            if left >= _ROOMY:
                break
        widths[flexible] = round(max(left, 20.0), 1)
        return widths

    def _wanted(self, column: Column, share: float) -> float:
        if column.flexible:
            return 0.0
        texts = [*column.samples, column.heading]
        wide = max(self.bold.line(text[:80]).width for text in texts) + 0.5
        wide = max(wide, _NARROWEST_FIGURES) if column.figures else min(wide, column.most * share)
        return round(wide, 1)


class _State(NamedTuple):
    """How far a page was before a row, to take the row back."""

    written: int
    shades: int
    top: float
    x: float
    y: float
    tone: Tone | None


class Composer:
    """Turns rows into one page's operators.

    Text is placed by steps from where the last one was placed (`_x`, `_y`, in whole tenths of a point, so that the
    steps add up exactly), and a colour is chosen only where it changes.
    """

    def __init__(self, grid: Grid, table: Table) -> None:
        self._grid, self._table = grid, table
        self._tone: Tone | None = None
        self._x = self._y = 0.0
        self._out: list[str] = []

    def page(self, start: int, height: float) -> Page:
        """As many rows from `start` on as fit into `height` points."""
        page = Page()
        self._out = ["BT"]
        y = self._top(start, page)
        self._out.append(self._grid.pen.select)
        rows = self._table.rows
        states: list[_State] = []
        for index in range(start, len(rows)):
            states.append(_State(len(self._out), len(page.shades), y, self._x, self._y, self._tone))
            cells = self._table.show(rows[index])
            tall = self._row(cells, y - self._grid.drop)
            if tall - y > height:
                # The last row never stands alone on the next page.
                y = self._undo(page, states, 2 if index == len(rows) - 1 and page.taken > 2 else 1)
                break
            if cells.kind is Kind.EDGE:
                page.shades.append(f"{-BLEED:g} {y - tall:.1f} {self._grid.width + 2 * BLEED:.1f} {tall:.1f} re f")
            y -= tall
            page.rules.append(self._rule(y))
            page.taken += 1
        page.rules.append("S")
        self._out.append("ET")
        page.text, page.height = self._out, -y
        return page

    def _undo(self, page: Page, states: list[_State], rows: int) -> float:
        """Take the last `rows` rows back, the newest of which has no rule yet; give the height before them."""
        written, shades, top, self._x, self._y, self._tone = states[-rows]
        del self._out[written:], page.shades[shades:]
        if rows > 1:
            del page.rules[1 - rows :]
        page.taken -= rows - 1
        return top

    def _rule(self, y: float) -> str:
        return f"{-BLEED:g} {y:.1f} m {self._grid.width + BLEED:.1f} {y:.1f} l"

    def _top(self, start: int, page: Page) -> float:
        """Draw title (on the first page only) and heading; give the height where rows begin, negative."""
        y, grid, table = 0.0, self._grid, self._table
        if start == 0 and table.title:
            y -= _TITLE_SPACE
            self._put(Tone.INK, 0.0, y + 8, grid.title.lines(table.title, grid.width, 1)[0], grid.title)
            if table.note:
                y -= _NOTE_SPACE
                self._put(Tone.SOFT, 0.0, y + 6, grid.remark.lines(table.note, grid.width, 1)[0], grid.remark)
        for slot in grid.slots:
            shown = grid.heading.lines(table.columns[slot.place].heading, slot.width, 1)[0]
            x = round(slot.anchor - shown.width, 1) if slot.figures else slot.anchor
            self._put(Tone.SOFT, x, y - grid.drop, shown, grid.heading)
        y -= grid.row_height
        page.rules.append(self._rule(y))
        return y

    def _put(self, tone: Tone, x: float, y: float, shown: Shown, pen: Pen | None = None) -> None:
        """Show a text at a place, in a pen's own font if one is given."""
        if pen is not None:
            self._out.append(pen.select)
        self._colour(tone)
        self._step_to(x, y)
        self._out.append(shown.operators)

    def _colour(self, tone: Tone) -> None:
        if tone is not self._tone:
            self._out.append(tone)
            self._tone = tone

    def _step_to(self, x: float, y: float) -> None:
        self._out.append(f"{x - self._x:.1f} {y - self._y:.1f} Td")
        self._x, self._y = x, y

    def _row(self, cells: Cells, y: float) -> float:
        """Write one row with its first baseline at `y`; give its height."""
        if cells.kind is Kind.LINE:
            lines = self._line(cells, y)
        elif cells.kind is Kind.EDGE:
            lines = self._edge(cells, y)
        else:
            lines = self._note(cells, y)
        if lines == 1:
            return self._grid.row_height
        return self._grid.row_height + (lines - 1) * self._grid.line_height

    def _line(self, cells: Cells, y: float) -> int:
        """Write a line; give how many lines of text it took.

        A long statement's time goes here, so the way of most cells is short: text that is one line and fits, reached
        from the cell before it by a step that was made once for the whole table.
        """
        grid, out, most, at = self._grid, self._out, 1, 0
        pen, steps = grid.pen, grid.steps
        self._step_to(0.0, y)
        tone, texts = self._tone, cells.texts
        for index, figures, flexible, slot_tone, width, anchor in grid.slots:
            text, aside = texts[index], cells.aside if flexible else ""
            if not text and not aside:
                continue
            if slot_tone is not tone:
                out.append(slot_tone)
                tone = slot_tone
            if figures:
                out.append(steps[at][index] + pen.figure(text))
            elif (fitting := self._fitting(text, aside, width)) is not None:
                out.append(steps[at][index] + fitting)
                tone = Tone.SOFT if aside else tone
            else:
                self._x, self._tone = grid.slots[at].anchor, tone
                most = max(most, self._tall(slot_tone, text, aside, width, anchor, y))
                self._step_to(anchor, y)
                tone = self._tone
            at = index
        self._x, self._tone = grid.slots[at].anchor, tone
        return most

    def _fitting(self, text: str, aside: str, width: float) -> str | None:
        """Operators for a text, and softly behind it an aside, where both fit on one line."""
        if len(text) + len(aside) > _SHORT:
            return None
        shown = self._grid.pen.line(text)
        if not aside:
            return shown.operators if shown.width <= width else None
        behind = self._grid.pen.line(aside)
        if shown.width + behind.width + self._grid.size > width:
            return None
        return f"{shown.operators} [-900()]TJ {Tone.SOFT} {behind.operators}"

    def _tall(self, tone: Tone, text: str, aside: str, width: float, left: float, y: float) -> int:
        """Write a cell that needs more than one line, the aside behind its last one if it has room, else below it."""
        lines = self._broken(self._grid.pen, tone, text, width, left, y) if text else 0
        if not aside:
            return lines
        return lines + self._broken(
            self._grid.pen, Tone.SOFT, aside, width, left, y - lines * self._grid.line_height, 2
        )

    def _broken(
        self, pen: Pen, tone: Tone, text: str, width: float, left: float, y: float, limit: int = MOST_LINES
    ) -> int:
        lines = pen.lines(text, width, limit)
        for number, shown in enumerate(lines):
            self._put(tone, left, round(y - number * self._grid.line_height, 1), shown)
        return len(lines)

    def _edge(self, cells: Cells, y: float) -> int:
        pen, most = self._grid.bold, 1
        self._out.append(pen.select)
        for slot, text in zip(self._grid.slots, cells.texts, strict=True):
            if text and slot.figures:
                self._colour(Tone.OWED if text.startswith(MINUS) else Tone.INK)
                self._step_to(slot.anchor, y)
                self._out.append(pen.figure(text))
            elif text:
                most = max(most, self._broken(pen, Tone.INK, text, slot.width, slot.anchor, y))
        self._out.append(self._grid.pen.select)
        return most

    def _note(self, cells: Cells, y: float) -> int:
        grid = self._grid
        day, text = cells.texts
        self._broken(grid.pen, Tone.SOFT, day, grid.slots[0].width, 0.0, y, 1)
        left = grid.slots[1].anchor
        return self._broken(grid.pen, Tone.ACCENT, text, grid.width - left, left, y)
