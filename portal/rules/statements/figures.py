"""What a statement is: lines, what they charged and credited, and the balance before, after and between them.

Only a payer's whole books have a balance. A part of them, an activity statement, has lines and their sums (S13).
One `Statement` value feeds the page, CSV, XLSX, PDF and JSON, so that all of them give the same figures (S5).
Amounts are signed minor units in the customer's favour: a charge is negative, a payment positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
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
    """One posting on the payer's books. `account` is the reference of whom it was issued for.

    `balance_minor` is what the whole stood at after it; None on an activity statement (S13).
    """

    booked_on: date
    number: str
    description: str
    account: str
    account_name: str
    category: str
    kind: str
    amount_minor: int
    balance_minor: int | None
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
    """S4: one account's part. `charged_minor` and `credited_minor` are both positive sums of every line.

    `open_minor` is how much of what was charged nothing settles by the last day of the statement (S13).
    """

    account: Party
    charged_minor: int
    credited_minor: int
    open_minor: int = 0

    @property
    def paid_minor(self) -> int:
        """How much of what was charged is settled."""
        return self.charged_minor - self.open_minor


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
    """S12: the second table, on Customer Credit. Opening and closing are None on an activity statement (S13)."""

    lines: Sequence[Line]
    opening_minor: int | None = None
    closing_minor: int | None = None

    @property
    def used_minor(self) -> int:
        """All that was spent of it in the period; positive."""
        return sum(line.debit_minor or 0 for line in self.lines)

    @property
    def added_minor(self) -> int:
        """All that was added to it in the period; positive."""
        return sum(line.credit_minor or 0 for line in self.lines)


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """S11: another payer of the same account in the period, with the dates it paid."""

    payer: Party
    first: date | None
    last: date | None


Step = tuple[date, int]
"""A day and the balance at its end, in minor units."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What a payer's whole books stand at. All of it follows from every line, whatever the record type hides (S3).

    `steps` are the balances at the end of each day that moved.
    """

    opening_minor: int
    closing_minor: int
    steps: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement on one payer's House Account. Both dates are inclusive, in the partner's time zone.

    `account` is None for the payer's whole books, which alone have a `balance`; otherwise this is an activity
    statement of that account, the payer's own part included (S13). `lines` hold only those of `record_type`; what that
    hides is summed in `hidden_debit_minor` and `hidden_credit_minor` (S3), and each line's balance is the true one
    after it. `made_on` is the day it was made, in the partner's time zone; `grouped` asks for its lines account by
    account (S4).
    """

    letterhead: Letterhead
    payer: Party
    account: Party | None
    first: date
    last: date
    currency: str
    record_type: RecordType
    balance: Balance | None
    lines: Sequence[Line]
    hidden_debit_minor: int
    hidden_credit_minor: int
    accounts: Sequence[AccountTotals]
    made_on: date
    notes: Sequence[Note] = ()
    waiting: Sequence[WaitingItem] = ()
    credit: CreditTable | None = None
    other_payers: Sequence[OtherPayer] = ()
    grouped: bool = False

    @property
    def period(self) -> Period:
        return Period(self.first, self.last)

    @property
    def so_far(self) -> bool:
        """Whether its period is not over yet, so that more may come (S12)."""
        return self.last >= self.made_on

    @property
    def charged_minor(self) -> int:
        """All charges in the period, hidden ones included; positive."""
        return sum(-line.amount_minor for line in self.lines if line.amount_minor < 0) + self.hidden_debit_minor

    @property
    def credited_minor(self) -> int:
        """All payments and credits in the period, hidden ones included; positive."""
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0) + self.hidden_credit_minor

    @property
    def open_minor(self) -> int:
        """How much of what was charged in the period is not settled by its last day; positive (S13)."""
        return sum(one.open_minor for one in self.accounts)

    @property
    def paid_minor(self) -> int:
        """How much of what was charged in the period is settled by its last day; positive (S13)."""
        return self.charged_minor - self.open_minor

    @property
    def hides(self) -> bool:
        return self.record_type is not RecordType.ALL

    @property
    def several(self) -> bool:
        """Whether it is on several accounts, so that each line says on which, and their sums follow (S4)."""
        return self.account is None and len(self.accounts) > 1

    @property
    def opening_minor(self) -> int | None:
        return self.balance.opening_minor if self.balance else None

    @property
    def closing_minor(self) -> int | None:
        return self.balance.closing_minor if self.balance else None


