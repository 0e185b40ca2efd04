"""Our own tags in PDF templates: <ledger ref="…">, <written ref="…">, <balancechart>, <pagefoot>, <pagetotal> and
<paycode modules="…">.

They hand over what the statement holds as finished drawings; none of it passes through the HTML parser.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import xhtml2pdf.default
import xhtml2pdf.parser
from reportlab.platypus.flowables import Flowable
from xhtml2pdf.tags import pisaTag

from portal.outside.pdf.chart import BalanceChart, Steps
from portal.outside.pdf.furniture import Foot, PageFoot, PageTotal
from portal.outside.pdf.ledger import Ledger
from portal.outside.pdf.paycode import PayCode
from portal.outside.pdf.table import Table
from portal.outside.pdf.written import Written
from portal.rules.paying import Code


@dataclass(frozen=True, slots=True)
class Parts:
    """What the template's tags refer to during one conversion."""

    tables: Mapping[str, Table]
    texts: Sequence[Written]
    chart: Steps | None
    foot: Foot
    drawn: Callable[[int], None]


PARTS: ContextVar[Parts] = ContextVar("PARTS")


class _Tag(pisaTag):  # type: ignore[misc]
    """A tag that puts one drawing where it stands."""

    def start(self, c: Any) -> None:
        c.addPara()
        c.addStory(self.drawing(PARTS.get()))

    @abstractmethod
    def drawing(self, parts: Parts) -> Flowable:
        """What stands there."""


class _LedgerTag(_Tag):
    def drawing(self, parts: Parts) -> Flowable:
        return Ledger(parts.tables[self.attr.ref], parts.drawn)


class _WrittenTag(_Tag):
    def drawing(self, parts: Parts) -> Flowable:
        return parts.texts[int(self.attr.ref)]


class _ChartTag(_Tag):
    def drawing(self, parts: Parts) -> Flowable:
        assert parts.chart is not None, "the template asks for a chart that the statement does not have"
        return BalanceChart(parts.chart)


class _FootTag(_Tag):
    def drawing(self, parts: Parts) -> Flowable:
        return PageFoot(parts.foot)


class _TotalTag(_Tag):
    def drawing(self, parts: Parts) -> Flowable:
        return PageTotal(parts.foot)


class _CodeTag(pisaTag):  # type: ignore[misc]
    """The code of a payment, which stands in its own attributes and needs no parts."""

    def start(self, c: Any) -> None:
        c.addPara()
        c.addStory(PayCode(Code.unpacked(self.attr.modules), self.attr.points))


_TAGS = {
    "ledger": _LedgerTag,
    "written": _WrittenTag,
    "balancechart": _ChartTag,
    "pagefoot": _FootTag,
    "pagetotal": _TotalTag,
    "paycode": _CodeTag,
}
_REQUIRED = (xhtml2pdf.default.STRING, xhtml2pdf.default.MUST)
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "ledger": {"ref": _REQUIRED},
    "written": {"ref": _REQUIRED},
    "paycode": {"modules": _REQUIRED, "points": (xhtml2pdf.default.INT, "100")},
}


def install() -> None:
    """Make the tags known to xhtml2pdf, which finds a tag's class by its name in its parser module."""
    for name, tag in _TAGS.items():
        setattr(xhtml2pdf.parser, f"pisaTag{name.upper()}", tag)
        xhtml2pdf.default.TAGS[name] = (1, _ATTRIBUTES.get(name, {}))
