"""An invoice as a page: its lines by account, its totals by rate, and how to pay what is open (F4, F12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment

from portal.outside.pdf import fonts
from portal.outside.pdf.furniture import Foot
from portal.outside.pdf.palette import COLOURS, Tone
from portal.outside.pdf.paying import paying
from portal.outside.pdf.render import HEADING, LABEL, NAME, PARTNER, Texts, lines_of, render_page, text_of, zone_of
from portal.outside.pdf.table import Cells, Column, Kind, Table
from portal.outside.pdf.words import Labels, Style
from portal.outside.pdf.written import Look
from portal.rules.invoices.lines import RateTotal
from portal.rules.invoices.papers import Invoice, PaperLine, PartTotal
from portal.rules.invoices.prices import Prices
from portal.rules.paying import PaymentBlock
from portal.rules.sentences import Pen, Sentence, say
from portal.rules.statements.figures import Letterhead

TEMPLATE = "invoices/pdf.html"
_Row = PaperLine | PartTotal
_INK, _SOFT, _STRONG = Look(), Look(tone=Tone.SOFT), Look(bold=True)


def render(
    paper: Invoice,
    letterhead: Letterhead,
    pay: PaymentBlock | None,
    *,
    fonts_dir: Path,
    pen: Pen,
    made_at: datetime | None,
    seconds: float,
    environment: Environment | None,
) -> bytes:
    """See `portal.outside.pdf.render_invoice`."""
    labels = Labels(pen)
    return render_page(
        TEMPLATE,
        lambda: _Page(paper, letterhead, pay, labels, made_at),
        fonts_dir=fonts_dir,
        seconds=seconds,
        environment=environment,
    )


class _Page:
    """Everything that the template and its tags need of one invoice."""

    def __init__(
        self,
        paper: Invoice,
        letterhead: Letterhead,
        pay: PaymentBlock | None,
        labels: Labels,
        made_at: datetime | None,
    ) -> None:
        self._paper, self._letterhead, self._pay, self._labels, self._made_at = paper, letterhead, pay, labels, made_at
        self.texts = Texts()
        self._style = Style(letterhead.locale, paper.currency, paper.on, paper.due)

    def tables(self) -> dict[str, Table]:
        """The lines, and what they come to by rate."""
        paper, style, of = self._paper, self._style, self._labels.of
        net = paper.prices is Prices.NET
        rows: list[_Row] = []
        several = len(paper.accounts) > 1
        for part in paper.accounts:
            if several:
                rows.append(part)
            rows += [line for line in paper.lines if line.account.public_id == part.account.public_id]
        amounts = [line.net if net else line.gross for line in paper.lines]
        parts = [part.net if net else part.gross for part in paper.accounts]
        columns = [
            Column(of(say("Description"))),
            Column(of(say("Number")), _longest(style.number(line.quantity) for line in paper.lines), figures=True),
            Column(
                of(say("Each")),
                _longest(style.amount(line.unit_minor) for line in paper.lines),
                figures=True,
                tone=Tone.SOFT,
            ),
            Column(
                of(say("Tax, %")),
                _longest(style.number(line.rate) for line in paper.lines),
                figures=True,
                tone=Tone.SOFT,
            ),
            Column(
                of(say("Net, {currency}", currency=paper.currency))
                if net
                else of(say("With tax, {currency}", currency=paper.currency)),
                _longest(style.amount(minor) for minor in (*amounts, *parts)),
                figures=True,
            ),
        ]
        return {"lines": Table(columns, rows, partial(_line, style, of, net=net)), "rates": self._rates()}

    def _rates(self) -> Table:
        paper, style, of = self._paper, self._style, self._labels.of
        columns = [
            Column(of(say("Tax rate"))),
            Column(of(say("Net")), _longest(style.amount(n) for n in (paper.net, 0)), figures=True),
            Column(of(say("Tax")), _longest(style.amount(n) for n in (paper.tax, 0)), figures=True),
            Column(of(say("Total, {currency}", currency=paper.currency)), [style.amount(paper.total)], figures=True),
        ]
        together = of(say("Together"))
        return Table(columns, [*paper.taxes, together], partial(_total, paper, style))

    def foot(self) -> Foot:
        """The line on every page: whose invoice it is, and when this was made."""
        words = [self._letterhead.name[:160], self._paper.number or self._labels.of(say("Draft"))]
        if self._made_at is not None:
            day = self._made_at.astimezone(zone_of(self._letterhead.time_zone)).date()
            words.append(self._labels.made_on(self._style.full_day(day)))
        title = " ".join(text for text in (self._heading(), self._paper.number) if text).translate(fonts.NO_JOINERS)
        return Foot(self._labels.page_of, "  ·  ".join(words), self._made_at, title)

    def _heading(self) -> str:
        return self._labels.of(say("Draft of an invoice") if self._paper.is_draft else say("Invoice"))

    def words(self) -> dict[str, Any]:
        """The template's variables: every text is ready to be shown, and escaped by the template."""
        paper, style, of, letterhead = self._paper, self._style, self._labels.of, self._letterhead
        facts = [
            (of(say("Issued")), style.full_day(paper.on)),
            (of(say("Due")), style.full_day(paper.due)),
        ]
        if paper.issued_for.public_id != paper.payer.public_id:
            facts.insert(0, (of(say("Account")), text_of(paper.issued_for.name)))
        put = self.texts.set
        return {
            "language": style.language,
            "author": text_of(letterhead.name).translate(fonts.NO_JOINERS),
            "heading": put(HEADING, self._heading()),
            "number": put(NAME._replace(at_end=True), text_of(paper.number or "")),
            "colours": COLOURS,
            "families": f"{fonts.REGULAR}, {fonts.EXTRA}",
            "partner": put(PARTNER, text_of(letterhead.name)),
            "letterhead": put(_SOFT, *lines_of(letterhead.address, letterhead.contact)),
            "billed_to": put(LABEL, self._labels.payer),
            "buyer": put(NAME, text_of(paper.parties.buyer)),
            "buyer_lines": put(_SOFT, *self._buyer_lines()),
            "facts": [(put(_SOFT, label), put(_STRONG, text)) for label, text in facts],
            "sentences": [put(_INK, sentence) for sentence in self._sentences()],
            "pay": paying(self._pay, paper.today, self.texts, self._labels, style),
        }

    def _buyer_lines(self) -> list[str]:
        """The buyer's address, which often begins with the name once more; the reference of one without."""
        name = text_of(self._paper.parties.buyer)
        lines = [line for line in lines_of(self._paper.parties.buyer_address) if line != name]
        return lines or [text_of(self._paper.payer.reference)]

    def _sentences(self) -> list[str]:
        paper, of = self._paper, self._labels.of
        if paper.is_draft:
            return [of(say("This is a draft: it has no number, and nothing is to be paid yet."))]
        if paper.reversed_by:
            return [of(say("It was taken back by {number}.", number=paper.reversed_by[0]))]
        if paper.open > 0 and self._pay is not None and paper.open == paper.total:
            return []
        day = self._style.full_day(paper.today)
        if paper.open > 0 and self._pay is not None:
            paid, credited = (self._style.amount(minor) for minor in (paper.allocated, paper.credited))
            return [
                of(
                    say(
                        "By {day}, {paid} of it are paid and {credited} credited.",
                        day=day,
                        paid=paid,
                        credited=credited,
                    )
                )
            ]
        if paper.open > 0:
            amount = f"{self._style.amount(paper.open)} {paper.currency}"
            return [of(say("On {day}, {amount} of it are open.", day=day, amount=amount))]
        return [of(say("On {day} nothing of it is open.", day=day))]


def _line(style: Style, of: Callable[[Sentence], str], row: _Row, *, net: bool) -> Cells:
    if isinstance(row, PartTotal):
        return Cells(Kind.EDGE, (row.account.name, "", "", "", style.amount(row.net if net else row.gross)))
    texts = (
        row.description,
        style.number(row.quantity),
        style.amount(row.unit_minor),
        style.number(row.rate),
        style.amount(row.net if net else row.gross),
    )
    asides = [style.days(row.period)] if row.period else []
    if row.discount:
        asides.append(of(say("less {rate} %", rate=style.number(row.discount))))
    return Cells(Kind.LINE, texts, ", ".join(asides))


def _total(paper: Invoice, style: Style, row: RateTotal | str) -> Cells:
    if isinstance(row, RateTotal):
        sums = (row.net, row.tax, row.net + row.tax)
        return Cells(Kind.LINE, (f"{style.number(row.rate)} %", *map(style.amount, sums)))
    return Cells(Kind.EDGE, (row, *map(style.amount, (paper.net, paper.tax, paper.total))))


def _longest(texts: Iterable[str]) -> Sequence[str]:
    return sorted(set(texts), key=len)[-12:] or [""]
