"""What a statement is: opening balance, lines with a running balance, closing balance.

One `Statement` value feeds the page, CSV, XLSX, PDF and JSON, so that all of them give the same figures (S5).
Amounts are signed minor units in the customer's favour: a charge is negative, a payment positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say


class RecordType(StrEnum):
    """S1: which records are shown."""

    ALL = "all"
    DOCUMENTS = "documents"
    TRANSACTIONS = "transactions"

    @property
    def label(self) -> Sentence:
        return {
            RecordType.ALL: say("All"),
            RecordType.DOCUMENTS: say("Invoices and payments"),
            RecordType.TRANSACTIONS: say("Transactions"),
        }[self]


DOCUMENT_KINDS = frozenset({"invoice", "credit_note", "payment", "refund"})
"""Entry kinds shown as "invoices and payments"; every other kind is a transaction."""


LOWERING_KINDS = frozenset({"invoice", "debit", "refund"})
"""Kinds that lower the customer's balance; the others raise it."""


class Line(NamedTuple):
    """One posting on the payer's books. `account` is the reference of whom it was issued for."""

    booked_on: date
    number: str
    description: str
    account: str
    account_name: str
    category: str
    kind: str
    amount_minor: int
    balance_minor: int
    external_id: str | None
    entry: str

    @property
    def debit_minor(self) -> int | None:
        return -self.amount_minor if self.is_debit else None

    @property
    def credit_minor(self) -> int | None:
        return None if self.is_debit else self.amount_minor

    @property
    def is_debit(self) -> bool:
        """An amount of zero stands where its kind would put it, so an invoice of zero is a debit."""
        return self.amount_minor < 0 or (self.amount_minor == 0 and self.kind in LOWERING_KINDS)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody named on a statement. `reference` is the external id, or the public id without one."""

    reference: str
    public_id: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The partner's, top left. `address` and `contact` may hold line breaks; `locale` is like en_GB."""

    name: str
    address: str = ""
    contact: str = ""
    locale: str = "en_GB"
    time_zone: str = "Europe/London"


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """S4: one account's part. `debit_minor` and `credit_minor` are both positive sums of every line."""

    account: Party
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.credit_minor - self.debit_minor


