"""What statements and their files are called."""

from __future__ import annotations

import re
from enum import StrEnum

from anyascii import anyascii

from portal.outside.pens import LocalePen, pen_for
from portal.rules.outward import words
from portal.rules.periods import Period
from portal.rules.statements.figures import Statement

PDF = "application/pdf"
LONGEST_WORDS = 120
"""Bytes of UTF-8 that the name of a customer takes in the name of a file, of which we keep 200 characters."""


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


def pen_of(statement: Statement) -> LocalePen:
    """What mail and files about a statement are written with: the language and locale of its letterhead."""
    return pen_for(statement.letterhead.locale, statement.letterhead.time_zone)


def file_name(statement: Statement, form: Format) -> str:
    """ "statement-acme-ltd-2026-11.pdf": whose it is in its own letters, and when; a part's begins with "activity"."""
    whose = statement.account or statement.payer
    name = words(whose.name, LONGEST_WORDS, "account")
    kind = f"-{statement.record_type.value}" if statement.hides else ""
    what = "statement" if statement.account is None else "activity"
    return f"{what}-{name}-{_period_code(statement.period)}{kind}.{form.value}"


def plain_file_name(filename: str) -> str:
    """The same in ASCII, for programs that know nothing else."""
    stem, _, ending = filename.rpartition(".")
    plain = re.sub(r"[^a-z0-9]+", "-", anyascii(stem).lower()).strip("-")[:LONGEST_WORDS].strip("-")
    return f"{plain or 'file'}.{re.sub(r'[^a-z0-9]', '', anyascii(ending).lower()) or 'bin'}"


def _period_code(period: Period) -> str:
    if period.is_month:
        return f"{period.first:%Y-%m}"
    if period.is_year:
        return f"{period.first:%Y}"
    return f"{period.first.isoformat()}-to-{period.last.isoformat()}"
