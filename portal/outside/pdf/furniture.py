"""What stands on every page: the line at the foot, with "Page x of y" in a single pass.

How many pages there are is known only at the end. So each page refers to one small drawing (a form XObject) that is
defined after the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportlab.lib.utils import TimeStamp
from reportlab.platypus.flowables import Flowable

from portal.outside.pdf.palette import Tone
from portal.outside.pdf.pen import Pen

_SIZE = 7.5
_TOTAL = "number-of-pages"
_TOTAL_WIDTH = 30.0


@dataclass(frozen=True, slots=True)
class Foot:
    """What the foot says: which page it is, in words before and after how many there are; at the right some `words`."""

    page_of: Callable[[int], tuple[str, str]]
    words: str
    made_at: datetime | None = None
    title: str = ""
    """That of the file, for the head of a viewer's window. Written here, because nothing of it is drawn."""


class PageFoot(Flowable):
    """The line at the foot of one page."""

    def __init__(self, foot: Foot) -> None:
        super().__init__()
        self._foot = foot
        self._pen: Pen | None = None
        self.spaceBefore = self.spaceAfter = 0

    def __deepcopy__(self, _memo: dict[int, Any]) -> PageFoot:
        """Page furniture is copied for every page; this one holds nothing that drawing changes."""
        return self

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """One line over the whole width."""
        self.width = width
        return width, _SIZE * 1.3

    def draw(self) -> None:
        """Write the words, and refer to the number of pages."""
        canvas: Any = self.canv
        pen = self._pen = self._pen or Pen(canvas, _SIZE)
        page = pen.line(self._foot.page_of(canvas.getPageNumber())[0])
        words = pen.lines(self._foot.words, self.width - page.width - _TOTAL_WIDTH - 20, 1)[0]
        canvas.saveState()
        right = self.width - words.width
        canvas._code.append(
            f"{Tone.SOFT} BT {pen.select} 0 2 Td {page.operators} {right:.1f} 0 Td {words.operators} ET"
        )
        canvas.translate(page.width, 2)
        canvas.doForm(_TOTAL)
        canvas.restoreState()


class PageTotal(Flowable):
    """Stands at the very end: defines the drawing that holds the number of pages, and dates the file."""

    _ZEROSIZE = 1

    def __init__(self, foot: Foot) -> None:
        super().__init__()
        self._foot = foot
        self.spaceBefore = self.spaceAfter = 0

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Takes no room."""
        return 0.0, 0.0

    def draw(self) -> None:
        """Define the number of pages: this one is the last."""
        canvas: Any = self.canv
        number = canvas.getPageNumber()
        words = f"{number}{self._foot.page_of(number)[1]}"
        canvas.beginForm(_TOTAL, 0, -3, _TOTAL_WIDTH, _SIZE + 2)
        pen = Pen(canvas, _SIZE)
        canvas._code.append(f"{Tone.SOFT} BT {pen.select} 0 0 Td {pen.line(words).operators} ET")
        canvas.endForm()
        if self._foot.title:
            canvas.setTitle(self._foot.title)
        if self._foot.made_at is not None:
            canvas._doc._timeStamp = _stamp(self._foot.made_at)


def _stamp(made_at: datetime) -> TimeStamp:
    stamp = TimeStamp(invariant=1)
    stamp.t = made_at.timestamp()
    stamp.lt = made_at.astimezone(UTC).timetuple()
    stamp.YMDhms = tuple(stamp.lt)[:6]
    return stamp
