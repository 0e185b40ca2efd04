"""The balance over the period as a small step line, with the zero line and the lowest day named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.platypus.flowables import Flowable

from portal.outside.pdf.palette import ACCENT, ACCENT_WASH, LINE, Tone
from portal.outside.pdf.pen import Pen

_HEIGHT, _FOOT, _HEAD, _MARGIN = 92.0, 13.0, 12.0, 14.0
_MOST_STEPS = 400


@dataclass(frozen=True, slots=True)
class Steps:
    """What to draw: (day, balance in minor units) in order of day, and the words beside it."""

    steps: Sequence[tuple[date, int]]
    first: str
    last: str
    remark: str = ""


def thinned(steps: Sequence[tuple[date, int]], most: int = _MOST_STEPS) -> list[tuple[date, int]]:
    """At most about `most` steps that keep each stretch's lowest, highest and last balance, in order."""
    if len(steps) <= most:
        return list(steps)
    size = -(-len(steps) // (most // 3))
    kept: list[tuple[date, int]] = [steps[0]]
    for start in range(0, len(steps), size):
        stretch = steps[start : start + size]
        chosen = {stretch.index(min(stretch, key=_balance)), stretch.index(max(stretch, key=_balance))}
        kept.extend(stretch[index] for index in sorted(chosen | {len(stretch) - 1}))
    return kept


def _balance(step: tuple[date, int]) -> int:
    return step[1]


class BalanceChart(Flowable):
    """Draws `Steps` over the whole width of the page."""

    def __init__(self, chart: Steps) -> None:
        super().__init__()
        self._chart = chart
        self.spaceBefore = self.spaceAfter = 0

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """As wide as there is room, always as high."""
        self.width = width
        return width, _HEIGHT

    def draw(self) -> None:
        """Draw the wash between balance and zero, the zero line, the steps and the words below."""
        points, zero = self._points()
        canvas: Any = self.canv
        canvas.saveState()
        self._wash(points, zero)
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.6)
        canvas.line(0, zero, self.width - _MARGIN, zero)
        canvas.setStrokeColor(ACCENT)
        canvas.setLineWidth(1.3)
        canvas.setLineJoin(1)
        outline = canvas.beginPath()
        outline.moveTo(*points[0])
        for point in points[1:]:
            outline.lineTo(*point)
        canvas.drawPath(outline, stroke=1, fill=0)
        canvas.setFillColor(ACCENT)
        canvas.circle(*points[-1], 2.1, stroke=0, fill=1)
        self._words(zero)
        canvas.restoreState()

    def _points(self) -> tuple[list[tuple[float, float]], float]:
        """The corners of the step line, and the height of zero."""
        steps = thinned(self._chart.steps)
        first, last = steps[0][0].toordinal(), steps[-1][0].toordinal()
        low, high = min(0, min(map(_balance, steps))), max(0, max(map(_balance, steps)))
        room, bottom = _HEIGHT - _FOOT - _HEAD - 4, _FOOT + 4
        right = self.width - _MARGIN

        def across(on: date) -> float:
            return right * (on.toordinal() - first) / max(1, last - first)

        def up(balance: int) -> float:
            return bottom + room * (balance - low) / max(1, high - low)

        points = [(0.0, up(steps[0][1]))]
        for on, balance in steps[1:]:
            points += [(across(on), points[-1][1]), (across(on), up(balance))]
        return points, up(0)

    def _wash(self, points: list[tuple[float, float]], zero: float) -> None:
        path = self.canv.beginPath()
        path.moveTo(points[0][0], zero)
        for point in points:
            path.lineTo(*point)
        path.lineTo(points[-1][0], zero)
        path.close()
        self.canv.setFillColor(ACCENT_WASH)
        self.canv.drawPath(path, stroke=0, fill=1)

    def _words(self, zero: float) -> None:
        canvas: Any = self.canv
        pen = Pen(canvas, 7)
        right = self.width - _MARGIN
        last = pen.line(self._chart.last)
        first = pen.line(self._chart.first)
        remark = pen.lines(self._chart.remark, right - first.width - last.width - 30, 1)[0]
        for x, y, shown in (
            (self.width - 5, zero - 2.4, pen.line("0")),
            (0, 2, first),
            (right - last.width, 2, last),
            ((right - remark.width) / 2, 2, remark),
        ):
            canvas._code.append(f"{Tone.SOFT} BT {pen.select} {x:.1f} {y:.1f} Td {shown.operators} ET")