def shown(kind: str, record_type: RecordType) -> bool:
    """Whether an entry of `kind` is shown under `record_type` (S1)."""
    if record_type is RecordType.ALL:
        return True
    return (kind in DOCUMENT_KINDS) == (record_type is RecordType.DOCUMENTS)


class Row(NamedTuple):
    """A stored posting as the database gives it, oldest first, same-day ones in the order entered.

    `issued_for_id` is the key of whom it was issued for; the next three say who that is. `open_minor` is what nothing
    settles of its entry, signed and whatever the date; None for a part of an invoice over several accounts.
    """

    booked_on: date
    number: str
    description: str
    category: str
    kind: str
    amount_minor: int
    issued_for_id: int
    account: str
    account_id: str
    account_name: str
    external_id: str | None
    entry: str
    open_minor: int | None = 0


class Added(NamedTuple):
    """The outcome of `add_up`: `accounts` by name, their sums with hidden lines included (S4)."""

    lines: list[Line]
    hidden_debit_minor: int
    hidden_credit_minor: int
    accounts: list[AccountTotals]
    balance: Balance | None


_NOTHING: Mapping[int, int] = MappingProxyType({})


def add_up(
    opening_minor: int | None,
    rows: Iterable[Row],
    record_type: RecordType,
    opened: Mapping[int, int] = _NOTHING,
) -> Added:
    """Run the balance through `rows` and keep the lines of `record_type` (S2, S3); None has no balance to run (S13).

    `opened` is what is open, by account, besides what the rows say: what settles later, and of invoices over several.
    """
    lines: list[Line] = []
    sums: dict[int, list[int]] = {}
    parties: dict[int, Party] = {}
    ends: dict[date, int] = {}
    balance, hidden_debit, hidden_credit = opening_minor, 0, 0
    everything, new = record_type is RecordType.ALL, tuple.__new__
    for on, number, text, category, kind, amount, key, account, public_id, name, external_id, entry, left in rows:
        if balance is not None:
            ends[on] = balance = balance + amount
        if key not in sums:
            sums[key], parties[key] = [0, 0, opened.get(key, 0)], Party(account, public_id, name)
        if amount < 0:
            sums[key][0] -= amount
            if left:
                sums[key][2] -= left
        else:
            sums[key][1] += amount
        if everything or shown(kind, record_type):
            line = (on, number, text, account, name, category, kind, amount, balance, external_id, entry)
            # What `Line(*line)` does, in half the time: a statement may have ten thousand of them.
            lines.append(new(Line, line))
        elif amount < 0:
            hidden_debit -= amount
        else:
            hidden_credit += amount
    totals = [AccountTotals(parties[key], *three) for key, three in sums.items()]
    totals.sort(key=lambda one: (one.account.name.casefold(), one.account.reference))
    whole = None
    if opening_minor is not None and balance is not None:
        whole = Balance(opening_minor, balance, tuple(ends.items()))
    return Added(lines, hidden_debit, hidden_credit, totals, whole)


def chart_steps(statement: Statement) -> list[Step]:
    """The balance from the first day of the statement to its last, or to today where that is earlier (S12).

    It begins with the opening balance, and is drawn from all lines, whatever the record type hides (S3). Empty for a
    part, which has no balance (S13), and for a period that has not begun.
    """
    balance, until = statement.balance, min(statement.last, statement.made_on)
    if balance is None or until < statement.first:
        return []
    steps = [(statement.first, balance.opening_minor), *(step for step in balance.steps if step[0] <= until)]
    if steps[-1][0] < until:
        steps.append((until, steps[-1][1]))
    return steps
