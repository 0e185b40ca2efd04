"""J7b: how fast an invoice of twenty lines becomes a PDF, beside the same page drawn by hand with the same library.

The limit knows beforehand where everything stands: ReportLab's canvas alone, the same two faces, texts that are text
already, the same code as rectangles of one path. Both are measured warm, as a worker makes a thousand of them.
"""

from __future__ import annotations

import io
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from portal.outside.bank.paying import payment_block
from portal.rules.invoices import lines as arithmetic
from portal.rules.invoices.due import InvoiceState
from portal.rules.invoices.papers import Invoice, PaperLine, Parties
from portal.rules.invoices.prices import Prices
from portal.rules.money import format_minor
from portal.rules.partners import PartnerSettings
from portal.rules.paying import PaymentBlock
from portal.rules.periods import Period
from portal.rules.statements.figures import Letterhead, Party

LINES, ROUNDS, GOAL = 20, 30, 0.5
MADE = datetime(2026, 11, 30, 9, tzinfo=UTC)
HEAD = Letterhead("Harbour Broadband", "Nábřeží 4\n602 00 Brno", "accounts@harbour.example\n+420 541 555 020")


def invoice_of(count: int) -> tuple[Invoice, PaymentBlock]:
    """An invoice of so many lines over four accounts and two rates, none of it paid."""
    accounts = [Party(f"a{n}", f"{n:020}", name) for n, name in enumerate(("Acme Ltd", "Riverside", "Harbour", "Lab"))]
    month = Period(date(2026, 11, 1), date(2026, 11, 30))
    wanted = [
        arithmetic.Line(
            f"Broadband 200, line {n}", Decimal(2), 6190 + n, Decimal(12 + 9 * (n % 2)), str(n % 4), period=month
        )
        for n in range(count)
    ]
    done = arithmetic.computed(wanted, Prices.NET, "EUR")
    lines = tuple(
        PaperLine(
            *(place, one.line.description, one.line.quantity, one.line.unit_minor, one.line.discount),
            *(one.line.tax_rate, accounts[int(one.line.account)], one.line.period, one.net, one.tax, one.gross),
        )
        for place, one in enumerate(done.lines, start=1)
    )
    paper = Invoice(
        public_id="0" * 20,
        number="INV-000405",
        external_id=None,
        description="Broadband",
        partner=HEAD.name,
        payer=accounts[0],
        holder=accounts[0],
        issued_for=accounts[0],
        on=date(2026, 11, 13),
        due=date(2026, 11, 27),
        today=date(2026, 11, 30),
        currency="EUR",
        prices=Prices.NET,
        reference="",
        parties=Parties(HEAD.name, HEAD.address, HEAD.contact, "", "Acme Ltd", "Pekařská 12\n602 00 Brno"),
        lines=lines,
        state=InvoiceState.OVERDUE,
    )
    settings = PartnerSettings(iban="CZ6508000000192000145399", bic="GIBACZPX", account_name="Harbour Broadband a.s.")
    pay = payment_block(settings, "INV-000405", paper.open, "EUR")
    assert pay is not None
    return paper, pay


def ours(paper: Invoice, pay: PaymentBlock, folder: Path) -> bytes:
    """The invoice by the product's own renderer."""
    from portal.outside.pdf import render_invoice

    return render_invoice(paper, HEAD, pay, fonts_dir=folder, made_at=MADE)


