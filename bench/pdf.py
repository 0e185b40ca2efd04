"""J7: how fast a long statement becomes a PDF, beside the fastest that the same page library can do by hand.

The limit draws the same lines with ReportLab's canvas alone: rows that are text already, fixed columns, no wrapping,
no fonts but one, no accounts, notes or colours; one text object a page and the encoding of each character remembered.
Every measurement runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from portal.rules.money import format_minor
from portal.rules.statements.figures import AccountTotals, Balance, Letterhead, Line, Party, RecordType, Statement

SIZES = (500, 10_000, 50_000)
GOAL_RATIO, GOAL_MEMORY = 0.5, 150
_ROUNDS = {500: 5, 10_000: 3, 50_000: 2}


class Result(NamedTuple):
    """One measurement: CPU seconds, peak memory of the process in megabytes, size of the file in bytes."""

    seconds: float
    megabytes: float
    size: int


def statement_of(lines: int) -> Statement:
    """A statement of so many lines over one month, for a company and two branches."""
    draw = random.Random(7)
    parties = [Party(f"account-{n}", f"p{n}", name) for n, name in enumerate(("Acme Ltd", "Riverside", "Harbour"))]
    texts = ("Broadband, October", "Installation", "Extra traffic", "Router rental", "Bank transfer, thank you")
    first, balance = date(2026, 10, 1), -120_450
    made: list[Line] = []
    moved = {party.reference: [0, 0] for party in parties}
    for number in range(lines):
        party, amount = parties[number % 3], draw.choice((-1, -1, -1, 1)) * draw.randrange(100, 90_000)
        balance += amount
        moved[party.reference][amount > 0] += abs(amount)
        on = first + timedelta(days=number * 30 // lines)
        text = f"{draw.choice(texts)} {draw.randrange(10_000)}"
        made.append(
            Line(
                on,
                f"INV-{number:06}",
                text,
                party.reference,
                party.name,
                "Internet",
                "invoice" if amount < 0 else "payment",
                amount,
                balance,
                f"x{number}",
                f"e{number}",
            )
        )
    accounts = [AccountTotals(party, *moved[party.reference]) for party in parties]
    ends = {line.booked_on: line.balance_minor or 0 for line in made}
    return Statement(
        letterhead=Letterhead("Northwind Telecom", "Harbour Street 12\nBristol"),
        payer=parties[0],
        account=None,
        first=first,
        last=date(2026, 10, 31),
        currency="EUR",
        record_type=RecordType.ALL,
        balance=Balance(-120_450, balance, tuple(ends.items())),
        lines=made,
        hidden_debit_minor=0,
        hidden_credit_minor=0,
        accounts=accounts,
        made_on=date(2026, 11, 30),
    )


def ours(statement: Statement, fonts_dir: Path) -> bytes:
    """The statement by the product's own renderer."""
    from portal.outside.pdf import render_statement

    return render_statement(statement, fonts_dir=fonts_dir, seconds=600)


_LEFT, _TOP, _BOTTOM, _ROW, _SIZE = 45.0, 800.0, 54.0, 14.8, 8
_COLUMNS = (
    (0.0, False),
    (40.0, False),
    (100.0, False),
    (210.0, False),
    (270.0, False),
    (390.0, True),
    (440.0, True),
    (505.0, True),
)


def limit(statement: Statement, fonts_dir: Path) -> bytes:
    """The same rows by a tuned loop over ReportLab's canvas."""
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0
    pdfmetrics.registerFont(TTFont("Limit", str(fonts_dir / "FiraGO_Regular.ttf")))
    return _drawn(Canvas, pdfmetrics.getFont("Limit"), _rows(statement))


def _rows(statement: Statement) -> Iterator[tuple[str, ...]]:
    currency = statement.currency
    for line in statement.lines:
        amount = format_minor(abs(line.amount_minor), currency)
        sides = (amount, "") if line.amount_minor < 0 else ("", amount)
        balance = format_minor(line.balance_minor or 0, currency)
        yield (
            line.booked_on.isoformat(),
            line.number,
            line.description,
            line.category,
            line.account_name,
            *sides,
            balance,
        )


def _drawn(canvas_type: Any, font: Any, rows: Iterator[tuple[str, ...]]) -> bytes:
    import io

    out = io.BytesIO()
    canvas = canvas_type(out, pageCompression=1)
    document, widths, codes = canvas._doc, {}, {}

    def learn(character: str) -> str:
        subset, code = font.splitString(character, document)[0]
        widths[character] = font.stringWidth(character, _SIZE)
        codes[character] = canvas._escape(code)
        return font.getSubsetInternalName(subset, document)

    name = learn(" ")
    for code in range(33, 127):
        learn(chr(code))
    start = f"BT {name} {_SIZE} Tf"
    y, out_ops = _TOP, [start]
    for row in rows:
        if y < _BOTTOM:
            canvas._code.append("\n".join([*out_ops, "ET"]))
            canvas.showPage()
            y, out_ops = _TOP, [start]
        for (x, right), text in zip(_COLUMNS, row, strict=True):
            if text:
                at = _LEFT + x - (sum([widths[c] for c in text]) if right else 0)
                out_ops.append(f"1 0 0 1 {at:.2f} {y:.2f} Tm ({''.join([codes[c] for c in text])}) Tj")
        y -= _ROW
    canvas._code.append("\n".join([*out_ops, "ET"]))
    canvas.showPage()
    canvas.save()
    return out.getvalue()


Job = Callable[[Statement, Path], bytes]


def _measure(job: Job, lines: int, fonts_dir: str, answers: Any) -> None:
    folder = Path(fonts_dir)
    job(statement_of(5), folder)
    statement = statement_of(lines)
    best, size = float("inf"), 0
    for _ in range(_ROUNDS[lines]):
        start = time.process_time()
        size = len(job(statement, folder))
        best = min(best, time.process_time() - start)
    answers.put(Result(best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, size))


def measured(job: Job, lines: int, fonts_dir: Path) -> Result:
    """One job, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    process = context.Process(target=_measure, args=(job, lines, str(fonts_dir), answers))
    process.start()
    result: Result = answers.get(timeout=600)
    process.join(timeout=60)
    return result


def run() -> None:
    """Print ours, the limit, their ratio, memory, and how cost grows from one size to the next."""
    from portal.outside.pdf import fonts

    print("J7  statement as PDF (CPU, one core)")
    print(f"{'lines':>8} {'ours s':>8} {'rows/s':>8} {'limit s':>8} {'rows/s':>8} {'ratio':>6} {'MB':>5} {'growth':>7}")
    before: tuple[int, float] | None = None
    with tempfile.TemporaryDirectory() as folder:
        fonts.install(Path(folder))
        for lines in SIZES:
            mine, best = measured(ours, lines, Path(folder)), measured(limit, lines, Path(folder))
            growth = f"{mine.seconds / before[1] / (lines / before[0]):.2f}" if before else ""
            print(
                f"{lines:>8} {mine.seconds:>8.3f} {lines / mine.seconds:>8.0f} {best.seconds:>8.3f}"
                f" {lines / best.seconds:>8.0f} {best.seconds / mine.seconds:>6.2f} {mine.megabytes:>5.0f} {growth:>7}"
            )
            before = lines, mine.seconds
    print(f"    goal: ratio at least {GOAL_RATIO}, growth near 1, under {GOAL_MEMORY} MB")


if __name__ == "__main__":
    run()
