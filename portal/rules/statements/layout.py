"""In which order the rows of a statement stand: the same on the page, in every file and on the command line (S5).

Rows are by date, with the notes between them, or account by account where that was viewed (S4). Only a payer's whole
books open and close with a balance; a part ends with the sums of what was charged and credited, and with what of the
charges nothing settles (S13).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from portal.rules.sentences import Sentence, say, verbatim
from portal.rules.statements.figures import AccountTotals, Line, Note, Party, Statement


class Kind(StrEnum):
    """What a row without a line of the books is."""

    OPENING = "opening"
    HEADING = "heading"
    HIDDEN = "hidden"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    OPEN = "open"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Edge:
    """A row before, between or after lines. Amounts are minor units: both sides positive, None where there is none.

    A heading, its lines, what is hidden of them and their subtotal are about one `account`.
    """

    kind: Kind
    on: date | None = None
    debit_minor: int | None = None
    credit_minor: int | None = None
    balance_minor: int | None = None
    account: Party | None = None

    @property
    def label(self) -> Sentence:
        """What the row says."""
        if self.account is not None and self.kind is Kind.HEADING:
            return verbatim(self.account.name)
        if self.account is not None and self.kind is Kind.SUBTOTAL:
            return say("Total of {account}", account=self.account.name)
        return {
            Kind.OPENING: say("Opening balance"),
            Kind.HIDDEN: say("Not shown here"),
            Kind.OPEN: say("Of it not yet paid"),
            Kind.CLOSING: say("Closing balance"),
        }.get(self.kind, say("Total"))


LaidOut: TypeAlias = Line | Note | Edge


def laid_out(statement: Statement) -> Iterator[LaidOut]:
    """Every row on the House Account."""
    balance = statement.balance
    if balance is not None:
        yield Edge(Kind.OPENING, statement.first, balance_minor=balance.opening_minor)
    if statement.grouped and statement.several:
        yield from sorted(statement.notes, key=lambda note: note.on)
        yield from _by_account(statement)
    else:
        yield from with_notes(statement)
        if statement.hides:
            yield Edge(Kind.HIDDEN, None, statement.hidden_debit_minor, statement.hidden_credit_minor)
    charged, credited = statement.charged_minor, statement.credited_minor
    if balance is not None:
        yield Edge(Kind.CLOSING, statement.last, charged, credited, balance.closing_minor)
    else:
        yield Edge(Kind.TOTAL, None, charged, credited)
        yield Edge(Kind.OPEN, statement.last, statement.open_minor)


def credit_laid_out(statement: Statement) -> Iterator[Line | Edge]:
    """Every row of the second table, on Customer Credit (S12); none where there is no such table."""
    table = statement.credit
    if table is None:
        return
    if table.opening_minor is not None:
        yield Edge(Kind.OPENING, statement.first, balance_minor=table.opening_minor)
    yield from table.lines
    if table.closing_minor is not None:
        yield Edge(Kind.CLOSING, statement.last, table.used_minor, table.added_minor, table.closing_minor)
    else:
        yield Edge(Kind.TOTAL, None, table.used_minor, table.added_minor)


def with_notes(statement: Statement) -> Iterator[Line | Note]:
    """The statement's lines in order, each note before the lines of its day: what it says holds for them (S11)."""
    notes = sorted(statement.notes, key=lambda note: note.on)
    at = 0
    for line in statement.lines:
        while at < len(notes) and notes[at].on <= line.booked_on:
            yield notes[at]
            at += 1
        yield line
    yield from notes[at:]


def _by_account(statement: Statement) -> Iterator[Line | Edge]:
    """The lines regrouped by account, each with its subtotals and none with a balance (S4, S13)."""
    lines: dict[str, list[Line]] = {totals.account.reference: [] for totals in statement.accounts}
    for line in statement.lines:
        lines[line.account].append(line._replace(balance_minor=None))
    for totals in statement.accounts:
        yield from _group(totals, lines[totals.account.reference], hides=statement.hides)


def _group(totals: AccountTotals, lines: list[Line], *, hides: bool) -> Iterator[Line | Edge]:
    account = totals.account
    yield Edge(Kind.HEADING, account=account)
    yield from lines
    if hides:
        charged = sum(-line.amount_minor for line in lines if line.amount_minor < 0)
        credited = sum(line.amount_minor for line in lines if line.amount_minor > 0)
        hidden = totals.charged_minor - charged, totals.credited_minor - credited
        yield Edge(Kind.HIDDEN, None, *hidden, account=account)
    yield Edge(Kind.SUBTOTAL, None, totals.charged_minor, totals.credited_minor, account=account)
