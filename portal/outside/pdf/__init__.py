"""Statements and invoices as PDF files.

`render_statement` and `render_invoice` are all that callers need. The drawing code and its libraries are loaded when
one is first called, so that a process that never makes a PDF does not pay for them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from portal.outside.pens import pen_for
from portal.rules.invoices.papers import Invoice
from portal.rules.paying import PaymentBlock
from portal.rules.sentences import Pen
from portal.rules.statements.figures import Letterhead, Statement

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    *("LONGEST", "LONGEST_IN_REQUEST", "NotDrawn", "TooLong", "TookTooLong"),
    *("render_invoice", "render_statement"),
]

LONGEST = 100_000
"""Statements of more lines than this are refused, so that memory stays bounded (R26)."""

LONGEST_IN_REQUEST = 500
"""Statements of more lines than this are made by a worker; up to it they take a fraction of a second."""


class NotDrawn(RuntimeError):
    """The PDF could not be made, because of a fault in the template or the fonts."""


class TooLong(ValueError):
    """The statement has more than LONGEST lines; the message says what to do instead."""


class TookTooLong(RuntimeError):
    """The PDF was given up after the seconds it was allowed (R26)."""


def render_statement(
    statement: Statement,
    *,
    fonts_dir: Path,
    pay: PaymentBlock | None = None,
    pen: Pen | None = None,
    reference: str = "",
    made_at: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
    seconds: float = 60.0,
    environment: Environment | None = None,
) -> bytes:
    """The statement as an A4 PDF; equal arguments give equal bytes.

    `pay` says how to pay what is due on the day it is made (F12). `fonts_dir` is a folder of the instance where font
    files are kept; it is made if missing. `pen` writes the words, by
    default in the language of the letterhead, as amounts and days always are. `reference` stands at the foot of every
    page (by default the payer's), with the day of the aware instant `made_at` in the partner's time zone. `environment`
    is a Jinja environment with autoescape that finds statements/pdf.html; by default one on the templates folder.

    `progress(done, total)` is called after each page with numbers of rows; whatever it raises ends the conversion and
    comes out of this function. One conversion runs at a time in a process; others wait.

    It takes about a second for 20 000 lines on one core, and memory in proportion. It stops at `seconds` with
    TookTooLong, and refuses more than LONGEST lines with TooLong (R26). Nothing is read while converting: no file, no
    address, whatever names and texts say (SEC48). Raises NotDrawn for a fault in the template, fonts.FontFileError if
    `fonts_dir` cannot be written.
    """
    count = len(statement.lines)
    if count > LONGEST:
        advice = "Choose a shorter period, or take the CSV form"
        raise TooLong(f"A PDF holds at most {LONGEST:,} lines; this statement has {count:,}. {advice}.")
    from portal.outside.pdf.render import render
    from portal.outside.pdf.words import Labels

    return render(
        statement,
        pay=pay,
        fonts_dir=fonts_dir,
        labels=Labels(pen or pen_for(statement.letterhead.locale)),
        reference=reference,
        made_at=made_at,
        progress=progress,
        seconds=seconds,
        environment=environment,
    )


def render_invoice(
    paper: Invoice,
    letterhead: Letterhead,
    pay: PaymentBlock | None,
    *,
    fonts_dir: Path,
    pen: Pen | None = None,
    made_at: datetime | None = None,
    seconds: float = 60.0,
    environment: Environment | None = None,
) -> bytes:
    """An invoice as it was issued, as an A4 PDF, with what is open on the day it is made and how to pay it (F12).

    Arguments and faults are those of `render_statement`; its template is invoices/pdf.html.
    """
    if len(paper.lines) > LONGEST:
        raise TooLong(f"A PDF holds at most {LONGEST:,} lines; this invoice has {len(paper.lines):,}.")
    from portal.outside.pdf.invoice import render

    return render(
        paper,
        letterhead,
        pay,
        fonts_dir=fonts_dir,
        pen=pen or pen_for(letterhead.locale),
        made_at=made_at,
        seconds=seconds,
        environment=environment,
    )
