"""What statements and their files are called."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from enum import StrEnum

from anyascii import anyascii
from babel.dates import format_date, format_interval, format_skeleton

from portal.outside.pdf.words import Style, locale_of
from portal.rules.statements.figures import Statement

PDF = "application/pdf"


class Format(StrEnum):
    """What a statement can be downloaded as."""

    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def content_type(self) -> str:
        return {
            "pdf": PDF,
            "csv": "text/csv; charset=utf-8",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }[self.value]


def title_of(statement: Statement) -> str:
    """ "Statement of Acme Ltd, November 2026"; the account is named where it is not the payer itself."""
    account = statement.account
    whose = statement.payer.name
    if account is not None and account.public_id != statement.payer.public_id:
        whose = f"{account.name} ({statement.payer.name})"
    return f"Statement of {' '.join(whose.split())}, {period_text(statement)}"


def period_text(statement: Statement) -> str:
    """The period in the language of the letterhead: "November 2026", or "1–15 Nov 2026"."""
    return period_words(statement.first, statement.last, statement.letterhead.locale)


def period_words(first: date, last: date, locale: str) -> str:
    """Two inclusive days in words: "2026", "November 2026", "1–15 Nov 2026"."""
    known = locale_of(locale)
    if first.year == last.year and (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return str(format_skeleton("y", first, locale=known))
    if _whole_month(first, last):
        return str(format_skeleton("yMMMM", first, locale=known))
    if first == last:
        return str(format_date(first, "long", locale=known))
    return str(format_interval(first, last, "yMMMd", locale=known))


def _whole_month(first: date, last: date) -> bool:
    return (
        (first.year, first.month) == (last.year, last.month)
        and first.day == 1
        and last.day == monthrange(first.year, first.month)[1]
    )


def amount_text(statement: Statement, minor: int) -> str:
    """An amount in the language of the letterhead, with the currency: "−1,255.80 EUR"."""
    head = statement.letterhead
    return (
        f"{Style(head.locale, statement.currency, statement.first, statement.last).amount(minor)} {statement.currency}"
    )


def file_name(statement: Statement, form: Format) -> str:
    """ "statement-acme-ltd-2026-11.pdf": whose it is in its own letters, and when."""
    whose = statement.account or statement.payer
    name = re.sub(r"[^\w]+", "-", whose.name.casefold()).strip("-_")[:60] or "account"
    kind = f"-{statement.record_type.value}" if statement.hides else ""
    return f"statement-{name}-{_period_code(statement.first, statement.last)}{kind}.{form.value}"


def plain_file_name(filename: str) -> str:
    """The same in ASCII, for programs that know nothing else."""
    stem, _, ending = filename.rpartition(".")
    plain = re.sub(r"[^a-z0-9]+", "-", anyascii(stem).lower()).strip("-")
    return f"{plain or 'file'}.{re.sub(r'[^a-z0-9]', '', anyascii(ending).lower()) or 'bin'}"


def _period_code(first: date, last: date) -> str:
    if _whole_month(first, last):
        return f"{first:%Y-%m}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first:%Y}"
    return f"{first.isoformat()}-to-{last.isoformat()}"