def limit(paper: Invoice, pay: PaymentBlock, folder: Path) -> bytes:
    """The same page by hand."""
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0
    for name in ("Regular", "Bold"):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"FiraGO_{name}.ttf")))
    out = io.BytesIO()
    canvas: Any = Canvas(out, pageCompression=1)
    _head(canvas, paper)
    y = _table(canvas, paper, 640.0)
    _pay(canvas, pay, y - 120)
    canvas.setFont("Regular", 7.5)
    canvas.drawString(45, 25, "Page 1 of 1")
    canvas.drawRightString(550, 25, f"{HEAD.name}  ·  {paper.number}  ·  Made on 30 November 2026")
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Any, paper: Invoice) -> None:
    canvas.setFont("Bold", 12.5)
    canvas.drawString(45, 790, HEAD.name)
    canvas.setFont("Bold", 20)
    canvas.drawRightString(550, 785, "Invoice")
    canvas.setFont("Bold", 10.5)
    canvas.drawRightString(550, 765, paper.number)
    canvas.drawString(45, 700, paper.parties.buyer)
    canvas.setFont("Regular", 8.5)
    for place, text in enumerate((*HEAD.address.split("\n"), *HEAD.contact.split("\n"))):
        canvas.drawString(45, 775 - 11 * place, text)
    for place, text in enumerate(("Billed to", "", *paper.parties.buyer_address.split("\n"))):
        canvas.drawString(45, 712 - 12 * place, text)
    for place, text in enumerate(("Issued", "13 November 2026", "Due", "27 November 2026")):
        canvas.drawString(340 + 80 * (place % 2), 700 - 12 * (place // 2), text)


def _table(canvas: Any, paper: Invoice, y: float) -> float:
    canvas.setFont("Regular", 8)
    for part in paper.accounts:
        canvas.setFont("Bold", 8)
        canvas.drawString(45, y, part.account.name)
        canvas.drawRightString(550, y, format_minor(part.net, "EUR"))
        canvas.setFont("Regular", 8)
        for line in paper.lines:
            if line.account is part.account:
                y -= 14.8
                canvas.drawString(45, y, f"{line.description}   1–30 Nov 2026")
                for x, text in ((370, str(line.quantity)), (430, format_minor(line.unit_minor, "EUR"))):
                    canvas.drawRightString(x, y, text)
                canvas.drawRightString(490, y, str(line.rate))
                canvas.drawRightString(550, y, format_minor(line.net, "EUR"))
                canvas.line(45, y - 4, 550, y - 4)
        y -= 14.8
    for rate, net, tax in paper.taxes:
        y -= 14.8
        for x, text in (
            (430, format_minor(net, "EUR")),
            (490, format_minor(tax, "EUR")),
            (550, format_minor(net + tax, "EUR")),
        ):
            canvas.drawRightString(x, y, text)
        canvas.drawString(45, y, f"{rate} %")
    return y


def _pay(canvas: Any, pay: PaymentBlock, y: float) -> None:
    canvas.rect(45, y, 505, 105)
    assert pay.code is not None
    module = 92 / (pay.code.size + 8)
    path = canvas.beginPath()
    for x, row, length in pay.code.bars():
        path.rect(55 + (x + 4) * module, y + 98 - (row + 5) * module, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFont("Bold", 13)
    canvas.drawString(170, y + 60, f"{format_minor(pay.amount_minor, 'EUR')} EUR")
    canvas.setFont("Regular", 8.5)
    canvas.drawString(170, y + 75, "Please pay, open on 30 November 2026")
    for place, text in enumerate((pay.holder, pay.iban, pay.bic, pay.reference)):
        canvas.drawString(340, y + 75 - 12 * place, text)


Job = Callable[[Invoice, PaymentBlock, Path], bytes]


def _measure(job: Job, folder: str, answers: Any) -> None:
    paper, pay = invoice_of(LINES)
    job(paper, pay, Path(folder))
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        job(paper, pay, Path(folder))
        best = min(best, time.process_time() - start)
    answers.put(best)


def measured(job: Job, folder: str) -> float:
    """CPU seconds of one invoice, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    process = context.Process(target=_measure, args=(job, folder, answers))
    process.start()
    found: float = answers.get(timeout=600)
    process.join(timeout=60)
    return found


def run() -> None:
    """Print ours, the limit and their ratio."""
    from portal.outside.pdf import fonts

    print(f"J7b an invoice of {LINES} lines as PDF (CPU, one core, warm)")
    with tempfile.TemporaryDirectory() as folder:
        fonts.install(Path(folder))
        mine, best = measured(ours, folder), measured(limit, folder)
    print(
        f"    ours {mine * 1000:.1f} ms, by hand {best * 1000:.1f} ms, ratio {best / mine:.2f}; goal: at least {GOAL}"
    )


if __name__ == "__main__":
    run()