@dataclass(frozen=True, slots=True)
class Note:
    """A dated remark between the lines, without an amount (S11)."""

    on: date
    text: Sentence


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """A future item, listed apart and never summed in (S2). `amount_minor` is positive for a charge."""

    on: date
    number: str
    description: str
    account: Party
    amount_minor: int
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class CreditTable:
    """S12: the second table, on Customer Credit."""

    opening_minor: int
    lines: Sequence[Line]
    closing_minor: int


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """S11: another payer of the same account in the period, with the dates it paid."""

    payer: Party
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement on one payer's House Account. Both dates are inclusive, in the partner's time zone.

    `account` is None for all accounts. `lines` hold only those of `record_type`; what that hides is summed in
    `hidden_debit_minor` and `hidden_credit_minor` (S3), and each line's balance is the true one after it.
    """

    letterhead: Letterhead
    payer: Party
    account: Party | None
    first: date
    last: date
    currency: str
    record_type: RecordType
    opening_minor: int
    lines: Sequence[Line]
    hidden_debit_minor: int
    hidden_credit_minor: int
    closing_minor: int
    accounts: Sequence[AccountTotals]
    notes: Sequence[Note] = ()
    waiting: Sequence[WaitingItem] = ()
    credit: CreditTable | None = None
    other_payers: Sequence[OtherPayer] = ()
    lowest: tuple[date, int] | None = None

    @property
    def period(self) -> Period:
        return Period(self.first, self.last)

    @property
    def debit_minor(self) -> int:
        """All charges in the period, hidden ones included; positive."""
        return sum(-line.amount_minor for line in self.lines if line.amount_minor < 0) + self.hidden_debit_minor

    @property
    def credit_minor(self) -> int:
        """All payments and credits in the period, hidden ones included; positive."""
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0) + self.hidden_credit_minor

    @property
    def hides(self) -> bool:
        return self.record_type is not RecordType.ALL


def shown(kind: str, record_type: RecordType) -> bool:
    """Whether an entry of `kind` is shown under `record_type` (S1)."""
    if record_type is RecordType.ALL:
        return True
    return (kind in DOCUMENT_KINDS) == (record_type is RecordType.DOCUMENTS)


class Row(NamedTuple):
    """A stored posting as the database gives it, oldest first, same-day ones in the order entered."""

    booked_on: date
    number: str
    description: str
    category: str
    kind: str
    amount_minor: int
    issued_for_id: int
    external_id: str | None
    entry: str


class Added(NamedTuple):
    """The outcome of `add_up`."""

    lines: list[Line]
    hidden_debit_minor: int
    hidden_credit_minor: int
    closing_minor: int
    movements: dict[int, tuple[int, int]]
    """Positive (debit, credit) sums by `issued_for_id`, hidden lines included."""
    lowest: tuple[date, int] | None
    """When the balance after a line was lowest, and how low; None without lines."""


def add_up(opening_minor: int, rows: Iterable[Row], accounts: Mapping[int, Party], record_type: RecordType) -> Added:
    """Run the balance through `rows` and keep the lines of `record_type` (S2, S3)."""
    lines: list[Line] = []
    movements: dict[int, tuple[int, int]] = {}
    balance, hidden_debit, hidden_credit = opening_minor, 0, 0
    lowest: tuple[date, int] | None = None
    everything = record_type is RecordType.ALL
    names = {key: (party.reference, party.name) for key, party in accounts.items()}
    for on, number, description, category, kind, amount, issued_for, external_id, entry in rows:
        balance += amount
        if lowest is None or balance < lowest[1]:
            lowest = (on, balance)
        debit, credit = movements.get(issued_for, (0, 0))
        if amount < 0:
            movements[issued_for] = (debit - amount, credit)
        else:
            movements[issued_for] = (debit, credit + amount)
        if everything or shown(kind, record_type):
            reference, name = names[issued_for]
            line = (on, number, description, reference, name, category, kind, amount, balance, external_id, entry)
            lines.append(Line._make(line))
        elif amount < 0:
            hidden_debit -= amount
        else:
            hidden_credit += amount
    return Added(lines, hidden_debit, hidden_credit, balance, movements, lowest)


class AccountGroup(NamedTuple):
    """One account's lines with its own running balance (S4)."""

    totals: AccountTotals
    lines: list[Line]
    hidden_debit_minor: int
    hidden_credit_minor: int


def by_account(statement: Statement) -> list[AccountGroup]:
    """The statement's lines regrouped by account, each with its own opening, running and closing balance (S4).

    With a record type chosen, running balances add up the shown lines only, and the hidden sums complete them.
    """
    lines: dict[str, list[Line]] = {totals.account.reference: [] for totals in statement.accounts}
    for line in statement.lines:
        lines[line.account].append(line)
    groups = []
    for totals in statement.accounts:
        own = list(_rerun(totals.opening_minor, lines[totals.account.reference]))
        debit = sum(-line.amount_minor for line in own if line.amount_minor < 0)
        credit = sum(line.amount_minor for line in own if line.amount_minor > 0)
        groups.append(AccountGroup(totals, own, totals.debit_minor - debit, totals.credit_minor - credit))
    return groups


def _rerun(balance: int, lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        balance += line.amount_minor
        yield line._replace(balance_minor=balance)


def balance_steps(statement: Statement) -> list[tuple[date, int]]:
    """The balance at the end of each day that moved, from opening to closing, for the chart.

    With a record type chosen the steps still pass through the true balances of the shown lines.
    """
    steps = [(statement.first, statement.opening_minor)]
    for line in statement.lines:
        if steps[-1][0] == line.booked_on:
            steps[-1] = (line.booked_on, line.balance_minor)
        else:
            steps.append((line.booked_on, line.balance_minor))
    if steps[-1][0] == statement.last:
        steps[-1] = (statement.last, statement.closing_minor)
    else:
        steps.append((statement.last, statement.closing_minor))
    return steps


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
